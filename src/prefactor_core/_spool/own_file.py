"""The file of this process: what is in it, and what has to be written. Used on the spool's thread alone."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from prefactor_core._records.records import CreateState, SpanRecord
from prefactor_core._spool.database import Change, OpenEntry
from prefactor_core._spool.encoding import Records, created_id, decode, encode
from prefactor_core._spool.feed import Feed
from prefactor_core._spool.files import SpoolFile
from prefactor_core.operations import Operation, OperationType

__all__ = ["OwnFile", "Row", "note_settled"]

_MOST_ROWS = 500
_MOST_BYTES = 8 * 1024 * 1024
_READ_ROWS = 50
_EXISTS_FROM_NOW = {OperationType.START_AGENT_INSTANCE, OperationType.CREATE_SPAN}
_FINISHES = {OperationType.FINISH_AGENT_INSTANCE, OperationType.FINISH_SPAN}


class Row(NamedTuple):
    """Where an operation is in a file.

    Attributes:
        number: its number.
        size: how long its text is.
        creates: the id, in the text, of what it creates.
    """

    number: int
    size: int
    creates: str | None


class OwnFile:
    """What was handed over to this process and is not settled.

    Args:
        file: where it is written.

    Attributes:
        size: bytes of the operations in the file.
        alone: how many operations, by type, are in the file and not in memory.
        alone_bytes: the size of their payloads.
    """

    def __init__(self, file: SpoolFile) -> None:
        self.file = file
        self.size = 0
        self.alone: Counter[OperationType] = Counter()
        self.alone_bytes = 0
        self._rows: dict[Operation, Row] = {}
        self._unwritten: dict[Operation, None] = {}
        self._unread: deque[tuple[int, int]] = deque()  # the numbers of those that are not in memory
        self._change = Change()
        self._next = 1
        self._opened = 0
        self._records = Records(file.database.new_id, file.database.creates_later)

    @property
    def has_unwritten(self) -> bool:
        """Operations that were put here are not in the file."""
        return bool(self._unwritten)

    @property
    def has_unread(self) -> bool:
        """Operations are in the file and not in memory."""
        return bool(self._unread)

    @property
    def has_change(self) -> bool:
        """Something is to be written or deleted."""
        return bool(self._unwritten) or not self._change.is_empty

    def settled(self, operations: Iterable[Operation]) -> None:
        """Operations are not pending any more: they are not written, or deleted."""
        for operation in operations:
            row = self._rows.pop(operation, None)
            if row is not None:
                self.size -= row.size
                self._change.done.append(row.number)
            note_settled(self._change, operation, row, self._next - 1)

    def put(self, operations: Sequence[Operation], settled: Sequence[Operation]) -> None:
        """Operations were handed over, and will be written, apart from those that are settled already."""
        for operation in operations:
            self._follow(operation)
        self._unwritten.update(dict.fromkeys(operations))
        for operation in settled:
            self._unwritten.pop(operation, None)

    def write(self, only_here: Sequence[Operation]) -> int:
        """Write what was put, as much as fits into one change, and operations that will be here alone.

        Returns:
            How many of `only_here` were written; the first ones.

        Raises:
            sqlite3.Error: nothing was written.
        """
        direct = self._encode(self._unwritten, _MOST_BYTES)
        room = _MOST_BYTES - sum(len(text) for _, text in direct)
        alone = self._encode(only_here, room) if len(direct) == len(self._unwritten) else []
        change = self._change
        change.first, change.bodies = self._next, [text for _, text in (*direct, *alone)]
        for operation, _ in alone:
            self._follow(operation)
        if change.renamed:
            self.file.database.rename_open(change.renamed)
        self.file.database.apply(change)
        self._change = Change()
        self._written(direct, alone)
        return len(alone)

    def read(self, feed: Feed) -> None:
        """Give delivery operations that are here alone, oldest first, as long as it has room."""
        room = feed.room()
        while self._unread and room > 0:
            first, last = self._unread[0]
            rows = self.file.database.read(first, last, min(room, _READ_ROWS))
            for number, body in rows:
                operation = decode(number, body, self._records, tried=False)
                self._rows[operation] = Row(number, len(body), created_id(operation))
                self._in_memory(operation)
                feed.give(operation, adopted=False)
            if rows and rows[-1].number < last:
                self._unread[0] = rows[-1].number + 1, last
            else:
                self._unread.popleft()
            room = min(room - len(rows), feed.room())

    def in_memory(self) -> dict[Operation, None]:
        """The operations that are in memory, too, in their order."""
        return {**dict.fromkeys(self._rows), **self._unwritten}

    def _encode(self, operations: Iterable[Operation], room: int) -> list[tuple[Operation, str]]:
        found: list[tuple[Operation, str]] = []
        for operation in operations:
            if len(found) >= _MOST_ROWS or room <= 0:
                break
            text = encode(operation)
            room -= len(text)
            found.append((operation, text))
        return found

    def _written(self, direct: list[tuple[Operation, str]], alone: list[tuple[Operation, str]]) -> None:
        for operation, text in direct:
            del self._unwritten[operation]
            self._rows[operation] = Row(self._next, len(text), created_id(operation))
            self._enter(operation, text)
        if alone:
            self._unread.append((self._next, self._next + len(alone) - 1))
        for operation, text in alone:
            self.alone[operation.type] += 1
            self.alone_bytes += operation.size
            self._enter(operation, text)
            _forget_payload(operation)

    def _enter(self, operation: Operation, text: str) -> None:
        self._records.remember(operation)
        self.size += len(text)
        self._next += 1

    def _in_memory(self, operation: Operation) -> None:
        self.alone[operation.type] -= 1
        self.alone_bytes -= operation.size

    def _follow(self, operation: Operation) -> None:
        """Keep account of the runs and spans that are open."""
        instance, span = operation.instance, operation.span
        if instance is None or operation.type not in _EXISTS_FROM_NOW | _FINISHES:
            return
        record_id = span.id if span else instance.id
        if operation.type in _FINISHES:
            self._change.opened.pop(record_id, None)
            self._change.closed[record_id] = None
            return
        self._opened += 1
        self._change.opened[record_id] = OpenEntry(
            record_id,
            "span" if span else "run",
            instance.id,
            span.schema_name if span else "",
            instance.agent,
            self._opened,
        )


def note_settled(change: Change, operation: Operation, row: Row | None, last: int) -> None:
    """Add to a change what follows from the end of an operation that creates something.

    Args:
        change: the change.
        operation: the operation.
        row: where it was in the file; None if it was not written.
        last: the highest number in the file.
    """
    now = created_id(operation)
    if now is None:
        return
    failed = _never_created(operation)
    if failed:
        change.opened.pop(now, None)
        change.closed[now] = None
    if row is not None and row.creates is not None and (failed or row.creates != now):
        change.renamed.append((row.creates, None if failed else now, last))


def _never_created(operation: Operation) -> bool:
    if operation.span is not None:
        return operation.span.create_state is CreateState.FAILED
    return operation.instance is not None and operation.instance.registration is CreateState.FAILED


def _forget_payload(operation: Operation) -> None:
    """The file has the params: the record of the span need not keep them, nor need it be kept, if its id is final."""
    span = operation.span
    if isinstance(span, SpanRecord) and operation.type is OperationType.CREATE_SPAN:
        span.payload = {}
        if span.minted:
            span.create_state = CreateState.SPOOLED
