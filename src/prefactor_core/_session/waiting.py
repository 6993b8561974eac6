"""Waits for a coroutine in a program that is not one, or that is inside its own event loop."""

from __future__ import annotations

import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from prefactor_core._blocking import blocking_waits
from prefactor_core._client_thread import ClientThread

__all__ = ["check_may_wait", "run_and_wait"]

T = TypeVar("T")


def run_and_wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for delivery alone, and wait for its end.

    It runs on the calling thread, since a signal handler may call this while the code that it interrupts holds locks,
    which are that thread's. The caller's event loop, if there is one, is not used and stands still. If the caller is
    interrupted, as by Ctrl-C, so is the coroutine.

    Raises:
        RuntimeError: a thread of the client calls this, and would wait for itself.
    """
    try:
        check_may_wait()
        with blocking_waits():
            coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        coroutine.close()
    raise RuntimeError("this coroutine waits for something else than delivery")


def check_may_wait() -> None:
    """Check that this is not a thread of the client.

    Raises:
        RuntimeError: it is.
    """
    if isinstance(threading.current_thread(), ClientThread):
        raise RuntimeError(
            "this would wait for itself: a callback of the client, such as on_error, runs on the client's own thread. "
            "Call it on a thread of the program"
        )
