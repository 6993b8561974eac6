"""The project that imports belong to: where their files are, and what the lock says."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prefactor_gen.command.config import ConfigError, find_project, read_project
from prefactor_gen.command.imports.sources import COMMANDS, SOURCES, source_named, wrong_option
from prefactor_gen.command.paths import shown_path
from prefactor_gen.definitions.overlays import OVERLAY
from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.definitions.sources import is_attribute
from prefactor_gen.diagnostics.diagnostics import DiagnosticError
from prefactor_gen.importing.definition_file import FIRST_WORDS, digest
from prefactor_gen.importing.lock import LOCK, LockEntry, read_lock
from prefactor_gen.importing.sources import SourceError
from prefactor_gen.remote.errors import RemoteError
from prefactor_schema.suggestions import did_you_mean

__all__ = ["RESTORE", "ImportProject", "command_for", "in_folder", "read_text", "source_errors"]

RESTORE = f"restore {LOCK}, or import it again with its source"
"""What to do about an imported file that the lock does not have."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True)
class ImportProject:
    """A project with imports.

    Attributes:
        base: its folder.
        folder: the folder of imported definition files, relative to it.
        sources: the files and folders that the generator reads, relative to it.
        references: what the configuration allows a `$ref` to lead to.
        lock: its imports, by name.
        wanted: what is missing of its configuration, for a message; empty if it has one.
    """

    base: Path
    folder: Path
    sources: Sequence[str]
    references: ReferenceSettings
    lock: Mapping[str, LockEntry]
    wanted: str = ""

    @classmethod
    def here(cls) -> ImportProject:
        """The project of the working folder.

        Raises:
            ConfigError: its configuration is wrong.
            SourceError: its lock is.
        """
        base = find_project(Path.cwd())
        lock = read_lock(base)
        for name, entry in lock.items():
            if entry.source not in SOURCES:
                hint = did_you_mean(entry.source, SOURCES)
                raise SourceError(f"{LOCK}: expected a known source in [{name}], found {entry.source!r}{hint}")
            if (problem := wrong_option(source_named(entry.source), entry.options)) is not None:
                raise SourceError(f"{LOCK}: {problem} in [{name}.options]")
            if Path(entry.file).name != f"{name}.yaml":
                raise SourceError(f"{LOCK}: expected a file {name}.yaml in [{name}], found {entry.file!r}")
        configured = read_project(base)
        packages = configured.packages
        sources = packages[0].sources if packages else ()
        files = [each for each in sources if not is_attribute(each, base)]
        folders = [each for each in files if not Path(each).suffix]
        references = packages[0].settings.references if packages else ReferenceSettings(base)
        folder = Path(folders[0] if folders else "schemas") / "imported"
        return cls(base, folder, files, references, lock, "" if packages else configured.wanted_sources)

    @property
    def is_compiled(self) -> bool:
        """Whether the folder is in one of the sources of the generator."""
        return any(not Path(each).suffix for each in self.sources)

    def path_for(self, name: str) -> Path:
        """The definition file of an import: where it is, or where it is written first.

        Raises:
            ConfigError: the name cannot be that of a file, or the file is outside of the project.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"--name: expected letters, digits, - and _, at most 63, because it is a file name, found {name!r}"
            )
        other = next((each for each in self.lock if each != name and each.casefold() == name.casefold()), None)
        if other is not None:
            raise ConfigError(f"--name: {name!r} and the import {other!r} would be one file on some systems")
        path = self.base / (self.lock[name].file if name in self.lock else self.folder / f"{name}.yaml")
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.base)):
            where = (
                f"correct its file in {LOCK}" if name in self.lock else "name a folder inside of it first in sources"
            )
            raise ConfigError(f"{shown_path(path)} is outside of the project; {where}")
        return path

    def check_replaceable(self, name: str, path: Path) -> None:
        """Refuse to replace a file that somebody has edited, or that no import has written.

        Raises:
            ConfigError: it is such a file.
        """
        text = read_text(path)
        if text is None or (name in self.lock and digest(text) == self.lock[name].output):
            return
        if name not in self.lock and is_imported(text):
            raise ConfigError(
                f"{shown_path(path)} was written by an import that {LOCK} does not have; {RESTORE}, or --force"
            )
        if name not in self.lock:
            raise ConfigError(f"{shown_path(path)} was not written by an import; move it away, or --force")
        raise ConfigError(f"{shown_path(path)} was edited; move edits to {path.stem}{OVERLAY}.yaml, or --force")

    def unlocked_files(self) -> list[Path]:
        """The definition files that imports have written, and the lock does not have, in the folders of imports."""
        locked = {self.base / entry.file for entry in self.lock.values()}
        folders = {self.base / self.folder, *(each.parent for each in locked)}
        files = sorted(path for folder in folders for path in folder.glob("*.yaml") if path not in locked)
        return [path for path in files if path.is_file() and is_imported(read_text(path) or "")]


def is_imported(text: str) -> bool:
    """Whether the text of a file begins as those that an import writes."""
    return text.startswith(FIRST_WORDS)


def read_text(path: Path) -> str | None:
    """The text of a file; None if there is none.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"cannot read {shown_path(path)}: {error.strerror}") from None


def command_for(kind: str, name: str) -> str:
    """The command that reads an import again; the lock has its other arguments."""
    return f"{COMMANDS.get(kind, f'import {kind}')} --name {name}"


@contextlib.contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Make a folder the working folder meanwhile."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def source_errors(name: str = "") -> Iterator[None]:
    """Tell that a source cannot be read, or the lock, as a mistake of the user."""
    try:
        yield
    except (SourceError, RemoteError) as error:
        raise ConfigError(f"{name}: {error}" if name else str(error)) from None
    except DiagnosticError as error:
        raise ConfigError("; ".join(map(str, error.diagnostics))) from None
