"""Stage 1: definition sources → documents whose every node knows its place."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prefactor_gen._json_text import parse_json
from prefactor_gen._yaml_text import parse_yaml
from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.limits import MAX_BYTES
from prefactor_gen.nodes import JsonValue
from prefactor_gen.rules import LIMIT_EXCEEDED, NO_DEFINITIONS, UNREADABLE_SOURCE
from prefactor_gen.suggest import did_you_mean

__all__ = [
    "SUFFIXES",
    "Document",
    "Sources",
    "definition_files",
    "display_name",
    "is_attribute",
    "load_sources",
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


@dataclass
class Sources:
    """All documents of a run and what was wrong while reading them."""

    documents: list[Document] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    paths: set[Path] = field(default_factory=set)


def load_sources(sources: Sequence[str], base: Path, package: Path | None = None) -> Sources:
    """Read files, folders (every JSON and YAML file below them) and `module:attribute` registries.

    Args:
        sources: paths, relative to `base`, or `module:attribute` of a `SchemaRegistry`.
        base: the project folder; it and its `src` are importable while a registry is loaded.
        package: the folder of the package that is generated from them, which a registry's module cannot import.
    """
    result = Sources()
    base = base.resolve()
    for source in dict.fromkeys(sources):
        try:
            if is_attribute(source, base):
                from prefactor_gen.registries import read_registry  # loads prefactor_core

                result.documents.append(Document(source, read_registry(source, base, package)))
                continue
            for path, folder in definition_files(source, base):
                _load_into(result, path, folder, base)
        except DiagnosticError as error:
            result.diagnostics.extend(error.diagnostics)
    return result


def definition_files(source: str, base: Path) -> list[tuple[Path, Path]]:
    """The files of one source, sorted, each with its definition folder.

    Raises:
        DiagnosticError: there is no such file or folder, or the folder has no JSON or YAML file.
    """
    if not source or "\0" in source:
        raise DiagnosticError([UNREADABLE_SOURCE.at(Place(source), "expected a file, a folder or module:attribute")])
    path = real_path(base / source)
    if path.is_file() and path.suffix == ".py":
        message = "expected JSON or YAML; a SchemaRegistry in Python is given as module:attribute"
        raise DiagnosticError([UNREADABLE_SOURCE.at(Place(source), message)])
    if path.is_file():
        return [(path, path.parent)]
    if not path.is_dir():
        hint = _meant(source, base)
        message = f"expected a file, a folder or module:attribute, found nothing of this name in {base}{hint}"
        raise DiagnosticError([UNREADABLE_SOURCE.at(Place(source), message)])
    files = sorted(_walk(path))
    if not files:
        raise DiagnosticError([NO_DEFINITIONS.at(Place(source), "expected JSON or YAML files in this folder")])
    return [(file, path) for file in files]


def _meant(source: str, base: Path) -> str:
    """What a source that leads nowhere may mean."""
    if any(char in source for char in "*?["):
        return "; patterns are not expanded: name the folder, whose JSON and YAML files are all read"
    module = source.replace(".", "/")
    if any((base / top / f"{module}{end}").is_file() for top in ("", "src") for end in (".py", "/__init__.py")):
        return f"; a SchemaRegistry in Python is given as {source}:attribute"
    folder = (base / source).parent
    return did_you_mean(Path(source).name, os.listdir(folder)) if folder.is_dir() else ""


def parse_file(path: Path, source: str) -> JsonValue:
    """Read and parse one JSON or YAML file; raises DiagnosticError."""
    try:
        text = read_file(path, source).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DiagnosticError([UNREADABLE_SOURCE.at(Place(source), f"expected UTF-8 text: {error}")]) from None
    return parse_json(text, source) if path.suffix.lower() == ".json" else parse_yaml(text, source)


def read_file(path: Path, source: str) -> bytes:
    """Read one file, and no more of it than the limit; raises DiagnosticError.

    A pipe or a device would never end: it is not read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # or a pipe waits for its writer
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise DiagnosticError([UNREADABLE_SOURCE.at(Place(source), "expected a regular file")])
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DiagnosticError([UNREADABLE_SOURCE.at(Place(source), f"cannot read: {error.strerror}")]) from None
    if len(content) > MAX_BYTES:
        message = f"the file has more than {MAX_BYTES:,} bytes; divide it"
        raise DiagnosticError([LIMIT_EXCEEDED.at(Place(source), message)])
    return content


def real_path(path: Path) -> Path:
    """The path without links. One that leads back to itself stays one, and is no file."""
    return Path(os.path.realpath(path))


def display_name(path: Path, base: Path) -> str:
    """The path as people know it: relative to the project where it lies in it, with forward slashes."""
    text, top = str(path), f"{base}{os.sep}"
    # The first way is for thousands of files.
    return (text.removeprefix(top) if text.startswith(top) else os.path.relpath(path, base)).replace(os.sep, "/")


def _walk(folder: Path) -> Iterable[Path]:
    for directory, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not name.startswith((".", "__")))
        for name in files:
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield Path(directory) / name


def _load_into(result: Sources, path: Path, folder: Path, base: Path) -> None:
    if path in result.paths:
        return
    result.paths.add(path)
    source = display_name(path, base)
    if not real_path(path).is_relative_to(folder):
        message = f"expected a file of this folder, found a link to {real_path(path)}"
        result.diagnostics.append(UNREADABLE_SOURCE.at(Place(source), message))
        return
    try:
        result.documents.append(Document(source, parse_file(path, source), path, folder))
    except DiagnosticError as error:
        result.diagnostics.extend(error.diagnostics)


def is_attribute(source: str, base: Path) -> bool:
    """Say whether a source is `module:attribute` rather than a path."""
    module, colon, attribute = source.partition(":")
    named = all(part.isidentifier() for part in module.split(".")) and attribute.isidentifier()
    return bool(colon) and named and not (base / source).exists()
