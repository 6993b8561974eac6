"""Reads definition sources into documents whose nodes know their places."""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prefactor_gen.definitions.overlays import is_overlay, overlay_of, with_overlay
from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, DiagnosticError, Place
from prefactor_gen.diagnostics.limits import MAX_BYTES, MAX_FOLDER_ENTRIES
from prefactor_gen.diagnostics.rules import LIMIT_EXCEEDED, NO_DEFINITIONS, UNREADABLE_SOURCE
from prefactor_gen.documents.json_text import parse_json
from prefactor_gen.documents.nodes import JsonValue
from prefactor_schema.suggestions import did_you_mean

__all__ = [
    "SUFFIXES",
    "Document",
    "definition_files",
    "display_name",
    "files_below",
    "is_attribute",
    "is_definition_file",
    "load_sources",
    "neighbours",
    "parse_file",
    "read_file",
    "real_path",
]

SUFFIXES = frozenset({".json", ".yaml", ".yml"})


@dataclass(frozen=True)
class Document:
    """One source: its display name, its content, and the folder that its `$ref`s may reach (None: no files)."""

    source: str
    root: JsonValue
    path: Path | None = None
    folder: Path | None = None


def load_sources(
    sources: Sequence[str], base: Path, package: Path | None = None, references: ReferenceSettings | None = None
) -> Checked[list[Document]]:
    """Read files, folders (every JSON and YAML file below them) and `module:attribute` registries.

    Args:
        sources: paths, relative to `base`, or `module:attribute` of a `SchemaRegistry`.
        base: the project folder; it and its `src` are importable while a registry is loaded.
        package: the folder of the package that is generated from them, which a registry's module cannot import.
        references: the folders that links in a folder of definitions may lead to.
    """
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    seen: set[Path] = set()
    base = base.resolve()
    references = references or ReferenceSettings(base)
    for source in dict.fromkeys(sources):
        try:
            if is_attribute(source, base):
                from prefactor_gen.definitions.registries import read_registry  # loads prefactor_core

                documents.append(Document(source, read_registry(source, base, package)))
                continue
            files = definition_files(source, base)
        except DiagnosticError as error:
            diagnostics.extend(error.diagnostics)
            continue
        for path, folder in files:
            if path in seen or is_overlay(path):
                continue
            seen.add(path)
            try:
                documents.append(_document(path, folder, base, references))
            except DiagnosticError as error:
                diagnostics.extend(error.diagnostics)
    return Checked(documents, diagnostics)


def definition_files(source: str, base: Path) -> list[tuple[Path, Path]]:
    """The files of one source, sorted, each with its definition folder.

    Raises:
        DiagnosticError: there is no such file or folder, or the folder has no JSON or YAML file.
    """
    place = Place(source)
    if not source or "\0" in source:
        raise UNREADABLE_SOURCE.error(place, "expected a file, a folder or module:attribute")
    path = real_path(base / source)
    if path.is_file() and path.suffix == ".py":
        message = "expected JSON or YAML; a SchemaRegistry in Python is given as module:attribute"
        raise UNREADABLE_SOURCE.error(place, message)
    if path.is_file():
        return [(path, path.parent)]
    if not path.is_dir():
        message = f"expected a file, a folder or module:attribute, found nothing of this name in {base}"
        raise UNREADABLE_SOURCE.error(place, message + _hint(source, base))
    files = files_below(path, place)
    if not files:
        raise NO_DEFINITIONS.error(place, "expected JSON or YAML files in this folder")
    return [(file, path) for file in files]


def _hint(source: str, base: Path) -> str:
    """What may be meant by a source that does not exist."""
    if any(char in source for char in "*?["):
        return "; patterns are not expanded: name the folder, whose JSON and YAML files are all read"
    module = source.replace(".", "/")
    if any((base / top / f"{module}{end}").is_file() for top in ("", "src") for end in (".py", "/__init__.py")):
        return f"; a SchemaRegistry in Python is given as {source}:attribute"
    folder = (base / source).parent
    return did_you_mean(Path(source).name, os.listdir(folder)) if folder.is_dir() else ""


