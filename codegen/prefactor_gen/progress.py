"""A line for who waits at a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from prefactor_gen.processes import Progress

__all__ = ["progress_line"]

_PATIENCE: Final = 1.0
"""Seconds that nobody minds to wait without a word."""
_CLEAR: Final = "\r\x1b[K"


@contextmanager
def progress_line(stream: TextIO, package: str) -> Iterator[Progress | None]:
    """Show how far a long run is, in one line that is gone at its end; nothing where the stream is no terminal.

    Args:
        stream: where to show it.
        package: what is made.
    """
    if not stream.isatty():
        yield None
        return
    began = time.monotonic()
    shown = False

    def show(done: int, total: int) -> None:
        nonlocal shown
        if time.monotonic() - began > _PATIENCE:
            shown = True
            print(f"{_CLEAR}{package}: {done} of {total} span types", end="", file=stream, flush=True)

    try:
        yield show
    finally:
        if shown:
            print(_CLEAR, end="", file=stream, flush=True)
