"""The files of a spool directory: each belongs to the process that holds its lock."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import uuid
from datetime import UTC, datetime
from pathlib import Path

from prefactor_core._spool.database import Database, NeverWrittenError, is_open_elsewhere
from prefactor_core._spool.locks import FileLock

__all__ = ["OtherAccountError", "SpoolFile", "about", "adopt", "create", "is_in_use", "set_aside", "spool_paths"]

_SUFFIX = ".sqlite3"
_NAME = re.compile(rf"[0-9a-f]{{32}}{re.escape(_SUFFIX)}")  # the directory may hold databases of others
_PARTS = ("", "-wal", "-shm", "-journal")


class OtherAccountError(Exception):
    """The operations of the file belong to another address of the API, or to another token."""


class SpoolFile:
    """A file of this process.

    Attributes:
        path: where it is.
        database: what it holds.
        written_at: when the process that had it before wrote to it last.
    """

    def __init__(self, database: Database, lock: FileLock, written_at: datetime) -> None:
        self.path = database.path
        self.database = database
        self.written_at = written_at
        self._lock = lock

    @property
    def is_removed(self) -> bool:
        """Somebody has removed the file, or its directory."""
        try:
            self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            pass
        return False

    def release(self) -> None:
        """Close the file, and leave it to the next process, or remove it if nothing is left in it."""
        is_empty = False
        with contextlib.suppress(sqlite3.Error):
            is_empty = not (self.database.count() or self.database.open_entries())
        self._close(remove=is_empty)

    def discard(self) -> None:
        """Close the file and remove it: all that is in it is settled."""
        self._close(remove=True)

    def _close(self, *, remove: bool) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.database.close(discard=remove)
        if remove:
            with contextlib.suppress(OSError):
                _remove(self.path)
        self._lock.release(remove=remove)

    def set_aside(self) -> Path:
        """Close a file that is corrupt, and rename it. Returns its new path."""
        with contextlib.suppress(sqlite3.Error):
            self.database.close()
        moved = set_aside(self.path)
        self._lock.release(remove=True)
        return moved


def about(address: str, token: str) -> dict[str, str]:
    """What a file says about the API and the account that its operations belong to. It does not contain the token."""
    digest = hashlib.sha256(f"prefactor spool\n{token}".encode()).hexdigest()
    return {"address": address, "account": digest[:32]}


def create(directory: Path, described: dict[str, str]) -> SpoolFile:
    """Make a file, for this user only.

    Raises:
        OSError, sqlite3.Error: that is not possible.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{uuid.uuid4().hex}{_SUFFIX}"
    lock = FileLock(_lock_path(path))
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # the log beside it gets the same mode
        return SpoolFile(Database(path, described), lock, datetime.now(UTC))
    except BaseException:
        with contextlib.suppress(OSError):
            _remove(path)
        lock.release(remove=True)
        raise


def adopt(path: Path, described: dict[str, str]) -> SpoolFile | None:
    """Take over the file of a process that has ended; None if another process has it, or it is gone.

    Raises:
        OSError, sqlite3.Error, UnknownFormatError: it cannot be opened.
        OtherAccountError: `described` is not what it says about itself.
    """
    try:
        lock = FileLock(_lock_path(path))
    except BlockingIOError:
        return None
    try:
        if not path.exists():
            lock.release(remove=True)
            return None
        # Not the time of "-shm", which changes when somebody looks into the file.
        written_at = max(_modified(Path(f"{path}{part}")) for part in ("", "-wal"))
        if is_open_elsewhere(path):  # somebody has removed the lock of its process
            lock.release()
            return None
        database = _open(path, described)
        return SpoolFile(database, lock, datetime.fromtimestamp(written_at, UTC))
    except NeverWrittenError:
        with contextlib.suppress(OSError):
            _remove(path)
        lock.release(remove=True)
        return None
    except BaseException:
        lock.release()
        raise


def _open(path: Path, described: dict[str, str]) -> Database:
    database = Database(path)
    try:
        if database.about() != described:
            raise OtherAccountError(str(path))
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            database.close()
        raise
    return database


def spool_paths(directory: Path) -> list[Path]:
    """The files of a directory, those that were written first come first."""
    found: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        for entry in filter(_is_ours, entries):
            with contextlib.suppress(FileNotFoundError):  # its process has just removed it
                found.append((entry.stat(follow_symlinks=False).st_ctime, Path(entry.path)))
    return [path for _, path in sorted(found)]


def is_in_use(path: Path) -> bool:
    """Whether a running process has the file."""
    if not _lock_path(path).exists():
        return False
    try:
        FileLock(_lock_path(path)).release()
    except BlockingIOError:
        return True
    return False


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be read, so that it is not opened again. Returns its new path."""
    moved = path.with_name(f"{path.name}.corrupt")
    for part in _PARTS:
        with contextlib.suppress(OSError):
            Path(f"{path}{part}").rename(f"{moved}{part}")
    with contextlib.suppress(OSError):
        _lock_path(path).unlink(missing_ok=True)
    return moved


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _is_ours(entry: os.DirEntry[str]) -> bool:
    return bool(_NAME.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False)


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _remove(path: Path) -> None:
    for part in _PARTS:
        Path(f"{path}{part}").unlink(missing_ok=True)
