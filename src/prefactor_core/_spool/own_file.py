"""The file of this process: what is in it, and what has to be written. Used on the spool's thread alone."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from prefactor_core._records.records import CreateState, InstanceRecord, SpanRecord
from prefactor_core._spool.database import Change, OpenEntry
from prefactor_core._spool.encoding import Encoded, Records, decode, encode, first_id
from prefactor_core._spool.feed import Feed
from prefactor_core._spool.files import SpoolFile
from prefactor_core.operations import Operation, OperationType

__all__ = ["OwnFile", "Row", "note_settled"]

_MOST_ROWS = 500
_MOST_BYTES = 8 * 1024 * 1024
_MOST_READ = 100
_EXISTS_FROM_NOW = {OperationType.START_AGENT_INSTANCE, OperationType.CREATE_SPAN}
_FINISHES = {OperationType.FINISH_AGENT_INSTANCE, OperationType.FINISH_SPAN}


_Encodings: TypeAlias = list[tuple[Operation, Encoded]]


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
        self._records = Records(self._new_id, file.database.creates_later)

    @property
    def has_unwritten(self) -> bool:
        """Operations that were put here are not in the file."""
        return bool(self._unwritten)

    @property
    def has_unread(self) -> bool:
        """Operations are in the file and not in memory."""
        return bool(self._unread)

    @property
    def is_settled(self) -> bool:
        """Everything that was put here is settled."""
        return not (self._rows or self._unwritten or self._unread)

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
        room = _MOST_BYTES - sum(len(encoded.text) for _, encoded in direct)
        alone = self._encode(only_here, room) if len(direct) == len(self._unwritten) else []
        change = self._change
        change.first, change.bodies = self._next, [encoded.text for _, encoded in (*direct, *alone)]
        for operation, _ in alone:
            self._follow(operation)
        self.file.database.apply(change)
        self._change = Change()
        self._written(direct, alone)
        return len(alone)

    def read(self, feed: Feed) -> None:
        """Give delivery operations that are here alone, oldest first, as long as it has room.

        Raises:
            sqlite3.Error, UnreadableRowError: an operation cannot be read.
        """
        room = min(feed.room(), _MOST_READ)  # not all that there is: what is new has to be written in time
        while self._unread and room > 0:
            first, last = self._unread[0]
            rows = self.file.database.read(first, last, room)
            for number, body in rows:
                operation, creates = decode(number, body, self._records, tried=False)
                self._rows[operation] = Row(number, len(body), creates)
                self._in_memory(operation)
                feed.give(operation, adopted=False)
            if rows and rows[-1].number < last:
                self._unread[0] = rows[-1].number + 1, last
            else:
                self._unread.popleft()
            room -= len(rows)

    def in_memory(self) -> dict[Operation, None]:
        """The operations that are in memory, too, in their order."""
        return {**dict.fromkeys(self._rows), **self._unwritten}

    def _new_id(self, old: str) -> tuple[str | None] | None:
        renamed = self._change.renamed.get(old)
        return self.file.database.new_id(old) if renamed is None else renamed[:1]

    def _encode(self, operations: Iterable[Operation], room: int) -> _Encodings:
        found: _Encodings = []
        for operation in operations:
            if len(found) >= _MOST_ROWS or room <= 0:
                break
            encoded = encode(operation)
            room -= len(encoded.text)
            found.append((operation, encoded))
        return found

    def _written(self, direct: _Encodings, alone: _Encodings) -> None:
        if alone:
            first = self._next + len(direct)
            self._unread.append((first, first + len(alone) - 1))
        for operation, encoded in direct:
            del self._unwritten[operation]
            self._rows[operation] = Row(self._next, len(encoded.text), encoded.creates)
            self._enter(operation, encoded)
        for operation, encoded in alone:
            self.alone[operation.type] += 1
            self.alone_bytes += operation.size
            self._enter(operation, encoded)
            _forget_payload(operation)

    def _enter(self, operation: Operation, encoded: Encoded) -> None:
        self._records.remember(operation, encoded.ids)
        self.size += len(encoded.text)
        self._next += 1

    def _in_memory(self, operation: Operation) -> None:
        self.alone[operation.type] -= 1
        self.alone_bytes -= operation.size

    def _follow(self, operation: Operation) -> None:
        """Keep account of the runs and spans that are open."""
        instance, span = operation.instance, operation.span
        if instance is None or operation.type not in _EXISTS_FROM_NOW | _FINISHES:
            return
        record_id = first_id(span or instance)
        if operation.type in _FINISHES:
            self._change.opened.pop(record_id, None)
            self._change.closed[record_id] = None
            return
        self._opened += 1
        self._change.opened[record_id] = OpenEntry(
            record_id,
            "span" if span else "run",
            first_id(instance),
            span.schema_name if span else "",
            instance.agent,
            operation.timestamp.isoformat(),
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
    record = _created(operation)
    if record is None:
        return
    failed = _never_created(operation)
    if failed:
        change.opened.pop(first_id(record), None)
        change.closed[first_id(record)] = None
    for old in {row.creates if row else None, record.local_id} - {None, ""}:
        if failed or old != record.id:
            change.renamed[str(old)] = None if failed else record.id, last


def _created(operation: Operation) -> InstanceRecord | SpanRecord | None:
    if operation.type is OperationType.CREATE_SPAN:
        return operation.span
    return operation.instance if operation.type is OperationType.REGISTER_AGENT_INSTANCE else None


def _never_created(operation: Operation) -> bool:
    if operation.span is not None:
        return operation.span.create_state is CreateState.FAILED
    return operation.instance is not None and operation.instance.registration is CreateState.FAILED


def _forget_payload(operation: Operation) -> None:
    """The file has the params: the record of the span need not keep them, nor need it be kept, if its id is final."""
    span = operation.span
    if isinstance(span, SpanRecord) and operation.type is OperationType.CREATE_SPAN:
        span.payload = None
        if span.minted:
            span.create_state = CreateState.SPOOLED
