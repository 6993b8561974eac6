"""`--watch`: generate again whenever a definition changes.

It looks at the times of the files: that works in containers and on network drives, misses nothing that happens during a
run, and needs no watch on each folder of an environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from prefactor_gen.config import ConfigError, PackageConfig
from prefactor_gen.sources import SUFFIXES, is_attribute, real_path

__all__ = ["STOPPED", "watch"]

STOPPED: Final = 130
"""The exit code of a program that Ctrl-C ends."""

_LOOK_SECONDS = 0.3

Plan: TypeAlias = Callable[[], tuple[Sequence[PackageConfig], Path]]
"""Reads the configuration: what is generated, and the folder that sources are relative to; raises ConfigError."""


def watch(plan: Plan, arguments: Sequence[str], configuration: Path) -> int:
    """Generate, and again after each change, until Ctrl-C.

    Args:
        plan: what is generated.
        arguments: those of a run of `generate`, without --watch.
        configuration: the project's pyproject.toml, be it there or not.

    Returns:
        `STOPPED`.
    """
    command = [sys.executable, "-P", "-m", "prefactor_gen", "generate", *arguments]
    watched = _Watched.of(*plan(), configuration)
    try:
        while True:
            seen = watched.files()
            # In a process of its own: a SchemaRegistry in Python is imported afresh, with all that it imports.
            subprocess.run(command, check=False)  # noqa: S603  # our own module
            print(f"watching {_shown(watched.sources)}; Ctrl-C ends it", flush=True)
            print(f"changed: {_shown(_next_change(watched, seen))}", flush=True)
            try:
                watched = _Watched.of(*plan(), configuration)
            except ConfigError:  # the run tells it
                continue
    except KeyboardInterrupt:
        return STOPPED


@dataclass(frozen=True)
class _Watched:
    """The files that matter: definitions, pyproject.toml, and modules of the project where one is a source."""

    base: Path
    sources: tuple[str, ...]
    single: frozenset[Path]
    folders: frozenset[Path]
    written: frozenset[Path]
    has_modules: bool

    @classmethod
    def of(cls, packages: Sequence[PackageConfig], base: Path, configuration: Path) -> _Watched:
        sources = tuple(dict.fromkeys(source for package in packages for source in package.sources))
        modules = {source for source in sources if is_attribute(source, base)}
        paths = {real_path(base / source) for source in sources if source not in modules and "\0" not in source}
        single = {path for path in paths if path.is_file() or path.suffix.lower() in SUFFIXES}
        return cls(
            base.resolve(),
            sources,
            frozenset({configuration, *single}),
            frozenset(path.parent if path in single else path for path in paths),
            frozenset(real_path(package.folder) for package in packages),
            has_modules=bool(modules),
        )

    def files(self) -> dict[Path, tuple[int, int]]:
        """When each file changed, and its size."""
        found: dict[Path, tuple[int, int]] = {}
        for path in self._paths():
            try:
                status = path.stat()
            except OSError:  # it went meanwhile
                continue
            found[path] = status.st_mtime_ns, status.st_size
        return found

    def _paths(self) -> Iterator[Path]:
        yield from self.single
        for folder in self.folders:
            yield from self._below(folder, SUFFIXES)
        if self.has_modules:
            yield from self._below(self.base, frozenset({".py"}))

    def _below(self, top: Path, suffixes: frozenset[str]) -> Iterator[Path]:
        for name, folders, files in os.walk(top):
            folder = Path(name)
            folders[:] = [each for each in folders if self._is_ours(folder / each)]
            yield from (folder / each for each in files if Path(each).suffix.lower() in suffixes)

    def _is_ours(self, folder: Path) -> bool:
        named = not folder.name.startswith((".", "__")) and folder.name != "node_modules"
        return named and folder not in self.written and not (folder / "pyvenv.cfg").exists()


def _shown(names: Sequence[str]) -> str:
    """The names on one line, whatever is in them."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in ", ".join(names))


def _next_change(watched: _Watched, before: Mapping[Path, tuple[int, int]]) -> list[str]:
    """Wait until files are changed, and nobody writes any more; their names."""
    seen = before
    while True:
        now = watched.files()
        if now == seen and now != before:
            different = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
            return sorted(Path(os.path.relpath(path, watched.base)).as_posix() for path in different)
        seen = now
        time.sleep(_LOOK_SECONDS)
