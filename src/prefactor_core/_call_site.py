"""The place in the program that called the client, for messages. It is looked up only when one is written."""

from __future__ import annotations

import os
import sys
from types import FrameType

__all__ = ["at_call_site"]

_PACKAGE_FOLDER = os.path.join(os.path.dirname(__file__), "")
_LOOPS = {"anyio", "asyncio", "concurrent", "threading", "uvloop"}


def at_call_site() -> str:
    """`at agent.py:12; `, to begin the remarks of a message with; empty if the program has no frame on the stack.

    At the end of an `async with` block, it is the line with which the block begins.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None and _is_between(frame):
        frame = frame.f_back
    if frame is None or _package(frame) in _LOOPS:  # the call is a task of its own
        return ""
    return f"at {frame.f_code.co_filename}:{frame.f_lineno}; "


def _is_between(frame: FrameType) -> bool:
    """Whether a frame is between the program and the client: the client's own, a generated method, or a decorator's."""
    if frame.f_code.co_filename.startswith(_PACKAGE_FOLDER) or _package(frame) == "contextlib":
        return True
    owner = frame.f_globals.get(frame.f_code.co_qualname.partition(".")[0])
    return isinstance(owner, type) and any("_params_of" in vars(base) for base in owner.__mro__)  # a span type


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]
