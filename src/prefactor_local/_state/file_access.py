"""Files: why one cannot be used as a database, and writing one for its owner alone."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["is_in_use", "obstacle", "write_private"]


def obstacle(file: Path, *, write: bool) -> str | None:
    """What keeps this user from using a database; None if there is nothing that can be seen from outside.

    Args:
        file: The file, which need not exist.
        write: Whether it is to be written, or created.
    """
    exists = os.path.exists(file)
    if os.path.isdir(file):
        return "it is a folder: name a file"
    if not os.path.isdir(file.parent):
        return f"there is no folder {file.parent}"
    if exists and not os.access(file, os.R_OK):
        return "you may not read it"
    if write and exists and not os.access(file, os.W_OK):
        return "you may not write it"
    if os.access(file.parent, os.W_OK):
        return None
    if write:
        return "you may not write to its folder, and SQLite needs files beside it"
    if is_in_use(file) and not os.path.exists(f"{file}-shm"):
        return (
            f"a server has left {file.name}-wal, which can only be read in a folder that you may write to: "
            "copy both files to one"
        )
    return None


def is_in_use(file: Path) -> bool:
    """Whether a server uses a database, or one that was killed has left what it stored in a file beside it."""
    try:
        return os.path.getsize(f"{file}-wal") > 0 or os.path.exists(f"{file}-shm")
    except OSError:
        return False


def write_private(file: Path, content: bytes) -> None:
    """Writes all of a file, or leaves what was there. Only its owner can read it. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".")
    try:
        with open(descriptor, "wb") as new:
            new.write(content)
        os.replace(name, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
