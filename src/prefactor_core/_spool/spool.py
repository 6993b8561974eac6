"""The spool of a client: a thread that keeps on disk what was handed over, until it is settled.

    agent's threads ── put() ───────┐
                    ── overflow() ──┤
    delivery        ── settled() ───┤  spool's thread ── OwnFile ── disk
                    ◂── Feed ───────┘                └── Adoption ── files of processes that have ended

Everything that is handed over is put into the file of this process, and deleted from it when it is settled. While the
queue in memory is full, operations overflow: they are in the file alone, and are read back in their order. What a
process leaves behind when it is killed is adopted by the next one that uses the directory.

SQLite is used on the spool's thread alone: a disk may be slow, and neither the agent nor delivery waits for it.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar
from weakref import WeakSet

from prefactor_core._log_once import LogOnce
from prefactor_core._spool.adoption import Adoption
from prefactor_core._spool.database import UnreadableRowError, is_corrupt
from prefactor_core._spool.feed import Feed
from prefactor_core._spool.files import create
from prefactor_core._spool.own_file import OwnFile
from prefactor_core._spool.wake import Wake
from prefactor_core.operations import Operation
from prefactor_core.queue import QueueClosedError
from prefactor_http._clock import monotonic
from prefactor_http._log import logger_of

__all__ = ["Spool"]

T = TypeVar("T")

_POLL_SECONDS = 0.003
_POLLS = 20
_BUSY_POLL_SECONDS = 0.05
_IDLE_SECONDS = 30.0
_DELETE_SECONDS = 0.05
_RETRY_SECONDS = 10.0
_CALL_SECONDS = 1.0
_LOOK_SECONDS = 0.25
_AT_ONCE = 500

logger = logger_of("prefactor_core")


class Spool:
    """Keeps operations on disk. Its methods work from any thread, and do not wait, but for `wait_until_written()`.

    Args:
        directory: where the files are.
        about: the API and the account.
        max_bytes: how large the operations in the file of this process may be together.
        sync: with "call", `wait_until_written()` waits.

    Attributes:
        lock: held while operations overflow, and while that ends.
        overflowing: operations overflow, so that all that come after them do, too.
        works: the file can be written.
        alone: how many operations are on disk and not in memory.
        alone_bytes: the size of their payloads.
    """

    def __init__(
        self, directory: Path, about: dict[str, str], *, max_bytes: int, sync: Literal["background", "call"]
    ) -> None:
        self.lock = threading.RLock()  # reentrant: a signal handler may hand over, too
        self.overflowing = False
        self.works = True  # until it turns out that it does not
        self.alone = self.alone_bytes = 0
        self._directory = directory
        self._about = about
        self._max_bytes = max_bytes
        self._waits = sync == "call"
        self._new: deque[Operation] = deque()
        self._tail: deque[Operation] = deque()
        self._tail_bytes = 0
        self._settled: deque[Operation] = deque()
        self._waiting_calls: deque[threading.Lock] = deque()
        self._syncs: deque[Future[bool]] = deque()
        self._closing: Future[None] | None = None
        self._forked = self._ended = False
        self._asleep = False
        self._wake = Wake()
        self._idle = 0
        self._is_untidy = False
        self._delete_at = self._look_at = 0.0
        self._retry_at = self._no_waiting_until = 0.0
        self._own: OwnFile | None = None
        self._without_file: dict[Operation, None] = {}  # handed over before there was a file
        self._adoption = Adoption(directory, about)
        self._log_once = LogOnce()
        self._thread = threading.Thread(target=self._run, name="prefactor-spool", daemon=True)

    def start(self, feed: Feed) -> None:
        """Start the thread. If that is not possible, nothing is kept on disk."""
        self._feed = feed
        try:
            self._adoption.start(feed)
            contextvars.Context().run(self._thread.start)
        except RuntimeError as error:
            self.works = False
            self._ended = True
            logger.error("the spool cannot start its thread, and keeps nothing: %s", error)
        else:
            _spools.add(self)

    def put(self, operation: Operation) -> None:
        """Keep an operation that is handed over to delivery."""
        if self._ended:
            return
        self._new.append(operation)
        if self._asleep:
            self._wake.set()

    def wait_until_written(self) -> None:
        """With `sync="call"`: wait until what this thread has put is in the file, for a second at most."""
        if not (self._waits and self.works) or threading.get_ident() == self._thread.ident:
            return
        if monotonic() < self._no_waiting_until:
            return
        written = threading.Lock()  # not an Event: a signal handler may interrupt this, and wait, too
        written.acquire()
        self._waiting_calls.append(written)
        self._wake.set()
        if written.acquire(timeout=_CALL_SECONDS):
            return
        self._no_waiting_until = monotonic() + _RETRY_SECONDS
        if self._log_once("slow"):
            logger.warning(
                "the spool has not written an operation within %g s, and the agent does not wait for it in the next "
                "%g s (further ones are not logged)",
                _CALL_SECONDS,
                _RETRY_SECONDS,
            )

    @property
    def queued(self) -> tuple[int, int]:
        """How many operations wait on disk, or to be written there alone, and the size of their payloads."""
        return self.alone + len(self._tail), self.alone_bytes + self._tail_bytes

    @property
    def has_room(self) -> bool:
        """Operations may overflow."""
        return self.works and self._size + self._tail_bytes < self._max_bytes

    @property
    def _size(self) -> int:
        own = self._own
        return own.size if own else 0

    def overflow(self, operation: Operation) -> None:
        """Keep an operation on disk alone. The caller holds the lock."""
        self.overflowing = True
        self._tail.append(operation)
        self._tail_bytes += operation.size
        if self._asleep:
            self._wake.set()

    def settled(self, operation: Operation) -> None:
        """An operation is delivered, or will never be."""
        if operation.tried:
            self._adoption.settled(operation)
            return
        if self._ended:
            return
        self._settled.append(operation)
        if self._asleep:
            self._wake.set()

    @property
    def all_in_memory(self) -> bool:
        """Nothing is on disk alone, neither of this process nor of one that has ended."""
        return not self._thread.is_alive() or (not self.overflowing and self._adoption.is_over)

    def sync(self) -> Future[bool]:
        """Write what was put. The result says whether everything that is pending is in the file."""
        return self._ask(self._syncs, Future())

    def begin_close(self) -> Future[None]:
        """Write what was put, close the files, and end the thread. Files with operations stay for the next process."""
        if self._closing is None:
            self._closing = Future()
        if not self._thread.is_alive():
            _finish(self._closing, None)
        self._wake.set()
        return self._closing

    def _ask(self, requests: deque[Future[bool]], request: Future[bool]) -> Future[bool]:
        requests.append(request)
        self._wake.set()
        if not self._thread.is_alive():
            _finish(request, False)
        return request

    def forked(self) -> None:
        """A forked child may go on with the runs and spans that are open now."""
        self._forked = True
        self._wake.set()

    # Everything below runs on the spool's thread. Its frame is what keeps this object, and so the connections of
    # SQLite, alive in a forked child: to close them there would damage the files of the parent.

    def _run(self) -> None:
        try:
            while self._closing is None or self._new or self._tail_unwritten:
                self._cycle()
                self._pause()
            self._shut_down()
        except BaseException:
            logger.exception("the spool has failed, and keeps nothing any more; please report it with this traceback")
            self._give_up()
        finally:
            self.works = False
            self._ended = True
            self._end_waits()

    @property
    def _tail_unwritten(self) -> bool:
        return bool(self._tail) and self.works

    def _cycle(self) -> None:
        calls, syncs = _drain(self._waiting_calls), _drain(self._syncs)
        forked = self._forked  # before `_new`: what was open at the fork was put
        settled = _drain(self._settled)  # before `_new`: what is settled was put
        with self.lock:  # before `_new`, too: what overflows comes after what is in memory
            overflow = deque(islice(self._tail, _AT_ONCE))
        new = _drain(self._new)
        self._idle = 0 if new or settled or self._tail else self._idle + 1
        self._keep(new, settled)
        if self._own is not None:
            self._write(self._own, overflow, hurry=bool(calls or syncs or forked))
        while self._own is not None and self._own.has_unwritten and self.works:
            self._write(self._own, overflow, hurry=True)
        if forked:
            self._share_open()
        for call in calls:
            call.release()
        is_kept = self.works and self._own is not None and not self._own.has_unwritten and not self._tail
        for sync in syncs:
            _finish(sync, is_kept)
        if self._closing is None:
            self._feed_delivery()

    def _keep(self, new: list[Operation], settled: list[Operation]) -> None:
        if self._own is not None and monotonic() >= self._look_at:
            self._look_at = monotonic() + _LOOK_SECONDS
            self._leave_if_removed(self._own)
        if self._own is None and monotonic() >= self._retry_at:
            self._open()
        if self._own is None:
            self._without_file.update(dict.fromkeys(new))
            for operation in settled:
                self._without_file.pop(operation, None)
            return
        self._own.settled(settled)
        self._own.put(new, settled)

    def _open(self) -> None:
        try:
            file = create(self._directory, self._about)
        except (OSError, sqlite3.Error) as error:
            self._fail(error)
            return
        self._own = OwnFile(file)
        self._own.put(list(self._without_file), [])
        self._without_file = {}
        self._succeed()

    def _leave_if_removed(self, own: OwnFile) -> None:
        """Begin a new file if somebody has removed this one, which nobody would find after the end of the process."""
        path = own.file.path
        if not own.file.is_removed:
            return
        if self._log_once(path):
            logger.error("the spool file %s has been removed: what is pending goes into a new one", path)
        if not own.has_unread:  # what is in it alone can still be read
            self._without_file = own.in_memory()
            self._own = None
            own.file.discard()

    def _write(self, own: OwnFile, overflow: deque[Operation], *, hurry: bool) -> None:
        """Write what is new. What is settled is deleted with it, or a little later."""
        tail = list(overflow)
        if not (own.has_change or tail) or monotonic() < self._retry_at:
            return
        if not (own.has_unwritten or tail or hurry or self._closing) and monotonic() < self._delete_at:
            return
        try:
            written = own.write(tail)
        except sqlite3.Error as error:
            self._fail(error)
            return
        self._delete_at = monotonic() + _DELETE_SECONDS
        self._is_untidy = True
        self._succeed()
        with self.lock:
            for _ in range(written):
                overflow.popleft()
                self._tail_bytes -= self._tail.popleft().size
        self._count_alone(own)

    def _count_alone(self, own: OwnFile) -> None:
        self.alone, self.alone_bytes = own.alone.total(), own.alone_bytes

    def _feed_delivery(self) -> None:
        try:
            self._read_back()
        except QueueClosedError:
            pass  # delivery has ended: the rest is for the next process
        except (sqlite3.Error, UnreadableRowError) as error:
            self._fail(error)

    def _read_back(self) -> None:
        if not self.overflowing:
            return
        own = self._own
        if own is not None and own.has_unread:
            own.read(self._feed)
            self._count_alone(own)
        if own is not None and own.has_unread:
            return
        if not self.works:
            self._give_tail()
        with self.lock:
            self.overflowing = bool(self._tail)
        if not self.overflowing:
            self._feed.changed()

    def _give_tail(self) -> None:
        """What cannot be written goes into memory, behind what was read back."""
        with self.lock:
            while self._tail:
                operation = self._tail.popleft()
                self._tail_bytes -= operation.size
                self._new.append(operation)  # it is written when that is possible again
                self._feed.give(operation, adopted=False)

    def _give_up(self) -> None:
        """What is not on disk goes into memory, however full that is."""
        self.works = False
        with self.lock, contextlib.suppress(QueueClosedError):
            self.overflowing = False
            while self._tail:
                self._feed.give(self._tail.popleft(), adopted=False)

    def _share_open(self) -> None:
        own = self._own
        if own is not None and not own.has_change and self._try(own.file.database.share_open):
            self._forked = False

    def _try(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except sqlite3.Error as error:
            self._fail(error)
            return False
        return True

    def _fail(self, error: Exception) -> None:
        """Go on without the file for a while."""
        self._retry_at = monotonic() + _RETRY_SECONDS
        was_working, self.works = self.works, False
        if self._own is not None and is_corrupt(error):
            self._replace(self._own, error)
        elif was_working:
            logger.error(
                "the spool in %s cannot be used: %s (delivery goes on without it: what is pending would not survive "
                "the process; it is tried again every %g s)",
                self._directory,
                error,
                _RETRY_SECONDS,
            )

    def _replace(self, own: OwnFile, error: Exception) -> None:
        lost, size = own.alone.copy(), own.alone_bytes
        self._without_file = own.in_memory()
        self._own = None
        self.alone = self.alone_bytes = 0
        logger.error(
            "the spool file %s is corrupt, and is moved to %s: %s (%d operations were in it alone)",
            own.file.path,
            own.file.set_aside(),
            error,
            lost.total(),
        )
        self._feed.lose(lost, size)

    def _succeed(self) -> None:
        if not self.works:
            self.works = True
            logger.warning("the spool in %s can be used again", self._directory)

    def _pause(self) -> None:
        if self._closing is not None:
            return
        if self._idle < _POLLS and not self._waits:
            if not self._idle:
                self._tidy(idle=False)
            time.sleep(_POLL_SECONDS)
            return
        has_change = self._own is not None and self._own.has_change
        if self._is_untidy and not has_change:
            self._tidy(idle=self._idle >= _POLLS)
        waits = self.overflowing or has_change
        self._asleep = True
        if not (self._new or self._settled or self._tail or self._waiting_calls or self._syncs or self._closing):
            self._wake.wait(_BUSY_POLL_SECONDS if waits or self._idle < _POLLS else _IDLE_SECONDS)
        self._asleep = False

    def _tidy(self, *, idle: bool) -> None:
        if self._own is not None and self.works:
            database = self._own.file.database
            self._try(lambda: database.tidy(idle=idle))
            self._is_untidy = self._is_untidy and not idle

    def _shut_down(self) -> None:
        for _ in range(2):
            self._cycle()  # what was settled meanwhile
        self._adoption.close()
        own, self._own = self._own, None
        if own is not None:
            if own.is_settled:
                own.file.discard()  # on a full disk, nothing could be deleted from it
            else:
                self._try(own.file.database.forget_open)
                own.file.release()

    def _end_waits(self) -> None:
        for call in _drain(self._waiting_calls):
            call.release()
        for sync in _drain(self._syncs):
            _finish(sync, False)
        if self._closing is not None:
            _finish(self._closing, None)


_spools: WeakSet[Spool] = WeakSet()


def _after_fork_in_parent() -> None:
    for spool in list(_spools):
        spool.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=_after_fork_in_parent)


def _drain(items: deque[T]) -> list[T]:
    """Take all items that are there now."""
    return [items.popleft() for _ in range(len(items))]


def _finish(future: Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)
