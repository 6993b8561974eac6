"""Adopts the files of processes that have ended."""

from __future__ import annotations

import contextlib
import contextvars
import sqlite3
import threading
import time
from collections import deque
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from prefactor_core._log_once import LogOnce
from prefactor_core._records.records import InstanceRecord, SpanRecord
from prefactor_core._spool.database import (
    Change,
    Database,
    OpenEntry,
    UnknownFormatError,
    UnreadableRowError,
    is_corrupt,
)
from prefactor_core._spool.encoding import Records, decode, encode
from prefactor_core._spool.feed import Feed
from prefactor_core._spool.files import OtherAccountError, SpoolFile, adopt, set_aside, spool_paths
from prefactor_core._spool.own_file import Row, note_settled
from prefactor_core._spool.wake import Wake
from prefactor_core.operations import Operation, OperationType
from prefactor_core.queue import QueueClosedError
from prefactor_http import _pfid
from prefactor_http._clock import monotonic
from prefactor_http._log import logger_of

__all__ = ["Adoption"]

_SCAN_SECONDS = 30.0
_POLL_SECONDS = 0.05
_BATCH_SECONDS = 0.005
_JOIN_SECONDS = 0.5
_MOST_IN_MEMORY = 500
_MOST_BYTES = 8 * 1024 * 1024
_MOST_READ = 100
_ENDED = UUID("0c0b1b6e-54f1-4b57-9a35-7a3f6f2b9f10")
_UNUSABLE = (sqlite3.Error, OSError, ValueError, TypeError, OverflowError)  # of a file that somebody has changed
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
        self._unreadable = 0
        self.change = Change()
        self._records = Records(database.new_id, database.creates_later)

    @property
    def has_unread(self) -> bool:
        return self.read_to < self.last

    def read(self, feed: Feed) -> None:
        """Give delivery as many operations as it has room for, in their order."""
        room = min(feed.room(), _MOST_READ)
        if not (self.has_unread and self._has_room() and room > 0):
            return
        rows = self.file.database.read(self.read_to + 1, self.last, room)
        for number, body in rows:
            if not self._has_room():
                return
            self._give(number, body, feed)
            self.read_to = number
        if not rows:
            self.read_to = self.last

    def _has_room(self) -> bool:
        return len(self.rows) < _MOST_IN_MEMORY and self.in_memory_bytes < _MOST_BYTES

    def _give(self, number: int, body: str, feed: Feed) -> None:
        try:
            operation, creates = decode(number, body, self._records, tried=True)
        except UnreadableRowError as error:
            self._unreadable += 1
            if self._unreadable == 1:
                logger.error("%s, and is lost, in %s (further ones of this file are not logged)", error, self.file.path)
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
            self.file.database.tidy(idle=False)


class Adoption:
    """Delivers the files of a directory whose processes have ended, one after the other, on a thread of its own.

    What this process writes must not wait for the files of others, which may be large.

    Args:
        directory: where the files are.
        about: the API and the account; files of others wait.
    """

    def __init__(self, directory: Path, about: dict[str, str]) -> None:
        self._directory = directory
        self._about = about
        self._settled: deque[Operation] = deque()
        self._adopted: _Adopted | None = None
        self._scan_at = 0.0
        self._skipped: set[Path] = set()
        self._log_once = LogOnce()
        self._closing = self._over = False
        self._wake = Wake()
        self._thread = threading.Thread(target=self._run, name="prefactor-spool-adoption", daemon=True)

    def start(self, feed: Feed) -> None:
        """Start the thread.

        Raises:
            RuntimeError: there are too many threads.
        """
        self._feed = feed
        contextvars.Context().run(self._thread.start)

    @property
    def is_over(self) -> bool:
        """Everything that can be adopted now is delivered."""
        return self._over or (self._adopted is None and self._scan_at > 0)

    def settled(self, operation: Operation) -> None:
        """An operation of another process is not pending any more."""
        if not self._over:
            self._settled.append(operation)
            self._wake.set()

    def close(self) -> None:
        """End the thread, and leave what is not delivered to the next process. Waits for a moment."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)

    # Everything below runs on the thread. For its frame, see `Spool._run()`.

    def _run(self) -> None:
        try:
            while not self._closing:
                self._step()
                self._wake.wait(_POLL_SECONDS if self._adopted else self._scan_at - monotonic())
                if self._adopted is not None:
                    time.sleep(_BATCH_SECONDS)  # several operations are settled together
        except QueueClosedError:
            pass  # delivery has ended: the rest is for the next process
        except BaseException:
            logger.exception("files of the spool could not be adopted; please report it with this traceback")
        finally:
            self._over = True
            with contextlib.suppress(sqlite3.Error):
                self._count_settled()
                self._leave()
            self._feed.changed()

    def _step(self) -> None:
        """Go on: delete what is settled, give delivery what it has room for, or look for a file."""
        self._count_settled()
        if self._adopted is None and monotonic() >= self._scan_at:
            self._look_for_one()
            self._feed.changed()
        if self._adopted is None:
            return
        try:
            self._go_on(self._adopted)
        except _UNUSABLE as error:
            self._fail(self._adopted.file, error)
            self._adopted = None

    def _count_settled(self) -> None:
        while self._settled:
            operation = self._settled.popleft()
            if self._adopted is not None and operation in self._adopted.rows:
                self._adopted.settled(operation)

    def _leave(self) -> None:
        adopted, self._adopted = self._adopted, None
        if adopted is not None:
            try:
                adopted.save()
            finally:
                adopted.file.release()

    def _go_on(self, adopted: _Adopted) -> None:
        adopted.save()
        adopted.read(self._feed)
        if not (adopted.has_unread or adopted.rows):
            self._scan_at = 0.0  # at once
            self._adopted = None
            adopted.file.discard()
            self._wake.set()

    def _look_for_one(self) -> None:
        for path in spool_paths(self._directory):
            if path in self._skipped:
                continue
            file = self._try(path)
            if file is not None:
                try:
                    self._adopted = _Adopted(file)
                except _UNUSABLE as error:
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
            file = adopt(path, self._about)
        except OtherAccountError:
            self._skip(path, "belongs to another address of the API, or to another token")
        except UnknownFormatError as error:
            self._skip(path, f"has another format ({error})")
        except (sqlite3.Error, OSError) as error:
            if is_corrupt(error):
                logger.error("the spool file %s is corrupt, and is moved to %s: %s", path, set_aside(path), error)
            else:
                self._skip(path, f"cannot be opened ({error})")
        else:
            return file
        return None

    def _fail(self, file: SpoolFile, error: Exception) -> None:
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
    at = max(at, datetime.fromisoformat(entry.at))  # the clock may have been set back
    if entry.kind == "run":
        return Operation(OperationType.FINISH_AGENT_INSTANCE, {"status": "failed"}, at, key, instance=instance)
    payload = {"status": "failed", "result_payload": {"error": {"type": "ProcessEnd", "message": _REASON}}}
    span = SpanRecord(entry.id, instance, entry.schema_name, None, minted=True)
    return Operation(OperationType.FINISH_SPAN, payload, at, key, instance=instance, span=span)
