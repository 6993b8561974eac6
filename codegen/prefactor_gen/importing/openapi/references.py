"""The files of an OpenAPI document, and what references in them lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeGuard
from urllib.parse import unquote

from prefactor_gen.definitions.reference_settings import can_be_a_path
from prefactor_gen.definitions.sources import parse_file, real_path
from prefactor_gen.diagnostics.diagnostics import DiagnosticError
from prefactor_gen.documents.nodes import JsonValue
from prefactor_gen.importing.sources import SourceError
from prefactor_gen.json_schema.pointers import canonical_pointer, is_remote, resolve_pointer

__all__ = ["BrokenReferenceError", "Documents", "Located", "Location", "is_list", "is_object"]

_MAX_FILES = 10_000
_MAX_CHAIN = 50


class BrokenReferenceError(Exception):
    """A reference leads nowhere. It spoils the operations that need it, not the others."""


class Location(NamedTuple):
    """A place in one of the files."""

    file: Path
    pointer: str = ""

    @property
    def name(self) -> str:
        """The last word of the place: that of a component, or of a file."""
        return unquote(self.pointer.rpartition("/")[2]).replace("~1", "/").replace("~0", "~") or self.file.stem


class Located(NamedTuple):
    """A value, and the file that its references are relative to."""

    value: object
    file: Path

    @property
    def members(self) -> Mapping[str, object]:
        """The members of the object; none if it is no object."""
        return self.value if is_object(self.value) else {}

    def member(self, key: str) -> Located:
        """The value of a member; None if there is none."""
        return Located(self.members.get(key), self.file)


class Documents:
    """The files of one OpenAPI document, each read once.

    Args:
        root: the file that was named.
        base: the folder of the project. References lead to files below it, or below the folder of the document.
    """

    def __init__(self, root: Path, base: Path) -> None:
        self.root = real_path(root)
        self._folders = (real_path(base), self.root.parent)
        self._files: dict[Path, JsonValue] = {}

    def document(self) -> object:
        """The document itself.

        Raises:
            SourceError: it cannot be read.
        """
        try:
            return self._file(self.root)
        except BrokenReferenceError as error:
            raise SourceError(str(error)) from None

    def location(self, reference: str, file: Path) -> Location:
        """Where a reference leads.

        Raises:
            BrokenReferenceError: to another host, out of the folder, or by an anchor.
        """
        path, _, fragment = reference.partition("#")
        if is_remote(reference):
            raise BrokenReferenceError(
                f"$ref {reference!r} leads to the web, and nothing is fetched; bundle the document"
            )
        if fragment and not fragment.startswith("/"):
            raise BrokenReferenceError(f"$ref {reference!r}: expected a JSON pointer after #")
        if not can_be_a_path(name := unquote(path)):
            raise BrokenReferenceError(f"$ref {reference!r}: no file can have this name")
        target = real_path(file.parent / name) if name else file
        if not any(target.is_relative_to(folder) for folder in self._folders):
            raise BrokenReferenceError(f"$ref {reference!r} leads out of the folder of the document and of the project")
        return Location(target, canonical_pointer(fragment))

    def at(self, location: Location) -> object:
        """The value at a location.

        Raises:
            BrokenReferenceError: there is none.
        """
        found = resolve_pointer(self._file(location.file), location.pointer)
        if found is None:
            raise BrokenReferenceError(f"$ref to {location.file.name}#{location.pointer} leads to nothing")
        return found

    def follow(self, located: Located) -> Located:
        """The value, or what it refers to by `$ref`. Documents have references in place of any object.

        Raises:
            BrokenReferenceError: a reference leads nowhere, or back to itself.
        """
        for _ in range(_MAX_CHAIN):
            value = located.value
            if not is_object(value) or not isinstance(reference := value.get("$ref"), str):
                return located
            location = self.location(reference, located.file)
            located = Located(self.at(location), location.file)
        raise BrokenReferenceError(f"$ref {reference!r} leads back to itself")

    def _file(self, path: Path) -> JsonValue:
        if path not in self._files:
            if len(self._files) >= _MAX_FILES:
                raise BrokenReferenceError(f"the document has more than {_MAX_FILES:,} files")
            try:
                self._files[path] = parse_file(path, self._shown(path))
            except DiagnosticError as error:
                found = error.diagnostics[0]
                raise BrokenReferenceError(f"{found.place}: {found.message}") from None
        return self._files[path]

    def _shown(self, path: Path) -> str:
        folder = next((each for each in self._folders if path.is_relative_to(each)), path.parent)
        return path.relative_to(folder).as_posix()


def is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list)
