"""Finds the source files of an agent: Python files and notebooks, without what is not the agent's own code."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from prefactor_gen.package.generated_line import GENERATED_BY

__all__ = ["MAX_FILES", "SUFFIXES", "TooManyFilesError", "is_generated_package", "source_files"]

SUFFIXES: Final = (".py", ".ipynb")
_NOT_SEARCHED: Final = frozenset({"__pycache__", "node_modules", "site-packages"})
_TESTS: Final = frozenset({"test", "tests"})
_BUILT: Final = frozenset({"build", "dist"})
"""Folders with copies of the code. Where git says which files there are, these names mean nothing."""
MAX_FILES: Final = 50_000
"""The source files that are read; a larger tree is not that of an agent."""
_GIT: Final = ("git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--cached", "--others", "--exclude-standard")


class TooManyFilesError(Exception):
    """A folder has more than `MAX_FILES` source files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder


def source_files(paths: Sequence[Path], base: Path) -> list[Path]:
    """The source files that some paths name, each once, sorted.

    Hidden folders, virtual environments, generated packages, links, and what git ignores are left out. So are tests,
    unless they are in a named path: spans in tests are not those of the agent.

    Args:
        paths: files and folders. A named file is always read.
        base: the folder of the project.

    Raises:
        TooManyFilesError: a folder has too many of them.
    """
    found = dict.fromkeys(path for path in paths if path.is_file())
    for folder in [path for path in paths if not path.is_file()]:
        excluded = _NOT_SEARCHED if _is_test(folder, base) else _NOT_SEARCHED | _TESTS
        search = _Search(folder, excluded)
        found.update(dict.fromkeys(islice(search.files(), MAX_FILES + 1)))
        if len(found) > MAX_FILES:
            raise TooManyFilesError(folder)
    return sorted(found)


def is_generated_package(folder: Path) -> bool:
    """Whether prefactor-gen has written the package in a folder."""
    try:
        with (folder / "__init__.py").open("rb") as file:
            return file.read(len(GENERATED_BY)) == GENERATED_BY.encode()
    except OSError:
        return False


def _is_test(folder: Path, base: Path) -> bool:
    return not _TESTS.isdisjoint(os.path.relpath(folder, base).split(os.sep))


class _Search:
    """The search of one folder."""

    def __init__(self, top: Path, excluded: Collection[str]) -> None:
        self.top = top
        self.excluded = excluded
        self._searched: dict[Path, bool] = {top: True}

    def files(self) -> Iterator[Path]:
        known = self._known_to_git(self.top)
        for path in self._walked() if known is None else known:
            is_test = "test" not in self.excluded or not _is_test_module(path.name)
            if path.suffix in SUFFIXES and is_test and self._is_searched(path.parent) and _is_own_file(path):
                yield path

    def _is_searched(self, folder: Path) -> bool:
        """Whether a folder is one with code of the agent. It is asked for each folder once."""
        if folder not in self._searched:
            is_searched = (
                folder != folder.parent
                and self._is_searched(folder.parent)
                and not folder.name.startswith(".")
                and folder.name not in self.excluded
                and not folder.is_symlink()
                and not (folder / "pyvenv.cfg").exists()
                and not is_generated_package(folder)
            )
            self._searched[folder] = is_searched
        return self._searched[folder]

    def _known_to_git(self, folder: Path) -> Iterable[Path] | None:
        """The files below a folder that git does not ignore; None if git does not know the folder."""
        try:
            done = subprocess.run(_GIT, cwd=folder, capture_output=True, check=False)  # noqa: S603  # a fixed command
        except OSError:
            return None
        if done.returncode:
            return None
        return self._with_repositories_below(folder / os.fsdecode(name) for name in done.stdout.split(b"\0") if name)

    def _with_repositories_below(self, paths: Iterable[Path]) -> Iterator[Path]:
        """The files of a list of git. Submodules and other repositories are in it as folders."""
        for path in paths:
            if path.suffix in SUFFIXES:
                yield path
            elif path.is_dir() and (path / ".git").exists():
                yield from self._known_to_git(path) or ()

    def _walked(self) -> Iterator[Path]:
        for name, folders, files in os.walk(self.top):
            folder = Path(name)
            folders[:] = [each for each in folders if each not in _BUILT and self._is_searched(folder / each)]
            yield from (folder / each for each in files)


def _is_test_module(name: str) -> bool:
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def _is_own_file(path: Path) -> bool:
    """Whether it is a file, and no link: what a link leads to is read where it is, or is not the agent's own."""
    return path.is_file() and not path.is_symlink()
