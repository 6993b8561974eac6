"""Adopts the files of processes that have ended. Used on the spool's thread alone."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from prefactor_core._log_once import LogOnce
from prefactor_core._records.records import InstanceRecord, SpanRecord
from prefactor_core._spool.database import Change, Database, OpenEntry, UnknownFormatError, is_corrupt
from prefactor_core._spool.encoding import Records, decode, encode
from prefactor_core._spool.feed import Feed
from prefactor_core._spool.files import SpoolFile, adopt, set_aside, spool_paths
from prefactor_core._spool.own_file import Row, note_settled
from prefactor_core.operations import Operation, OperationType
from prefactor_http import _pfid
from prefactor_http._clock import monotonic
from prefactor_http._log import logger_of

__all__ = ["Adoption"]

_SCAN_SECONDS = 30.0
_MOST_IN_MEMORY = 500
_MOST_BYTES = 8 * 1024 * 1024
_MOST_READ = 100
_ENDED = UUID("0c0b1b6e-54f1-4b57-9a35-7a3f6f2b9f10")
_REASON = "the process ended before this was finished"

logger = logger_of("prefactor_core")


class _Adopted:
    """A file of a process that has ended, which is being delivered."""

    def __init__(self, file: SpoolFile) -> None:
        self.file = file
        database = file.database
        _finish_what_is_open(database, file.written_at)
        self.last = database.last_number()
        self.count = database.count()
        self.rows: dict[Operation, Row] = {}
        self.in_memory_bytes = 0
        self.read_to = 0
        self.change = Change()
        self._records = Records(database.new_id, database.creates_later)

    @property
    def has_unread(self) -> bool:
        return self.read_to < self.last

    def read(self, feed: Feed) -> None:
        """Give delivery as many operations as it has room for, in their order."""
        room = min(feed.room(), _MOST_READ)  # not all that there is: what is new has to be written in time
        if not (self.has_unread and self._has_room() and room > 0):
            return
        rows = self.file.database.read(self.read_to + 1, self.last, room)
        for number, body in rows:
            if not self._has_room():
                return
            self._give(number, body, feed)
            self.read_to = number
        if len(rows) < room:
            self.read_to = self.last

    def _has_room(self) -> bool:
        return len(self.rows) < _MOST_IN_MEMORY and self.in_memory_bytes < _MOST_BYTES

    def _give(self, number: int, body: str, feed: Feed) -> None:
        try:
            operation, creates = decode(number, body, self._records, tried=True)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            logger.error(
                "operation %d of %s cannot be read, and is lost: %s", number, self.file.path, type(error).__name__
            )
            self.change.done.append(number)
            return
        row = Row(number, len(body), creates)
        feed.give(operation, adopted=True)
        self.rows[operation] = row
        self.in_memory_bytes += len(body)

    def settled(self, operation: Operation) -> None:
        row = self.rows.pop(operation)
        self.in_memory_bytes -= row.size
        self.change.done.append(row.number)
        note_settled(self.change, operation, row, self.last)

    def save(self) -> None:
        """Delete what is settled."""
        if not self.change.is_empty:
            change, self.change = self.change, Change()
            self.file.database.apply(change)


class Adoption:
    """Delivers the files of a directory whose processes have ended, one after the other.

    Args:
        directory: where the files are.
        about: the API and the account; files of others wait.
    """

    def __init__(self, directory: Path, about: dict[str, str]) -> None:
        self._directory = directory
        self._about = about
        self._adopted: _Adopted | None = None
        self._scan_at = 0.0
        self._skipped: set[Path] = set()
        self._log_once = LogOnce()

    @property
    def is_busy(self) -> bool:
        """A file is being delivered."""
        return self._adopted is not None

    @property
    def all_read(self) -> bool:
        """Nothing that can be adopted now is on disk alone."""
        return self._scan_at > 0 if self._adopted is None else False

    def settled(self, operations: list[Operation]) -> None:
        """Operations are not pending any more."""
        if self._adopted is not None:
            for operation in operations:
                if operation in self._adopted.rows:
                    self._adopted.settled(operation)

    def step(self, feed: Feed, own: Path | None) -> None:
        """Go on: delete what is settled, give delivery what it has room for, or look for a file."""
        if self._adopted is None and monotonic() >= self._scan_at:
            self._look_for_one(own)
            feed.changed()
        if self._adopted is None:
            return
        try:
            self._go_on(self._adopted, feed)
        except sqlite3.Error as error:
            self._fail(self._adopted.file, error)
            self._adopted = None
            feed.changed()

    def close(self) -> None:
        """Leave what is not delivered to the next process."""
        adopted, self._adopted = self._adopted, None
        if adopted is not None:
            try:
                adopted.save()
            finally:
                adopted.file.release()

    def _go_on(self, adopted: _Adopted, feed: Feed) -> None:
        adopted.save()
        had_unread = adopted.has_unread
        adopted.read(feed)
        if not adopted.has_unread:
            if not adopted.rows:
                adopted.save()
                self.close()
                self._scan_at = 0.0  # at once
            if had_unread or not adopted.rows:
                feed.changed()

    def _look_for_one(self, own: Path | None) -> None:
        for path in spool_paths(self._directory):
            if path == own or path in self._skipped:
                continue
            file = self._try(path)
            if file is not None:
                try:
                    self._adopted = _Adopted(file)
                except sqlite3.Error as error:
                    self._fail(file, error)
                    continue
                if self._adopted.count:
                    logger.info(
                        "%d operations of a process that has ended are delivered from %s", self._adopted.count, path
                    )
                return
        self._scan_at = monotonic() + _SCAN_SECONDS

    def _try(self, path: Path) -> SpoolFile | None:
        try:
            file = adopt(path)
            if file is None or file.database.about() == self._about:
                return file
        except UnknownFormatError as error:
            self._skip(path, f"has another format ({error})")
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.Error) and is_corrupt(error):
                logger.error("the spool file %s is corrupt, and is moved to %s: %s", path, set_aside(path), error)
            else:
                self._skip(path, f"cannot be opened ({error})")
        else:
            file.release()
            self._skip(path, "belongs to another address of the API, or to another token")
        return None

    def _fail(self, file: SpoolFile, error: sqlite3.Error) -> None:
        if is_corrupt(error):
            logger.error("the spool file %s is corrupt, and is moved to %s: %s", file.path, file.set_aside(), error)
        else:
            file.release()
            self._skip(file.path, f"cannot be used ({error})")

    def _skip(self, path: Path, why: str) -> None:
        self._skipped.add(path)
        if self._log_once(why):
            logger.warning("the spool file %s %s: it is left where it is (further ones are not logged)", path, why)


def _finish_what_is_open(database: Database, at: datetime) -> None:
    """Add operations that finish the runs and spans which the process had started and not finished.

    They become rows of the file, so that they are the same if this process ends, too. What a forked child may go on
    with stays open.
    """
    entries = database.open_entries()
    if entries:
        bodies = [encode(_finish(entry, at)).text for entry in entries]
        closed = {entry.id: None for entry in entries}
        database.apply(Change(first=database.last_number() + 1, bodies=bodies, closed=closed))


def _finish(entry: OpenEntry, at: datetime) -> Operation:
    instance = InstanceRecord(entry.instance, _pfid.partition_of(entry.instance), agent=entry.agent)
    key = str(uuid5(_ENDED, entry.id))
    if entry.kind == "run":
        return Operation(OperationType.FINISH_AGENT_INSTANCE, {"status": "failed"}, at, key, instance=instance)
    payload = {"status": "failed", "result_payload": {"error": {"type": "ProcessEnd", "message": _REASON}}}
    span = SpanRecord(entry.id, instance, entry.schema_name, None, minted=True)
    return Operation(OperationType.FINISH_SPAN, payload, at, key, instance=instance, span=span)
