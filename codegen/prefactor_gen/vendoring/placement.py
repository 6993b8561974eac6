"""Decides in which file of the project a copy of a schema is saved, and which entry of the configuration names it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prefactor_gen.definitions.reference_lock import content_hash
from prefactor_gen.definitions.reference_settings import can_be_a_path
from prefactor_gen.definitions.sources import SUFFIXES, display_name
from prefactor_gen.vendoring.file_names import is_portable, name_in_folder, possible_names
from prefactor_gen.vendoring.remote_schema import RemoteSchema

__all__ = ["Copy", "Placement", "PlacementError"]


class PlacementError(Exception):
    """A copy cannot be saved where it was asked for. The message says why, and what to do."""


@dataclass(frozen=True)
class Copy:
    """A copy of a schema.

    Attributes:
        schema: the schema.
        path: its file.
        shown: the path of the file, relative to the project.
        is_new_entry: the configuration does not name it yet.
    """

    schema: RemoteSchema
    path: Path
    shown: str
    is_new_entry: bool

    @property
    def is_current(self) -> bool:
        """Whether the file is there and has this content."""
        return self.path.is_file() and content_hash(self.path.read_bytes()) == content_hash(self.schema.content)


class Placement:
    """Places the copies of one run.

    Args:
        base: the project folder, links resolved.
        entries: the paths of `[tool.prefactor-gen.refs]`, as they are written there, by URL.
        copy_of: returns the file that stands for a URL, if it is there.
        definition_folders: the folders whose files are all definitions.
        folder: where copies are saved of which nothing else is said.
        generated: the folder of the generated package.
    """

    def __init__(
        self,
        base: Path,
        entries: Mapping[str, str],
        copy_of: Callable[[str], Path | None],
        definition_folders: Sequence[Path],
        *,
        folder: Path,
        generated: Path,
    ) -> None:
        self._base = base
        self._entries = entries
        self._copy_of = copy_of
        self._definition_folders = definition_folders
        self._folder = folder
        self._generated = generated
        self._listed: dict[Path, dict[str, set[str]]] = {}
        self._taken: dict[str, RemoteSchema] = {}

    def place(self, schema: RemoteSchema, wanted: Path | None = None) -> Copy:
        """Where the copy of a schema is saved.

        Args:
            schema: the schema.
            wanted: a file, or a folder if its text ends with a slash or it is one.

        Raises:
            PlacementError: it cannot be saved there.
        """
        path, is_new = self._path(schema, wanted)
        if not path.is_relative_to(self._base):
            raise PlacementError(f"{display_name(path, self._base)} is outside of the project; name a PATH inside")
        if is_new:
            self._check_new(path)
        copy = Copy(schema, path, display_name(path, self._base), is_new)
        if path.suffix.lower() == ".json" and schema.suffix != ".json":
            raise PlacementError(f"{copy.shown}: the schema at {schema.url} is YAML; name a PATH that ends with .yaml")
        if schema.defines_span_types and any(path.is_relative_to(each) for each in self._definition_folders):
            raise PlacementError(
                f"{schema.url} defines span types, which would become yours in {copy.shown}; name a PATH outside of "
                f"the sources, such as vendor/{path.name}"
            )
        self._taken[str(path).casefold()] = schema
        return copy

    def _path(self, schema: RemoteSchema, wanted: Path | None) -> tuple[Path, bool]:
        """The file, and whether the configuration needs an entry for it."""
        if (present := self._copy_of(schema.url)) is not None:
            return present, False
        if can_be_a_path(target := self._entries.get(schema.url, "")) and target:
            return self._real(self._base / target), False
        if wanted is not None and wanted.suffix.lower() in SUFFIXES and not wanted.is_dir():
            return self._wanted_file(self._real(wanted), schema), True
        for address in self._folder_entries(schema.url):
            if (name := name_in_folder(schema, address)) is not None:
                below = self._real(self._base / self._entries[address] / name)
                if self._is_free(below, schema):
                    return below, False
        folder = wanted or self._folder
        paths = (self._real(folder / name) for name in possible_names(schema))
        return next(each for each in paths if self._is_free(each, schema)), True

    def _check_new(self, path: Path) -> None:
        """Refuse a place that is not committed, that the generator writes, or that other systems cannot have."""
        name, below = display_name(path, self._base), path.relative_to(self._base)
        if any(part.casefold() == ".git" for part in below.parts):
            raise PlacementError(f"{name} is in a folder of git itself, which is not committed; name another PATH")
        if path.is_relative_to(self._generated):
            raise PlacementError(f"{name} is in the package that prefactor-gen generates; name a PATH outside of it")
        if not is_portable(below.as_posix()):
            raise PlacementError(f"{name}: Windows can have no file of this name; name another PATH")

    def _wanted_file(self, path: Path, schema: RemoteSchema) -> Path:
        if not self._is_free(path, schema):
            name, other = display_name(path, self._base), self._same_in_any_case(path)
            if other is not None:
                other_name = display_name(other, self._base)
                raise PlacementError(f"{name}: macOS and Windows take it for {other_name}; name another PATH")
            raise PlacementError(f"{name} is there already, with another content; name another PATH")
        return path

    def _folder_entries(self, url: str) -> Iterator[str]:
        """The longest entry of a folder that begins the URL."""
        found = [each for each in self._entries if each.endswith("/") and url.startswith(each) and url != each]
        yield from [max(found, key=len)] if found else []

    def _is_free(self, path: Path, schema: RemoteSchema) -> bool:
        """Whether there is no such file, or it has this content."""
        other = self._taken.get(str(path).casefold())
        if other is not None:
            return other.content == schema.content
        if self._same_in_any_case(path) is not None:
            return False
        if not os.path.lexists(path):
            return True
        return path.is_file() and content_hash(path.read_bytes()) == content_hash(schema.content)

    def _same_in_any_case(self, path: Path) -> Path | None:
        """What macOS and Windows take for this file, or for a folder that it is in, because only the case differs."""
        for each in (path, *path.parents):
            if not each.is_relative_to(self._base) or each == self._base:
                return None
            names = self._names_in(each.parent).get(each.name.casefold(), {each.name})
            if each.name not in names:
                return each.with_name(min(names))
        return None

    def _names_in(self, folder: Path) -> dict[str, set[str]]:
        """The names in a folder by their lower case, as it was before this run."""
        if folder not in self._listed:
            found: dict[str, set[str]] = {}
            for name in os.listdir(folder) if folder.is_dir() else ():
                found.setdefault(name.casefold(), set()).add(name)
            self._listed[folder] = found
        return self._listed[folder]

    @staticmethod
    def _real(path: Path) -> Path:
        return Path(os.path.realpath(path))
