"""Checks that the program runs on what the client needs: asyncio, and real threads."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from prefactor_core.exceptions import UnsupportedRuntimeError

__all__ = ["check_runtime"]


def check_runtime(*, in_coroutine: bool) -> None:
    """Check the running event loop, and that gevent has not replaced what it is made of.

    Args:
        in_coroutine: whether the caller is a coroutine, and so needs an event loop of asyncio.

    Raises:
        UnsupportedRuntimeError: the client cannot work here; the message says what to do.
    """
    if in_coroutine:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise UnsupportedRuntimeError(
                "initialize() needs asyncio, and no asyncio event loop is running here: run the agent with "
                "asyncio.run(main()), or use `with` and client.sync, which need no loop; with trio, call them by "
                "trio.to_thread.run_sync()"
            ) from None
    if _is_patched_by_gevent():
        raise UnsupportedRuntimeError(
            "the client needs real threads and selectors, and gevent.monkey has replaced them: call "
            "monkey.patch_all(thread=False, select=False, subprocess=False), or run the agent in a process without "
            "gevent, such as a gunicorn worker of the class gthread"
        )


def _is_patched_by_gevent() -> bool:
    monkey: Any = sys.modules.get("gevent.monkey")
    return monkey is not None and any(monkey.is_module_patched(name) for name in ("threading", "selectors", "select"))
