"""The folders of the files that say which servers run. They hold tokens, so they must be the user's alone."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

__all__ = ["described_folders", "folders", "problem_of"]


def folders() -> list[Path]:
    """Where the files are looked for. A server writes to the first that it can use."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    user = str(os.getuid()) if sys.platform != "win32" else os.environ.get("USERNAME", "user")
    shared = Path(tempfile.gettempdir(), f"prefactor-local-{user}")
    return [Path(runtime, "prefactor-local"), shared] if Path(runtime).is_absolute() else [shared]


def described_folders() -> str:
    """The folders, for a message: each with what is wrong with it."""
    return ", ".join(f"{folder}{_why(folder)}" for folder in folders())


def problem_of(folder: Path) -> str:
    """Why a folder is not used: everybody may write to the temporary folder. Empty if it is the user's alone."""
    try:
        found = folder.lstat()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not stat.S_ISDIR(found.st_mode):
        return "is a link" if stat.S_ISLNK(found.st_mode) else "is no folder"
    if sys.platform == "win32":  # its temporary folder is the user's own
        return ""
    if found.st_uid != os.getuid():
        return f"belongs to the user {_name_of(folder)}"
    return "can be used by others" if found.st_mode & 0o077 else ""


def _why(folder: Path) -> str:
    """Without what is no problem of a command: that there is no folder yet."""
    problem = problem_of(folder) if os.path.lexists(folder) else ""
    return f" (which {problem})" if problem else ""


def _name_of(folder: Path) -> str:
    try:
        return folder.owner()
    except KeyError:
        return str(folder.lstat().st_uid)