def parse_file(path: Path, source: str) -> JsonValue:
    """Read and parse one JSON or YAML file, with its overlay.

    Raises:
        DiagnosticError: it cannot be read, or is not JSON or YAML.
    """
    root = _parsed(path, source)
    overlay = overlay_of(path)
    if overlay is None:
        return root
    shown = source.removesuffix(path.name) + overlay.name
    if not real_path(overlay).is_relative_to(real_path(path.parent)):
        raise UNREADABLE_SOURCE.error(Place(shown), "expected a file of this folder, found a link")
    return with_overlay(root, _parsed(overlay, shown), path.name, shown)


def _parsed(path: Path, source: str) -> JsonValue:
    try:
        text = read_file(path, source).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UNREADABLE_SOURCE.error(Place(source), f"expected UTF-8 text: {error}") from None
    if path.suffix.lower() == ".json" or (not path.suffix and text.lstrip().startswith("{")):
        return parse_json(text, source)
    from prefactor_gen.documents.yaml_text import parse_yaml  # a run that has nothing to do needs no yaml

    return parse_yaml(text, source)


def read_file(path: Path, source: str) -> bytes:
    """Read one file, but not beyond the limit, and no pipe or device, which might never end.

    Raises:
        DiagnosticError: it cannot be read, is not a regular file, or is too large.
    """
    place = Place(source)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # opening a pipe would wait for a writer
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise UNREADABLE_SOURCE.error(place, "expected a regular file")
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UNREADABLE_SOURCE.error(place, f"cannot read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise LIMIT_EXCEEDED.error(place, f"the file has more than {MAX_BYTES:,} bytes; divide it")
    return content


def real_path(path: Path) -> Path:
    """The path with links resolved. A link that leads back to itself stays as it is, and is not a file."""
    return Path(os.path.realpath(path))


def display_name(path: Path, base: Path) -> str:
    """The path as messages show it: relative to the project if it is inside, with forward slashes."""
    text, top = str(path), f"{base}{os.sep}"
    # removeprefix is much faster than relpath, and there may be thousands of files.
    return (text.removeprefix(top) if text.startswith(top) else os.path.relpath(path, base)).replace(os.sep, "/")


def files_below(folder: Path, place: Place, suffixes: Container[str] = SUFFIXES) -> list[Path]:
    """The JSON and YAML files of a folder, or those with other suffixes, sorted, with those of the folders in it.

    Raises:
        DiagnosticError: the folder has too many files.
    """
    return sorted(_walk(folder, place, suffixes))


def neighbours(folder: Path | None, references: ReferenceSettings) -> list[Path]:
    """The files that a definition folder may refer to by `$id`: those in it, and those of the configured folders.

    Raises:
        DiagnosticError: a folder has too many files.
    """
    inside = [] if folder is None else sorted(map(real_path, folder.iterdir()))
    files = [each for each in inside if is_definition_file(each) and each.is_relative_to(folder or each)]
    files.extend(file for each in references.folders for file in files_below(each, Place(str(each))))
    return list(dict.fromkeys(files))


def is_definition_file(path: Path) -> bool:
    """Whether there is a file of this name, and its suffix is that of JSON or YAML."""
    return path.suffix.lower() in SUFFIXES and os.path.isfile(path)


def _walk(folder: Path, place: Place, suffixes: Container[str]) -> Iterator[Path]:
    entries = 0
    for directory, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not name.startswith((".", "__")))
        entries += len(names) + len(files)
        if entries > MAX_FOLDER_ENTRIES:
            message = f"this folder holds more than {MAX_FOLDER_ENTRIES:,} files; name the folder of the definitions"
            raise LIMIT_EXCEEDED.error(place, message)
        yield from (Path(directory) / name for name in files if _is_of_interest(name, suffixes))


def _is_of_interest(name: str, suffixes: Container[str]) -> bool:
    return Path(name).suffix.lower() in suffixes and not name.startswith(".")


def _document(path: Path, folder: Path, base: Path, references: ReferenceSettings) -> Document:
    source = display_name(path, base)
    real = real_path(path)
    if not real.is_relative_to(folder):
        if not references.allows(real):
            message = f"expected a file of this folder, found a link to {real}{references.folder_to_add(real)}"
            raise UNREADABLE_SOURCE.error(Place(source), message)
        path = real
    return Document(source, parse_file(path, source), path, folder)


def is_attribute(source: str, base: Path) -> bool:
    """Whether a source is `module:attribute` rather than a path."""
    module, colon, attribute = source.partition(":")
    is_dotted_name = all(part.isidentifier() for part in module.split(".")) and attribute.isidentifier()
    return bool(colon) and is_dotted_name and not (base / source).exists()
