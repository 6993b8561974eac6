"""`--watch`: generate again whenever a definition changes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import watchfiles
from watchfiles import Change, DefaultFilter

from prefactor_gen.command.config import ConfigError, PackageConfig
from prefactor_gen.definitions.reference_settings import COPY_SUFFIXES
from prefactor_gen.definitions.sources import SUFFIXES, is_attribute, real_path
from prefactor_gen.diagnostics.diagnostics import printable

__all__ = ["STOPPED", "WatchedProject", "watch"]

STOPPED: Final = 130
"""The exit code of a program that Ctrl-C ends."""

_STEP: Final = 100
"""Milliseconds without another change after which a change is reported."""

# Ignores environments, caches, and the temporary files of editors.
_not_ignored: Final = DefaultFilter(ignore_dirs=(*DefaultFilter.ignore_dirs, "site-packages"))


class WatchedProject(NamedTuple):
    """A project: its packages, the folder that sources are relative to, and its pyproject.toml, which may not exist."""

    packages: Sequence[PackageConfig]
    base: Path
    configuration: Path


def watch(read_projects: Callable[[], Sequence[WatchedProject]], arguments: Sequence[str]) -> int:
    """Generate, and generate again after each change, until Ctrl-C.

    Args:
        read_projects: reads the configuration; called again after each change.
        arguments: the arguments of `generate`, without --watch.

    Returns:
        `STOPPED`.

    Raises:
        ConfigError: the configuration is wrong at the start, or the files cannot be watched.
    """
    command = [sys.executable, "-P", "-m", "prefactor_gen", "generate", *arguments]
    watched = _Watched.all_of(read_projects())
    try:
        while True:
            changes = watched.changes()
            next(changes)  # Watching starts here, so that changes during the run are seen after it.
            # A new process imports the module of a SchemaRegistry, and all that it imports, again.
            subprocess.run(command, check=False)  # noqa: S603  # our own module
            print(f"watching {printable(', '.join(watched.sources))}; Ctrl-C ends it", flush=True)
            changed = next(names for names in changes if names)
            print(f"changed: {printable(', '.join(changed))}", flush=True)
            try:
                watched = _Watched.all_of(read_projects())
            except ConfigError:  # The next run reports it.
                continue
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        raise
    except OSError as error:  # for example, the system's limit of watched folders
        raise ConfigError(f"--watch: {error}") from None


@dataclass(frozen=True)
class _Watched:
    """What to watch: pyproject.toml, definitions, and the project's modules if one is a source.

    Attributes:
        paths: each file or folder, with the suffixes of the files that are read in the folder.
        written: the folders of the generated packages.
    """

    base: Path
    sources: tuple[str, ...]
    paths: Mapping[Path, frozenset[str]]
    written: frozenset[Path]

    @classmethod
    def all_of(cls, projects: Sequence[WatchedProject]) -> _Watched:
        """What to watch in all projects. Paths of several are shown relative to the working folder."""
        first, *others = watched = [cls.of(*project) for project in projects]
        if not others:
            return first
        paths: dict[Path, frozenset[str]] = {}
        for each in watched:
            paths |= {path: suffixes | paths.get(path, frozenset()) for path, suffixes in each.paths.items()}
        sources = [os.path.relpath(each.base / source) for each in watched for source in each.sources]
        written = frozenset(path for each in watched for path in each.written)
        return cls(Path.cwd(), tuple(Path(source).as_posix() for source in sources), paths, written)

    @classmethod
    def of(cls, packages: Sequence[PackageConfig], base: Path, configuration: Path) -> _Watched:
        base = base.resolve()
        sources = tuple(dict.fromkeys(source for package in packages for source in package.sources))
        modules = {source for source in sources if is_attribute(source, base)}
        paths: dict[Path, frozenset[str]] = {configuration: frozenset()}
        for path in (real_path(base / source) for source in sources if source not in modules and "\0" not in source):
            is_file = path.is_file() or path.suffix.lower() in SUFFIXES
            paths |= {path: frozenset(), path.parent: SUFFIXES} if is_file else {path: SUFFIXES}
        for references in {id(package.settings): package.settings.references for package in packages}.values():
            for path in (*references.folders, *references.copies.values()):
                paths[path] = COPY_SUFFIXES if path.is_dir() else frozenset()
        if modules:
            paths[base] = paths.get(base, frozenset()) | {".py"}
        return cls(base, sources, paths, frozenset(real_path(package.folder) for package in packages))

    def changes(self) -> Iterator[list[str]]:
        """Watch, and yield the names of what changed, or an empty list after a `_STEP` without changes."""
        missing = {path for path in self.paths if not path.exists()}
        for events in watchfiles.watch(
            *(self.paths.keys() - missing),
            watch_filter=self._matters,
            step=_STEP,
            rust_timeout=1,  # watchfiles compares it at the end of each step
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            created = {path for path in missing if path.exists() and self._matters(Change.added, str(path))}
            changed = created.union(Path(name) for _, name in events)
            yield sorted(Path(os.path.relpath(path, self.base)).as_posix() for path in changed)

    def _matters(self, change: Change, name: str) -> bool:
        path = Path(name)
        if path.is_dir():  # There are no events for the files that a new folder already has.
            files = (Path(folder) / each for folder, _, names in os.walk(path) for each in names)
            return change is Change.added and any(self._is_read(each) for each in files)
        # There are none for the files of a folder that is moved away either; a path without a suffix may be a folder.
        return self._is_read(path, of_any_suffix=change is Change.deleted and not path.suffix)

    def _is_read(self, path: Path, *, of_any_suffix: bool = False) -> bool:
        return path in self.paths or any(
            (of_any_suffix or path.suffix.lower() in suffixes)
            and path.is_relative_to(folder)
            and _not_ignored(Change.modified, str(path.relative_to(folder)))
            and not any(path.is_relative_to(each) for each in self.written)
            for folder, suffixes in self.paths.items()
        )
