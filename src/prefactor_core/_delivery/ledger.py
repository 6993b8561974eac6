"""Counts what became of every operation: accepted = delivered + failed + dropped + pending, at every moment."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from prefactor_core.exceptions import DeliveryError, PrefactorTelemetryFailureError
from prefactor_core.operations import Operation, OperationType
from prefactor_http._text import MESSAGE_CHARS, one_line

# Annotations are not postponed here: `prefactor_core` becomes the `__module__` of the public classes, and the names
# in their annotations could not be looked up there.

__all__ = ["ClientStats", "DeliveryReport", "Ledger", "OperationCounts"]

Loss: TypeAlias = Literal["failed", "dropped"]

_MOST_REASONS = 3  # on the line of a report


@dataclass(frozen=True, slots=True)
class OperationCounts:
    """Counts of operations; `accepted` is always the sum of the others.

    Attributes:
        accepted: handed over by the agent.
        delivered: accepted by the API.
        failed: refused by the API, still failing after the last retry, or dependent on an operation that failed.
        dropped: not sent, because the client closed first or the queue was full.
        pending: not delivered yet. After `close()`, these wait in the spool for the next process.
    """

    accepted: int = 0
    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    pending: int = 0


@dataclass(frozen=True, slots=True)
class ClientStats(OperationCounts):
    """A snapshot of a client's counts.

    Attributes:
        by_type: the counts per operation type, for the types that occurred.
        failures: how many failed, per operation type and reason.
        drops: how many were dropped, per operation type and reason.
        schema_mismatches: payloads of typed spans that did not match their span type.
        forgotten_spans: spans that were not finished, and that their ids do not find any more: too many were open, or
            their agent instance was finished.
        adopted: how many of the accepted operations come from the spool of a process that has ended.
    """

    by_type: Mapping[OperationType, OperationCounts] = field(default_factory=dict)
    failures: Mapping[tuple[OperationType, str], int] = field(default_factory=dict)
    drops: Mapping[tuple[OperationType, str], int] = field(default_factory=dict)
    schema_mismatches: int = 0
    forgotten_spans: int = 0
    adopted: int = 0

    def __str__(self) -> str:
        """The counts on one line; what is 0 is left out, but for what was delivered."""
        others = [
            (self.failed, f"failed{_reasons(self.failures)}"),
            (self.dropped, f"dropped{_reasons(self.drops)}"),
            (self.pending, "pending"),
            (self.adopted, "adopted from the spool"),
            (self.schema_mismatches, "did not match their schema"),
            (self.forgotten_spans, "open spans forgotten"),
        ]
        counts = [(self.delivered, f"of {self.accepted:,} operations delivered"), *filter(itemgetter(0), others)]
        return ", ".join(f"{number:,} {what}" for number, what in counts)


@dataclass(frozen=True, slots=True)
class DeliveryReport(ClientStats):
    """What became of all operations so far. `flush()` and `close()` return it.

    Attributes:
        errors: the first error of each cause, at most 20.
    """

    errors: tuple[DeliveryError, ...] = ()

    def __str__(self) -> str:
        """The counts and the first error on one line."""
        counts = ClientStats.__str__(self)  # not super(): a dataclass with slots is another class than this one
        return f"{counts}; first error: {one_line(self.errors[0], MESSAGE_CHARS)}" if self.errors else counts

    @property
    def complete(self) -> bool:
        """Every accepted operation was delivered."""
        return self.delivered == self.accepted

    def raise_for_loss(self) -> None:
        """Raise if operations failed or were dropped. Pending operations are not lost.

        Raises:
            PrefactorTelemetryFailureError: operations failed or were dropped.
        """
        lost = self.failed + self.dropped
        if not lost:
            return
        closed = TimeoutError("the client closed before everything was delivered")
        cause = self.errors[0] if self.errors else closed
        raise PrefactorTelemetryFailureError(
            f"{lost} of {self.accepted} operations not delivered; first cause: {cause}",
            cause=cause,
            operation_type=self.errors[0].operation_type if self.errors else None,
            dropped_operations=lost,
        )


# A repr, a pickle and documentation show where a program imports the classes from.
for _class in (OperationCounts, ClientStats, DeliveryReport):
    _class.__module__ = "prefactor_core"


class Ledger:
    """Counts operations. Works from any thread, and from a signal handler that interrupts it.

    After `close()` the counts are final.

    Attributes:
        pending: how many operations are not delivered yet.
        pending_bytes: an upper bound of the size of their payloads as JSON.
        on_settled: called with each operation that is not pending any more; it must not wait, or raise.
    """

    def __init__(self) -> None:
        # Reentrant: a finaliser may run while its own thread holds the lock. Inside of it nothing is called, so that a
        # signal handler runs, and may raise, before a step is counted or after it, and does not split one.
        self._lock = threading.RLock()
        self._delivered = _zeros()
        self._pending = _zeros()
        self._lost: dict[Loss, dict[tuple[OperationType, str], int]] = {"failed": {}, "dropped": {}}
        self._mismatches = self._forgotten_spans = self._adopted = 0
        self._closed = False
        self.pending = 0
        self.pending_bytes = 0
        self.on_settled: Callable[[Operation], None] = _ignore

    def accept(self, operation: Operation) -> None:
        """Count an operation that was handed over."""
        type_, size = operation.type, operation.size
        with self._lock:
            if not self._closed:
                self._pending[type_] += 1
                self.pending += 1
                self.pending_bytes += size

    def retract(self, operation: Operation) -> None:
        """Take back an operation that was counted, but could not be handed over or was handed over twice."""
        type_, size = operation.type, operation.size
        with self._lock:
            if not self._closed:
                self._pending[type_] -= 1
                self.pending -= 1
                self.pending_bytes -= size
        self.on_settled(operation)

    def refuse(self, operation: Operation, reason: str) -> None:
        """Count an operation that was dropped instead of queued."""
        lost, key = self._lost["dropped"], (operation.type, reason)
        with self._lock:
            if not self._closed:
                lost[key] = lost[key] + 1 if key in lost else 1

    def deliver(self, operation: Operation) -> None:
        """Count a pending operation as delivered."""
        type_, size = operation.type, operation.size
        with self._lock:
            if not self._closed:
                self._pending[type_] -= 1
                self.pending -= 1
                self.pending_bytes -= size
                self._delivered[type_] += 1
        self.on_settled(operation)

    def fail(self, operation: Operation, reason: str) -> None:
        """Count a pending operation as failed."""
        self._lose(operation, "failed", reason)

    def drop(self, operation: Operation, reason: str) -> None:
        """Count a pending operation as dropped."""
        self._lose(operation, "dropped", reason)

    def adopt(self, operation: Operation) -> None:
        """Count an operation that another process was handed."""
        with self._lock:
            self._adopted += 1
        self.accept(operation)

    def close(self, reason: str, *, keep: bool = False) -> int:
        """Count everything that is pending as dropped, and nothing after that. Return how many were dropped.

        Args:
            reason: why they are dropped.
            keep: leave them pending, since the spool has them. Return how many that are, the first time.
        """
        with self._lock:
            was_closed, self._closed = self._closed, True
            if keep:
                return 0 if was_closed else self.pending
            if was_closed:
                return 0
            dropped = {type_: count for type_, count in self._pending.items() if count > 0}
            for type_, count in dropped.items():
                self._lost["dropped"][type_, reason] = self._lost["dropped"].get((type_, reason), 0) + count
            self._pending = _zeros()
            self.pending = self.pending_bytes = 0
            return sum(dropped.values())

    def dropped_for(self, reason: str, types: Iterable[OperationType]) -> int:
        """How many operations of some types were dropped for a reason."""
        with self._lock:
            return sum(self._lost["dropped"].get((type_, reason), 0) for type_ in types)

    def count_mismatch(self) -> None:
        """Count a payload that does not match its span type."""
        with self._lock:
            self._mismatches += 1

    def count_forgotten_span(self) -> None:
        """Count a span that was forgotten before it was finished."""
        with self._lock:
            self._forgotten_spans += 1

    def stats(self) -> ClientStats:
        """A snapshot of the counts."""
        return ClientStats(**self._snapshot())

    def report(self, errors: tuple[DeliveryError, ...]) -> DeliveryReport:
        """A snapshot of the counts, with the errors so far."""
        return DeliveryReport(**self._snapshot(), errors=errors)

    def _lose(self, operation: Operation, loss: Loss, reason: str) -> None:
        type_, size = operation.type, operation.size
        lost, key = self._lost[loss], (type_, reason)
        with self._lock:
            if not self._closed:
                self._pending[type_] -= 1
                self.pending -= 1
                self.pending_bytes -= size
                lost[key] = lost[key] + 1 if key in lost else 1
        self.on_settled(operation)

    def _snapshot(self) -> dict[str, Any]:
        with self._lock:
            delivered, pending = dict(self._delivered), dict(self._pending)
            failures, drops = dict(self._lost["failed"]), dict(self._lost["dropped"])
        counts = {type_: _counts(type_, delivered[type_], pending[type_], failures, drops) for type_ in OperationType}
        by_type = {type_: count for type_, count in counts.items() if count.accepted}
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
            "forgotten_spans": self._forgotten_spans,
            "adopted": self._adopted,
        }


def _counts(
    type_: OperationType,
    delivered: int,
    pending: int,
    failures: Mapping[tuple[OperationType, str], int],
    drops: Mapping[tuple[OperationType, str], int],
) -> OperationCounts:
    failed = sum(count for (each, _), count in failures.items() if each is type_)
    dropped = sum(count for (each, _), count in drops.items() if each is type_)
    return OperationCounts(delivered + failed + dropped + pending, delivered, failed, dropped, pending)


def _reasons(counts: Mapping[tuple[OperationType, str], int]) -> str:
    """The reasons of losses, the most frequent first: " (queue_full 3, closed 1)"."""
    totals: Counter[str] = Counter()
    for (_, reason), number in counts.items():
        totals[reason] += number
    named = ", ".join(f"{reason} {number:,}" for reason, number in totals.most_common(_MOST_REASONS))
    return f" ({named})" if named else ""


def _ignore(_: Operation) -> None:
    pass


def _zeros() -> dict[OperationType, int]:
    return dict.fromkeys(OperationType, 0)
