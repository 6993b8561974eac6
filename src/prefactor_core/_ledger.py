"""The account of every operation: accepted = delivered + failed + dropped + pending, at every moment."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from prefactor_core.exceptions import DeliveryError, PrefactorTelemetryFailureError
from prefactor_core.operations import Operation, OperationType

__all__ = ["ClientStats", "DeliveryReport", "Ledger", "OperationCounts"]

LossKind = Literal["failed", "dropped"]


@dataclass(frozen=True, slots=True)
class OperationCounts:
    """Counts of operations; `accepted` is always the sum of the others.

    Attributes:
        accepted: handed over by the agent.
        delivered: taken by the API.
        failed: refused by the API, given up after the last retry, or dependent on one that was.
        dropped: not sent, because the client closed first or the queue was full.
        pending: still to be delivered.
    """

    accepted: int = 0
    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    pending: int = 0


@dataclass(frozen=True, slots=True)
class ClientStats(OperationCounts):
    """A snapshot of a client's account.

    Attributes:
        by_type: the counts per operation type, for types that occurred.
        failures: how many failed, per operation type and reason.
        drops: how many were dropped, per operation type and reason.
        schema_mismatches: payloads of typed spans that did not match their span type.
    """

    by_type: Mapping[OperationType, OperationCounts] = field(default_factory=dict)
    failures: Mapping[tuple[OperationType, str], int] = field(default_factory=dict)
    drops: Mapping[tuple[OperationType, str], int] = field(default_factory=dict)
    schema_mismatches: int = 0


@dataclass(frozen=True, slots=True)
class DeliveryReport(ClientStats):
    """What became of all operations so far, as `flush()` and `close()` return it.

    Attributes:
        errors: the first error of each cause, at most 20.
    """

    errors: tuple[DeliveryError, ...] = ()

    @property
    def complete(self) -> bool:
        """Everything that was accepted was delivered."""
        return self.delivered == self.accepted

    def raise_for_loss(self) -> None:
        """Do nothing when nothing was lost; operations that are still pending are not lost.

        Raises:
            PrefactorTelemetryFailureError: operations failed or were dropped.
        """
        lost = self.failed + self.dropped
        if not lost:
            return
        cause: Exception = self.errors[0] if self.errors else TimeoutError("closed before everything was delivered")
        raise PrefactorTelemetryFailureError(
            f"{lost} of {self.accepted} operations were not delivered; the first cause: {cause}",
            cause=cause,
            operation_type=self.errors[0].operation_type if self.errors else None,
            dropped_operations=lost,
        )


class _Entry(NamedTuple):
    """One step of an operation: what it adds to the account."""

    kind: OperationType
    pending: int
    size: int
    delivered: int = 0
    how: LossKind | None = None
    reason: str = ""


class Ledger:
    """Counts operations; safe from any thread, and from a signal handler that interrupts it. After `close()` the
    account is final.

    Attributes:
        pending: how many operations are still to be delivered.
        pending_bytes: how many bytes their payloads take as JSON, at most.
    """

    def __init__(self) -> None:
        # Reentrant, for a signal handler may come here while its own thread is in here. What it enters then is counted
        # by the call that it interrupted.
        self._lock = threading.RLock()
        self._entries: deque[_Entry] = deque()
        self._counting = False
        self._delivered = _nothing_of_any()
        self._pending = _nothing_of_any()
        self._lost: dict[LossKind, dict[tuple[OperationType, str], int]] = {"failed": {}, "dropped": {}}
        self._mismatches = 0
        self._closed = False
        self.pending = 0
        self.pending_bytes = 0

    def accept(self, operation: Operation) -> None:
        """An operation was handed over."""
        self._enter(_Entry(operation.type, 1, operation.size))

    def retract(self, operation: Operation) -> None:
        """An operation that was counted could not be handed over, and the caller was told."""
        self._enter(_Entry(operation.type, -1, -operation.size))

    def refuse(self, operation: Operation, reason: str) -> None:
        """An operation was handed over, and dropped at once."""
        self._enter(_Entry(operation.type, 0, 0, how="dropped", reason=reason))

    def deliver(self, operation: Operation) -> None:
        """The API has an operation."""
        self._enter(_Entry(operation.type, -1, -operation.size, delivered=1))

    def lose(self, operation: Operation, how: LossKind, reason: str) -> None:
        """An operation will not reach the API."""
        self._enter(_Entry(operation.type, -1, -operation.size, how=how, reason=reason))

    def close(self, reason: str) -> int:
        """Drop everything that is pending, for good: what is settled later is not counted. How many were dropped."""
        with self._lock:
            self._count()
            self._closed = True
            dropped = {kind: count for kind, count in self._pending.items() if count > 0}
            for kind, count in dropped.items():
                self._lost["dropped"][kind, reason] = self._lost["dropped"].get((kind, reason), 0) + count
            self._pending = _nothing_of_any()
            self.pending = self.pending_bytes = 0
            return sum(dropped.values())

    def dropped_for(self, reason: str, kinds: Iterable[OperationType]) -> int:
        """How many operations of some types were dropped for a reason."""
        with self._lock:
            self._count()
            return sum(self._lost["dropped"].get((kind, reason), 0) for kind in kinds)

    def count_mismatch(self) -> None:
        """A payload did not match its span type."""
        with self._lock:
            self._mismatches += 1

    def stats(self) -> ClientStats:
        """A snapshot."""
        return ClientStats(**self._snapshot())

    def report(self, errors: tuple[DeliveryError, ...]) -> DeliveryReport:
        """A snapshot with the errors so far."""
        return DeliveryReport(**self._snapshot(), errors=errors)

    def _enter(self, entry: _Entry) -> None:
        self._entries.append(entry)
        with self._lock:
            self._count()

    def _count(self) -> None:
        if self._counting:
            return
        try:
            self._counting = True
            # Between reading an entry and deleting it nothing is called: an exception that a signal handler raises
            # comes before or after.
            while self._entries:
                kind, pending, size, delivered, how, reason = self._entries[0]
                if not self._closed:
                    self._pending[kind] += pending
                    self.pending += pending
                    self.pending_bytes += size
                    self._delivered[kind] += delivered
                    if how:
                        lost = self._lost[how]
                        key = kind, reason
                        lost[key] = lost[key] + 1 if key in lost else 1
                del self._entries[0]
        finally:
            self._counting = False

    def _snapshot(self) -> dict[str, Any]:
        with self._lock:
            self._count()
            delivered, pending = dict(self._delivered), dict(self._pending)
            failures, drops = dict(self._lost["failed"]), dict(self._lost["dropped"])
        counts = {kind: _counts(kind, delivered[kind], pending[kind], failures, drops) for kind in OperationType}
        by_type = {kind: count for kind, count in counts.items() if count.accepted}
        return {
            "accepted": sum(count.accepted for count in by_type.values()),
            "delivered": sum(delivered.values()),
            "failed": sum(failures.values()),
            "dropped": sum(drops.values()),
            "pending": sum(pending.values()),
            "by_type": MappingProxyType(by_type),
            "failures": MappingProxyType(failures),
            "drops": MappingProxyType(drops),
            "schema_mismatches": self._mismatches,
        }


def _counts(
    kind: OperationType,
    delivered: int,
    pending: int,
    failures: Mapping[tuple[OperationType, str], int],
    drops: Mapping[tuple[OperationType, str], int],
) -> OperationCounts:
    failed = sum(count for (each, _), count in failures.items() if each is kind)
    dropped = sum(count for (each, _), count in drops.items() if each is kind)
    return OperationCounts(delivered + failed + dropped + pending, delivered, failed, dropped, pending)


def _nothing_of_any() -> dict[OperationType, int]:
    return dict.fromkeys(OperationType, 0)
