"""Finds the record of a span by its id, or by the id that it had before the API gave it another."""

from __future__ import annotations

import threading
from collections import deque

from prefactor_core._records.records import CreateState, Phase, SpanRecord

__all__ = ["SpanIndex"]

_REMEMBERED = 1000
_FORGOTTEN_AT_ONCE = 2  # more than one, so that the index shrinks again after an outage
_UNSETTLED = {CreateState.NOT_HANDED_OVER, CreateState.PENDING}


def _is_open_here(record: SpanRecord) -> bool:
    is_entered = record.phase is Phase.STARTED or (record.phase is Phase.PREPARED and record.on_stack)
    return is_entered and not record.inherited


class SpanIndex:
    """The open spans, and the last ones that were finished, so that a late second finish finds its span.

    A span is kept while its create may still be delivered: its id may be a local one, which the API will replace.
    Every method works from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # reentrant: a signal handler may interrupt a call
        self._records: dict[str, SpanRecord] = {}
        self._finished: deque[SpanRecord] = deque()

    def add(self, record: SpanRecord) -> None:
        """Add a new span."""
        self._records[record.id] = record

    def find(self, span_id: str) -> SpanRecord | None:
        """The span that has or had this id."""
        return self._records.get(span_id)

    def discard(self, record: SpanRecord) -> None:
        """Remove a span that was not created."""
        self._records.pop(record.id, None)

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
            if record.phase is not Phase.PREPARED and record.create_state in _UNSETTLED:
                record.parent = record.parent_id()
                record.create_state = CreateState.DELIVERED

    def open_spans(self) -> list[SpanRecord]:
        """The spans that this process has opened and not finished, outermost first."""
        return [record for record in dict.fromkeys(list(self._records.values())) if _is_open_here(record)]

    def finished(self, record: SpanRecord) -> None:
        """Keep a finished span until enough others are finished."""
        with self._lock:
            self._finished.append(record)
            for _ in range(min(_FORGOTTEN_AT_ONCE, len(self._finished) - _REMEMBERED)):
                self._forget(self._finished.popleft())

    def _forget(self, oldest: SpanRecord) -> None:
        if oldest.create_state in _UNSETTLED:
            self._finished.append(oldest)
            return
        self._records.pop(oldest.id, None)
        self._records.pop(oldest.local_id, None)
