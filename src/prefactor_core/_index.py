"""Finding the record of a span by any id that it ever had."""

from __future__ import annotations

import threading
from collections import deque

from prefactor_core._records import CreateState, Phase, SpanRecord

__all__ = ["SpanIndex"]

_REMEMBERED = 1000
_AT_ONCE = 2  # more than one, so that what an outage piled up goes away again
_UNSETTLED = {CreateState.NOT_HANDED_OVER, CreateState.PENDING}


class SpanIndex:
    """Open spans, and the last ones that were finished: a late second finish still finds its span.

    A span whose create is not settled stays: its id may be a local one, which only its record can replace.
    Safe from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal handler may come in here while its own thread is
        self._records: dict[str, SpanRecord] = {}
        self._finished: deque[SpanRecord] = deque()

    def add(self, record: SpanRecord) -> None:
        """A new span."""
        self._records[record.id] = record

    def find(self, span_id: str) -> SpanRecord | None:
        """The span that has or had this id."""
        return self._records.get(span_id)

    def discard(self, record: SpanRecord) -> None:
        """A span that never came to be."""
        self._records.pop(record.id, None)

    def rename(self, record: SpanRecord, span_id: str) -> None:
        """The API gave a span another id than it had here."""
        with self._lock:
            if record.id in self._records:
                self._records[span_id] = record  # first, or one who reads the new id may not find it
            record.local_id, record.id = record.id, span_id

    def renew_after_fork(self) -> None:
        """In a forked child: creates that are handed over and not settled are the parent's to deliver."""
        self._lock = threading.RLock()
        for record in list(self._records.values()):
            if record.phase is not Phase.PREPARED and record.create_state in _UNSETTLED:
                record.parent = record.parent_id()
                record.create_state, record.inherited = CreateState.DELIVERED, True

    def finished(self, record: SpanRecord) -> None:
        """A span needs to be remembered only for a while."""
        with self._lock:
            self._finished.append(record)
            for _ in range(min(_AT_ONCE, len(self._finished) - _REMEMBERED)):
                self._forget(self._finished.popleft())

    def _forget(self, oldest: SpanRecord) -> None:
        if oldest.create_state in _UNSETTLED:
            self._finished.append(oldest)
            return
        self._records.pop(oldest.id, None)
        self._records.pop(oldest.local_id, None)
