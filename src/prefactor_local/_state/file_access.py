"""Says why a database file cannot be used, where SQLite says only that it cannot open it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["obstacle"]


def obstacle(file: Path, *, write: bool) -> str | None:
    """What keeps this user from using a file; None if there is nothing that can be seen from outside.

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
    if write and not os.access(file.parent, os.W_OK):
        return "you may not write to its folder, and SQLite needs files beside it"
    return None
