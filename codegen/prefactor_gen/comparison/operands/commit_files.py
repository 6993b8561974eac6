"""The definitions of a commit, as files in a temporary folder."""

from __future__ import annotations

import posixpath
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

from prefactor_gen.comparison.operands.git_repository import Entry, GitRepository
from prefactor_gen.comparison.operands.operands import OperandError
from prefactor_gen.definitions.reference_settings import COPY_SUFFIXES
from prefactor_gen.definitions.sources import SUFFIXES
from prefactor_gen.diagnostics.limits import MAX_BYTES

__all__ = ["CommitFiles"]


class CommitFiles:
    """The files of a commit, of which those that are needed are saved.

    Args:
        repository: the repository.
        commit: the identifier of the commit.
        folder: an empty folder, where they are saved.
    """

    def __init__(self, repository: GitRepository, commit: str, folder: Path) -> None:
        self.repository = repository
        self.commit = commit
        self.folder = folder

    @property
    def short(self) -> str:
        """The identifier of the commit as people write it."""
        return self.repository.short(self.commit)

    def inside(self, path: str) -> str:
        """A path of the repository without `..`; "" is the repository itself."""
        path = posixpath.normpath(path)
        if path.startswith(("/", "../")) or path == ".." or "\0" in path:
            raise OperandError(f"at {self.short} {path!r} is outside of the repository")
        return "" if path == "." else path

    def has(self, path: str) -> bool:
        """Whether the commit has a file or a folder."""
        return bool(self.repository.entries(self.commit, [path]))

    def pyproject(self, folder: str) -> dict[str, Any]:
        """What the pyproject.toml of a folder says; empty if there is none.

        Raises:
            OperandError: it is not TOML.
        """
        path = posixpath.join(folder, "pyproject.toml")
        content = self.repository.content(self.commit, path)
        try:
            return tomllib.loads((content or b"").decode())
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise OperandError(f"at {self.short} {path} is not TOML: {error}") from None

    def save(self, path: str) -> Path:
        """Save a file or a folder of definitions, or a package, with what its references may lead to."""
        entries = self.repository.entries(self.commit, [path])
        if not entries:
            raise OperandError(f"at {self.short} there is no {path or 'file'}")
        if len(entries) == 1 and entries[0].path == path:
            folder = posixpath.dirname(path)
            beside = self.repository.entries(self.commit, [folder])
            entries += [each for each in beside if each.path != path and _is_plain(each)]
        self.repository.save(self.commit, [each for each in entries if self._is_needed(each, path)], self.folder)
        if not (self.folder / path).exists():
            raise OperandError(f"at {self.short} {path} is no definition file, and no folder with any")
        return self.folder / path

    def _is_needed(self, entry: Entry, path: str) -> bool:
        name = PurePosixPath(entry.path)
        if name.suffix == ".py":
            return name.parent == PurePosixPath(path) and not entry.is_link
        folders = name.parts[len(PurePosixPath(path).parts) : -1]
        if any(each.startswith((".", "__")) for each in folders):  # which are not searched for definitions
            return _is_plain(entry)
        if entry.kind == "commit":
            return True
        if entry.path != path and entry.is_link and not name.suffix:  # to a folder, which is not searched either
            return False
        return name.suffix.lower() in COPY_SUFFIXES


def _is_plain(entry: Entry) -> bool:
    is_file = entry.kind == "blob" and not entry.is_link and entry.size <= MAX_BYTES
    return is_file and PurePosixPath(entry.path).suffix.lower() in SUFFIXES
