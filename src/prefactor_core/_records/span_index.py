"""Finds the record of a span by its id, or by the id that it had before the API gave it another."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from prefactor_core._records.records import FINISHED, PREPARED, STARTED, CreateState, InstanceRecord, SpanRecord

__all__ = ["MOST_OPEN", "MOST_OPEN_BYTES", "Forgotten", "SpanIndex"]

MOST_OPEN = 20_000
MOST_OPEN_BYTES = 64 * 1024 * 1024

_REMEMBERED = 1000
_SKIPPED_AT_ONCE = 2  # spans that are not settled, so that no call takes long in an outage
# More than one, so that those that an outage has kept become fewer, and not all of them, so that no call takes long.
_FORGOTTEN_AT_ONCE = 3
_UNSETTLED: Final = (CreateState.PENDING, CreateState.NOT_HANDED_OVER)

Forgotten: TypeAlias = Literal["too many", "run over"]
"""Why a span is forgotten that was not finished: too many are open, or its agent instance is over."""


def _is_open_here(record: SpanRecord) -> bool:
    is_entered = record.phase is STARTED or (record.phase is PREPARED and record.on_stack)
    return is_entered and not record.inherited


class SpanIndex:
    """The open spans, and the last ones that are over, so that a late second finish finds its span.

    A span is over when it or its agent instance was finished. The open ones are bounded, too, since a program may never
    finish them: by number, and by the size of the params of those that were not started. A span is kept while its
    create may still be delivered: its id may be a local one, which the API will replace.

    Every method works from any thread.

    Args:
        on_forgotten: called for each span that is forgotten before it was finished. Its record still works.
    """

    def __init__(self, on_forgotten: Callable[[Forgotten], None]) -> None:
        self._on_forgotten = on_forgotten
        self._lock = threading.RLock()  # reentrant: a signal handler may interrupt a call
        self._records: dict[str, SpanRecord] = {}
        self._open: dict[SpanRecord, int] = {}  # and the size of the params that it keeps
        self._open_bytes = 0
        self._over: deque[SpanRecord] = deque()  # one that was started after its instance was finished is open, too
        self._unreported: deque[Forgotten] = deque()

    def add(self, record: SpanRecord) -> None:
        """Add a new span."""
        with self._lock:
            self._records[record.id] = record
            self._enter_open(record, record.default_payload.size if record.default_payload else 0)
            if len(self._open) > MOST_OPEN or self._open_bytes > MOST_OPEN_BYTES:
                self._forget_open()
        if self._unreported:
            self._report()

    def find(self, span_id: str) -> SpanRecord | None:
        """The span that has or had this id."""
        return self._records.get(span_id)

    def discard(self, record: SpanRecord) -> None:
        """Remove a span that was not created."""
        with self._lock:
            self._leave_open(record)
            self._remove(record)

    def started(self, record: SpanRecord) -> None:
        """A span was started, so that its params wait in the queue."""
        if self._open.get(record) == 0:  # as a rule: it keeps no params, so nothing changes
            return
        with self._lock:
            if (size := self._open.get(record)) is not None:
                self._open[record] = 0
                self._open_bytes -= size
            else:  # it was forgotten, or its instance is over
                self._records[record.id] = record
                self._enter_open(record, 0)

    def rename(self, record: SpanRecord, span_id: str) -> None:
        """Give a span the id that the API gave it; its old id still finds it."""
        with self._lock:
            if record.id in self._records:
                # Before the record has the id: another thread may read the id and look it up.
                self._records[span_id] = record
            record.local_id, record.id = record.id, span_id

    def renew_after_fork(self) -> None:
        """In a forked child: the parent delivers the creates that were handed over before the fork."""
        self._lock = threading.RLock()
        for record in list(self._records.values()):
            record.inherited = True
            if _is_unsettled(record):
                record.parent = record.parent_id()
                record.settle_create(CreateState.DELIVERED)

    def open_spans(self) -> list[SpanRecord]:
        """The spans that this process has opened and not finished, outermost first."""
        return [record for record in dict.fromkeys(list(self._records.values())) if _is_open_here(record)]

    def finished(self, record: SpanRecord) -> None:
        """Keep a finished span until enough others are over."""
        with self._lock:
            if self._leave_open(record):
                self._over.append(record)
                if len(self._over) > _REMEMBERED:
                    self._forget_over(_FORGOTTEN_AT_ONCE)

    def instance_finished(self, instance: InstanceRecord) -> None:
        """Keep the open spans of a finished instance until enough others are over."""
        with self._lock:
            left_open = list(instance.open_spans)
            for record in left_open:
                self._leave_open(record)
                self._over.append(record)
            self._forget_over(len(left_open) + _FORGOTTEN_AT_ONCE)
        self._report()

    def _enter_open(self, record: SpanRecord, size: int) -> None:
        self._open[record] = size
        self._open_bytes += size
        record.instance.open_spans.add(record)

    def _leave_open(self, record: SpanRecord) -> bool:
        """The span is not open any more. Returns whether it was."""
        size = self._open.pop(record, None)
        if size is None:
            return False
        self._open_bytes -= size
        record.instance.open_spans.discard(record)
        return True

    def _remove(self, record: SpanRecord) -> None:
        self._records.pop(record.id, None)
        if record.local_id:
            self._records.pop(record.local_id, None)

    def _forget_open(self) -> None:
        skipped = 0
        while (len(self._open) > MOST_OPEN or self._open_bytes > MOST_OPEN_BYTES) and skipped < _SKIPPED_AT_ONCE:
            oldest = next(iter(self._open))
            if _is_unsettled(oldest):
                self._open[oldest] = self._open.pop(oldest)
                skipped += 1
            else:
                self._leave_open(oldest)
                self._forget(oldest, "too many")

    def _forget_over(self, at_once: int) -> None:
        skipped = 0
        for _ in range(min(at_once, len(self._over) - _REMEMBERED)):
            oldest = self._over.popleft()
            if oldest in self._open:  # it comes back when it is finished
                continue
            if _is_unsettled(oldest):
                self._over.append(oldest)
                skipped += 1
                if skipped == _SKIPPED_AT_ONCE:
                    break
            else:
                self._forget(oldest, "run over")

    def _forget(self, record: SpanRecord, why: Forgotten) -> None:
        self._remove(record)
        if record.phase is not FINISHED:
            self._unreported.append(why)

    def _report(self) -> None:
        """Report what was forgotten. Not inside a lock: a log handler may be slow, or may record spans itself."""
        while self._unreported:
            with contextlib.suppress(IndexError):  # another thread reports, too
                self._on_forgotten(self._unreported.popleft())


def _is_unsettled(record: SpanRecord) -> bool:
    return record.create_state in _UNSETTLED and record.phase is not PREPARED
