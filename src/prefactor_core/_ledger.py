"""The account of every operation: accepted = delivered + failed + dropped + pending, at every moment."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

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


class Ledger:
    """Counts operations; safe from any thread. After `close()` the account is final.

    Attributes:
        pending: how many operations are still to be delivered.
        pending_bytes: how many bytes their payloads take as JSON, at most.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accepted: Counter[OperationType] = Counter()
        self._delivered: Counter[OperationType] = Counter()
        self._pending: Counter[OperationType] = Counter()
        self._lost: dict[LossKind, Counter[tuple[OperationType, str]]] = {"failed": Counter(), "dropped": Counter()}
        self._mismatches = 0
        self._closed = False
        self.pending = 0
        self.pending_bytes = 0

    def accept(self, operation: Operation) -> None:
        """An operation was handed over."""
        with self._lock:
            self._accepted[operation.type] += 1
            self._count(operation, 1)

    def retract(self, operation: Operation) -> None:
        """An operation that was counted could not be handed over, and the caller was told."""
        with self._lock:
            self._accepted[operation.type] -= 1
            self._count(operation, -1)

    def refuse(self, operation: Operation, reason: str) -> None:
        """An operation was handed over, and dropped at once."""
        with self._lock:
            self._accepted[operation.type] += 1
            self._lost["dropped"][operation.type, reason] += 1

    def deliver(self, operation: Operation) -> None:
        """The API has an operation."""
        with self._lock:
            if not self._closed:
                self._count(operation, -1)
                self._delivered[operation.type] += 1

    def lose(self, operation: Operation, how: LossKind, reason: str) -> None:
        """An operation will not reach the API."""
        with self._lock:
            if not self._closed:
                self._count(operation, -1)
                self._lost[how][operation.type, reason] += 1

    def _count(self, operation: Operation, number: int) -> None:
        self._pending[operation.type] += number
        self.pending += number
        self.pending_bytes += number * operation.size

    def close(self, reason: str) -> int:
        """Drop everything that is pending, for good: what is settled later is not counted. How many were dropped."""
        with self._lock:
            self._closed = True
            dropped = +self._pending
            for kind, count in dropped.items():
                self._lost["dropped"][kind, reason] += count
            self._pending.clear()
            self.pending = self.pending_bytes = 0
            return dropped.total()

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

    def _snapshot(self) -> dict[str, Any]:
        with self._lock:
            failures, drops = Counter(self._lost["failed"]), Counter(self._lost["dropped"])
            by_type = {kind: self._counts(kind, failures, drops) for kind in OperationType if self._accepted[kind]}
            mismatches = self._mismatches
        return {
            "accepted": sum(counts.accepted for counts in by_type.values()),
            "delivered": sum(counts.delivered for counts in by_type.values()),
            "failed": failures.total(),
            "dropped": drops.total(),
            "pending": sum(counts.pending for counts in by_type.values()),
            "by_type": MappingProxyType(by_type),
            "failures": MappingProxyType(failures),
            "drops": MappingProxyType(drops),
            "schema_mismatches": mismatches,
        }

    def _counts(
        self,
        kind: OperationType,
        failures: Counter[tuple[OperationType, str]],
        drops: Counter[tuple[OperationType, str]],
    ) -> OperationCounts:
        return OperationCounts(
            accepted=self._accepted[kind],
            delivered=self._delivered[kind],
            failed=sum(count for (failed, _), count in failures.items() if failed is kind),
            dropped=sum(count for (dropped, _), count in drops.items() if dropped is kind),
            pending=self._pending[kind],
        )
