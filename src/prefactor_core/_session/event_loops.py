"""Checks that the program runs on what the client needs: asyncio, and real threads."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from prefactor_core.exceptions import UnsupportedRuntimeError

__all__ = ["check_runtime"]


def check_runtime() -> None:
    """Check the running event loop, and that gevent has not replaced what it is made of.

    Raises:
        UnsupportedRuntimeError: the client cannot work here; the message says what to do.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise UnsupportedRuntimeError(
            "the client needs asyncio, and no asyncio event loop is running here: run the agent with "
            "asyncio.run(main()); with anyio, use the backend asyncio instead of trio"
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
