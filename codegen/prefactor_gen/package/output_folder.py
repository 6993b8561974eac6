"""Compares generated files with the output folder and writes them, all or none."""

from __future__ import annotations

import contextlib
import difflib
import errno
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prefactor_gen.package.generated_line import GENERATED_BY

__all__ = ["Change", "NotGeneratedError", "compare", "read_file", "write"]

CATALOG = "__init__.py"


@dataclass(frozen=True)
class Change:
    """A file that is written, rewritten or removed (`new` is None)."""

    path: Path
    old: str | None
    new: str | None

    def diff(self, base: Path) -> str:
        """The change as a unified diff, with paths relative to `base`."""
        name = Path(os.path.relpath(self.path, base)).as_posix()
        old, new = (self.old or "").splitlines(keepends=True), (self.new or "").splitlines(keepends=True)
        return "".join(difflib.unified_diff(old, new, f"{name} (current)", f"{name} (generated)"))


class NotGeneratedError(Exception):
    """A generated file would replace a file that was not generated."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(str(path))


def compare(folder: Path, files: Mapping[str, str]) -> list[Change]:
    """What would change if these files became the generated files of the folder. Other files are not touched.

    Raises:
        NotGeneratedError: a file of the same name was not generated and is not empty, or the folder is another package.
        OSError: the folder cannot be read.
    """
    changes = [Change(folder / name, read_file(folder / name), text) for name, text in sorted(files.items())]
    stale = _generated_files(folder) - files.keys()
    changes.extend(Change(folder / name, read_file(folder / name), None) for name in sorted(stale))
    for change in changes:
        if change.old and change.new and not change.old.startswith(GENERATED_BY):
            raise NotGeneratedError(change.path)
    if not _is_generated(folder / CATALOG) and (others := _other_modules(folder)):
        raise NotGeneratedError(others[0])  # another package, whose __init__ is empty
    return [change for change in changes if change.old != change.new]


def write(changes: Iterable[Change]) -> None:
    """Make the changes. All files are written under temporary names first, then renamed; the catalog comes last.

    Raises:
        OSError: a file cannot be written. Nothing has changed, unless it was one of the renames that failed.
    """
    ordered = sorted(changes, key=lambda change: (change.path.name == CATALOG, change.path))
    staged: dict[Path, str] = {}
    try:
        for change in ordered:
            if change.new is not None:
                change.path.parent.mkdir(parents=True, exist_ok=True)
                with _naming(change.path):
                    staged[change.path] = _stage(change.path, change.new)
        for change in ordered:
            if change.new is None:
                change.path.unlink()
            else:
                with _naming(change.path):
                    os.replace(staged[change.path], change.path)
                del staged[change.path]
    finally:
        for temporary in staged.values():
            os.unlink(temporary)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let errors name this file, and not its temporary name."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _stage(path: Path, text: str) -> str:
    """Write a file under a temporary name in the same folder; returns that name."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".prefactor-gen-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, mode)
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read_file(path: Path) -> str | None:
    """The text of a generated file, None if there is none.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    try:
        if not path.is_file() and path.exists():  # a folder, or a pipe or device, which may never end
            raise OSError(errno.EEXIST, "it is not a regular file", str(path))
        # A checkout on Windows may have other line ends, which make no difference to Python.
        return path.read_bytes().decode("utf-8", errors="replace").replace("\r\n", "\n")
    except FileNotFoundError:
        return None


def _generated_files(folder: Path) -> set[str]:
    """The names of the generated files in the folder, and of the marker for type checkers."""
    if not folder.is_dir():
        return set()
    found = {path.name for path in folder.glob("*.py") if _is_generated(path)}
    return found | ({"py.typed"} if (folder / "py.typed").exists() else set())


def _other_modules(folder: Path) -> list[Path]:
    """The modules in the folder that were not generated."""
    return sorted(path for path in folder.glob("*.py") if path.name != CATALOG and not _is_generated(path))


def _is_generated(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.readline().startswith(GENERATED_BY.encode())
