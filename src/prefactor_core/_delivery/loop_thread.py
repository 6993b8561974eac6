"""An event loop that runs on a daemon thread."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import queue
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from prefactor_core._delivery.context import start_in_empty_context, untraced_context
from prefactor_core.exceptions import ClientClosedError
from prefactor_http._clock import monotonic
from prefactor_http._log import logger_of

__all__ = ["LoopThread", "wait_for"]

T = TypeVar("T")

_JOIN_SECONDS = 0.5

logger = logger_of("prefactor_core")


class _Helper:
    """Runs blocking calls one after the other on a daemon thread: the name resolution of the loop.

    An executor of concurrent.futures cannot be used. It accepts no calls once the program exits, when queued operations
    are still to be delivered, and it makes the exit wait for a resolution that hangs.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, call: Callable[[], T]) -> Future[T]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="prefactor-resolver", daemon=True)
            start_in_empty_context(self._thread)
        future: Future[T] = Future()
        self._calls.put((future, call))
        return future

    def stop(self) -> None:
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
        super().__init__()
        self._helper = _Helper()
        self._context = untraced_context()

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


class LoopThread:
    """Runs coroutines for callers on any thread and any event loop.

    Every future that `run()` returns is done in the end: when the loop ends, unfinished futures are cancelled, and
    so is every later one.

    Args:
        name: the name of the thread.
        at_end: runs on the loop before it is closed, also after an exception; it should be short, and not raise.

    Attributes:
        loop: the event loop.
        ended: done when the loop runs nothing any more.
    """

    def __init__(self, name: str, at_end: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._at_end = at_end
        self.loop = contextvars.Context().run(_Loop)  # it keeps the context that it is made in
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._futures: dict[Future[Any], Coroutine[Any, Any, Any]] = {}
        self._calls: set[Future[Any]] = set()
        self.ended: Future[None] = Future()

    def start(self) -> None:
        """Start the thread."""
        start_in_empty_context(self._thread)

    @property
    def alive(self) -> bool:
        """The thread runs in this process."""
        return self._thread.is_alive()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine. The future gets its result or exception; it is cancelled if the loop ends first."""
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        except RuntimeError:  # the loop is closed
            coroutine.close()
            future = Future()
            future.cancel()
            return future
        self._futures[future] = coroutine
        future.add_done_callback(self._forget)
        if self.ended.done():  # it has just ended, and may have missed this future
            self._cancel_futures()
        return future

    async def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and wait for it without blocking the caller's loop; a cancellation reaches it.

        Raises:
            ClientClosedError: the thread ended first, or `cancel_calls()` was called.
        """
        future = self.run(coroutine)
        self._calls.add(future)
        try:
            await wait_for(future, None)
        except asyncio.CancelledError:
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
        """Call a function on the loop; does nothing once the loop has ended."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(callback)

    def stop(self) -> None:
        """Stop the loop, cancel its tasks, and wait a moment for the thread to end."""
        self.call_soon(self.loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        except BaseException:  # for example SystemExit in a callback; nothing else would log it
            logger.exception("an exception ended the delivery thread: this client sends nothing more")
        finally:
            try:
                self._shut_down()
            finally:
                self.ended.set_result(None)
                self._cancel_futures()
                self.loop.close()

    def _shut_down(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=_JOIN_SECONDS / 2))
        self.loop.run_until_complete(self._at_end())
        self.loop.run_until_complete(asyncio.sleep(0))  # connections that are closing need one more turn

    def _forget(self, future: Future[Any]) -> None:
        self._futures.pop(future, None)

    def _cancel_futures(self) -> None:
        for future, coroutine in list(self._futures.items()):
            if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                coroutine.close()
            future.cancel()


async def wait_for(future: Future[Any], seconds: float | None) -> bool:
    """Wait until a future of another thread is done, at most `seconds`. Return whether it is done.

    Unlike with asyncio.wrap_future, a caller that stops waiting does not cancel the future, and may close its loop.
    """
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def wake(_: Future[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the caller's loop is closed, so no caller waits
            loop.call_soon_threadsafe(done.set)

    future.add_done_callback(wake)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await done.wait()
    return future.done()
