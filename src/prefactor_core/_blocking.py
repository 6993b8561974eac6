"""How the waits of a call are carried out: by awaiting, or by blocking the thread, for callers that are functions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["blocking_waits", "waits_block"]


class _State(threading.local):
    blocking = False


_state = _State()


def waits_block() -> bool:
    """Whether waits of this thread block it."""
    return _state.blocking


@contextmanager
def blocking_waits(blocking: bool = True) -> Iterator[None]:
    """Let the waits of this thread block it in the block; with False, let them await again, as in a signal handler."""
    before, _state.blocking = _state.blocking, blocking
    try:
        yield
    finally:
        _state.blocking = before
