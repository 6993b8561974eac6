"""Waits for a coroutine in a program that is not one, or that is inside its own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any, Generic, TypeVar

__all__ = ["check_may_wait", "run_and_wait"]

T = TypeVar("T")


def run_and_wait(coroutine: Coroutine[Any, Any, T], *, needs_loop: bool = True) -> T:
    """Run a coroutine and wait for its end. The caller's event loop, if there is one, is not used and stands still.

    If the caller is interrupted, as by Ctrl-C, it does not wait any longer, and the coroutine is cancelled.

    Args:
        coroutine: the coroutine.
        needs_loop: whether it waits for anything. Otherwise it runs without a thread and without an event loop.

    Raises:
        RuntimeError: a thread of the client calls this, and would wait for itself.
    """
    try:
        check_may_wait()
    except RuntimeError:
        coroutine.close()
        raise
    if not needs_loop:
        return _run_at_once(coroutine)
    running: _Running[T] = _Running(coroutine)
    thread = threading.Thread(target=copy_context().run, args=(running.run,), name="prefactor-sync", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread can be started, as at the end of the interpreter
        running.run()
    try:
        return running.result.result()
    except BaseException:
        running.cancel()
        raise


def check_may_wait() -> None:
    """Check that this is not a thread of the client.

    Raises:
        RuntimeError: it is.
    """
    if threading.current_thread().name.startswith("prefactor-"):
        raise RuntimeError(
            "this would wait for itself: a callback of the client, such as on_error, runs on the client's own thread. "
            "Call it on a thread of the program"
        )


class _Running(Generic[T]):
    """A coroutine on a helper thread, with an event loop of its own."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self.result: Future[T] = Future()
        self._coroutine = coroutine
        self._cancel: Callable[[], object] | None = None

    def run(self) -> None:
        try:
            self.result.set_result(asyncio.run(self._main()))
        except BaseException as error:
            self._coroutine.close()
            self.result.set_exception(error)

    def cancel(self) -> None:
        """Cancel the coroutine, unless it is over."""
        if self._cancel is not None and not self.result.done():
            with contextlib.suppress(RuntimeError):  # its loop has just been closed
                self._cancel()

    async def _main(self) -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None:
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        return await self._coroutine


def _run_at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise RuntimeError("this session waits: it needs an event loop")
