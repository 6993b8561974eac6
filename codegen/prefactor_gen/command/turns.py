"""Commands that write a lock file take turns in a project, so that none loses what another one wrote into it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["own_turn"]

if sys.platform == "win32":

    @contextlib.contextmanager
    def own_turn(folder: Path) -> Iterator[None]:  # noqa: ARG001  # Windows has no locks of folders
        """Wait for other commands, where the system can."""
        yield

else:
    import fcntl

    @contextlib.contextmanager
    def own_turn(folder: Path) -> Iterator[None]:
        """Wait until no other command writes lock files of the project in this folder. It leaves no file behind."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):  # a folder that cannot be read, or a file system without locks
                descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
                stack.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
