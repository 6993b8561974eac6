"""Locks on files, which the kernel releases when their process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

__all__ = ["FileLock"]

_held: set[int] = set()  # the file descriptors


class FileLock:
    """An exclusive lock, held until `release()` or the end of the process. A stopped process still holds it.

    A forked child closes its copy at once: otherwise the lock would be held until the child ends, too.

    Args:
        path: the file to lock. It is made, for this user only, if it does not exist.

    Raises:
        BlockingIOError: another process, or another FileLock of this one, holds the lock.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            _lock(self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise
        _held.add(self._descriptor)

    def release(self, *, remove: bool = False) -> None:
        """Release the lock, and remove its file if asked to."""
        if self._descriptor not in _held:  # this is a forked child
            return
        if remove:
            with contextlib.suppress(OSError):
                self.path.unlink()
        _held.discard(self._descriptor)
        os.close(self._descriptor)
        if remove and sys.platform == "win32":
            with contextlib.suppress(OSError):
                self.path.unlink()


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(str(error)) from error
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _close_in_child() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
