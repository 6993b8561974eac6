"""An event loop on a daemon thread, which the clients of a process share."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import inspect
import os
import queue
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import Context, ContextVar
from functools import partial
from typing import Any, TypeVar

from prefactor_core._blocking import blocking_waits, waits_block
from prefactor_core._client_thread import ClientThread
from prefactor_core._deadline import Deadline
from prefactor_core._delivery.context import start_in_empty_context, untraced_context
from prefactor_core.exceptions import ClientClosedError, PrefactorCoreError
from prefactor_http._clock import monotonic
from prefactor_http._log import logger_of

__all__ = ["LoopThread", "wait_for"]

T = TypeVar("T")

_JOIN_SECONDS = 0.5
_MAX_RESOLVERS = 8

logger = logger_of("prefactor_core")


class _Helper:
    """Runs blocking calls on daemon threads: the name resolution of the loop. A call that hangs does not hold others.

    An executor of concurrent.futures cannot be used. It accepts no calls once the program exits, when queued operations
    are still to be delivered, and it makes the exit wait for a resolution that hangs.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, call: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        self._calls.put((future, call))
        if not self._calls.empty() and len(self._threads) < _MAX_RESOLVERS:  # each thread is busy, or takes it now
            thread = threading.Thread(target=self._run, name="prefactor-resolver", daemon=True)
            self._threads.append(thread)
            start_in_empty_context(thread)
        return future

    def stop(self) -> None:
        for _ in self._threads:
            self._calls.put(None)

    def _run(self) -> None:
        while (item := self._calls.get()) is not None:
            future, call = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that runs its blocking calls on a `_Helper`, with a clock and a context that no program changes.

    What other threads hand over runs in an empty context: a task would keep the context of the first caller for ever,
    with the objects of its request, and its trace would get the requests of all others.
    """

    def __init__(self) -> None:
        self._helper = _Helper()
        self._context = untraced_context()
        self._is_complete = False
        super().__init__()
        self._is_complete = True
        self.set_task_factory(_new_task)

    def is_closed(self) -> bool:
        # asyncio closes a loop that could not be made, for lack of file descriptors, and fails.
        return not self._is_complete or super().is_closed()

    def time(self) -> float:
        return monotonic()

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        return super().call_soon_threadsafe(callback, *args, context=context or self._context.copy())

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        return asyncio.wrap_future(self._helper.submit(partial(func, *args)), loop=self)

    def close(self) -> None:
        self._helper.stop()
        super().close()


class _Host:
    """The thread and the event loop. It ends when the last of its users has ended."""

    def __init__(self, name: str) -> None:
        self._lock = threading.Lock()
        self._users: set[LoopThread] = set()
        self.over = False  # nothing runs on the loop any more
        try:
            self.loop = Context().run(_Loop)  # it keeps the context that it is made in
        except OSError as error:
            raise _cannot_start(error) from error
        self.thread = ClientThread(target=self._run, name=name, daemon=True)

    def join(self, user: LoopThread) -> bool:
        """Add a user, and start the thread with the first one. Returns False if the thread is ending.

        Raises:
            PrefactorCoreError: the thread cannot be started.
        """
        with self._lock:
            if self.thread.ident is None:
                self._start()
            elif self.over or not self._users or not self.thread.is_alive():
                return False
            self._users.add(user)
            return True

    def _start(self) -> None:
        try:
            start_in_empty_context(self.thread)
        except RuntimeError as error:
            self.loop.close()
            raise _cannot_start(error) from error

    def leave(self, user: LoopThread) -> None:
        """Remove a user, on the loop."""
        with self._lock:
            self._users.discard(user)
            if not self._users and not self.over:
                self.loop.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        except BaseException:  # for example SystemExit in a callback; nothing else would log it
            logger.exception("an exception ended the delivery thread: the clients that use it send nothing more")
        finally:
            self._shut_down()

    def _shut_down(self) -> None:
        with self._lock:
            self.over = True
            users = list(self._users)
        for user in users:
            with contextlib.suppress(BaseException):
                self.loop.run_until_complete(user._ending or user._end())
        self.loop.run_until_complete(asyncio.sleep(0))  # connections that are closing need one more turn
        self.loop.close()


_shared_hosts: dict[int, _Host] = {}  # by process: a forked child leaves that of its parent alone
_shared_lock: dict[int, threading.Lock] = {}
_user: ContextVar[LoopThread] = ContextVar("prefactor_loop_user")


def _new_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    """The task factory of the loop. Each user has a list of its tasks."""
    task = asyncio.Task(coroutine, loop=loop, **options)
    if (user := _user.get(None)) is not None:
        user._tasks.add(task)
        task.add_done_callback(user._tasks.discard)
    return task


def _cannot_start(error: Exception) -> PrefactorCoreError:
    return PrefactorCoreError(
        f"the client cannot start its delivery thread: {error} (close clients that you do not need, or use one "
        "client for all runs)"
    )


class LoopThread:
    """Runs coroutines for callers on any thread and any event loop.

    Every future that `run()` returns is done in the end: when the loop ends, unfinished futures are cancelled, and
    so is every later one.

    Args:
        name: the name of the thread.
        at_end: runs on the loop at the end, also after an exception; it should be short, and not raise.
        shared: use the thread together with others of this process. Only for code that never blocks.

    Attributes:
        loop: the event loop, from `start()` on.
        ended: done when this object runs nothing any more.
    """

    loop: asyncio.AbstractEventLoop
    _host: _Host

    def __init__(self, name: str, at_end: Callable[[], Coroutine[Any, Any, None]], *, shared: bool = False) -> None:
        self._name = name
        self._at_end = at_end
        self._shared = shared
        self._tasks: set[asyncio.Task[Any]] = set()
        self._futures: dict[Future[Any], Coroutine[Any, Any, Any]] = {}
        self._calls: set[Future[Any]] = set()
        self.ended: Future[None] = Future()
        # Not the context of the caller: the objects of the request that opens a client would stay alive.
        self._context = untraced_context()
        self._context.run(_user.set, self)
        self._ending: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the thread, unless it is a shared one that runs already.

        Raises:
            PrefactorCoreError: the thread cannot be started: there are too many threads or open files.
        """
        self._host = self._join_shared() if self._shared else self._join_new()
        self.loop = self._host.loop

    def _join_new(self) -> _Host:
        host = _Host(self._name)
        host.join(self)
        return host

    def _join_shared(self) -> _Host:
        process = os.getpid()
        with _shared_lock.setdefault(process, threading.Lock()):
            host = _shared_hosts.get(process)
            if host is None or not host.join(self):
                host = _shared_hosts[process] = self._join_new()
            return host

    @property
    def alive(self) -> bool:
        """The thread runs in this process."""
        return self._host.thread.is_alive()

    @property
    def runs_here(self) -> bool:
        """This is the thread."""
        return threading.current_thread() is self._host.thread

    def run(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine. The future gets its result or exception; it is cancelled if the loop ends first."""
        if self.ended.done():
            return _cancelled(coroutine)
        try:
            future = self._context.copy().run(asyncio.run_coroutine_threadsafe, coroutine, self.loop)
        except RuntimeError:  # the loop is closed
            return _cancelled(coroutine)
        self._futures[future] = coroutine
        future.add_done_callback(self._forget)
        if self.ended.done():  # it has just ended, and may have missed this future
            self._cancel_futures()
        return future

    async def call(self, coroutine: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        """Run a coroutine and wait for it without blocking the caller's loop; a cancellation reaches it.

        Args:
            coroutine: the coroutine.
            seconds: how long to wait at most.

        Raises:
            ClientClosedError: the thread ended first, or `cancel_calls()` was called.
            TimeoutError: it takes longer than `seconds`.
        """
        future = self.run(coroutine)
        self._calls.add(future)
        try:
            if not await wait_for(future, seconds):
                raise TimeoutError
        except BaseException:  # a cancellation, or in a function Ctrl-C
            future.cancel()
            raise
        finally:
            self._calls.discard(future)
        if future.cancelled():
            raise ClientClosedError("the client was closed before the API answered")
        return future.result()

    def cancel_calls(self) -> None:
        """Make every running `call()` raise ClientClosedError."""
        for future in list(self._calls):
            future.cancel()

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Call a function on the loop; does nothing once the loop has ended. Takes no lock."""
        if not self.ended.done():
            self._call_soon(callback, self._context.copy())

    def stop(self) -> None:
        """Cancel the tasks, and wait a moment for their end. The thread ends with the last one that uses it."""
        self._call_soon(self._begin_end, Context())
        if threading.current_thread() is not self._host.thread:
            concurrent.futures.wait([self.ended], _JOIN_SECONDS)

    def _call_soon(self, callback: Callable[[], object], context: Context) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(callback, context=context)

    def _begin_end(self) -> None:
        if self._ending is None and not self.ended.done():
            self._ending = self.loop.create_task(self._end())

    async def _end(self) -> None:
        try:
            tasks = set(self._tasks)
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=_JOIN_SECONDS / 2)
            await self._at_end()
        finally:
            self.ended.set_result(None)
            self._cancel_futures()
            self._host.leave(self)

    def _forget(self, future: Future[Any]) -> None:
        self._futures.pop(future, None)

    def _cancel_futures(self) -> None:
        for future, coroutine in list(self._futures.items()):
            if self._host.over and inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                coroutine.close()
            future.cancel()


def _cancelled(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    coroutine.close()
    future: Future[T] = Future()
    future.cancel()
    return future


async def wait_for(future: Future[Any], seconds: float | None) -> bool:
    """Wait until a future of another thread is done, at most `seconds`. Return whether it is done.

    Unlike with asyncio.wrap_future, a caller that stops waiting does not cancel the future, and may close its loop.
    """
    if future.done():  # nothing to wait for, so no event loop is needed
        return True
    if waits_block():
        with blocking_waits(False):
            concurrent.futures.wait([future], seconds)
        return future.done()
    loop, done, deadline = asyncio.get_running_loop(), asyncio.Event(), Deadline(seconds)

    def wake(_: Future[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the caller's loop is closed, so no caller waits
            loop.call_soon_threadsafe(done.set)

    future.add_done_callback(wake)
    await deadline.wait(done)
    return future.done()
