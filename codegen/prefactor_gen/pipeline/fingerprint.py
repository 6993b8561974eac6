"""Hashes everything that a package is made from: a run whose result would be the same generates nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

from prefactor_gen.definitions.overlays import overlay_of
from prefactor_gen.definitions.reference_settings import COPY_SUFFIXES, ReferenceSettings, can_be_a_path
from prefactor_gen.definitions.sources import (
    definition_files,
    display_name,
    files_below,
    is_attribute,
    neighbours,
    read_file,
    real_path,
)
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import to_plain
from prefactor_gen.pipeline.settings import Settings

__all__ = ["Origin", "package_origin", "source_contents"]

# A `$ref` and its value, as JSON and YAML write them.
_REFERENCE = re.compile(
    r"""\$ref["']?\s*:\s*(?:"(?P<json>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|(?P<plain>[^"'\s#][^\n#,}\]]*))"""
)
# Modules and folders of the generator that do not change what it generates. `_shipped` is data in a wheel.
_COMMAND = frozenset({
    "__main__", "_shipped", "command", "comparison", "docs", "hatch", "importing", "remote", "risk", "usage",
    "vendoring",
})  # fmt: skip


@dataclass(frozen=True)
class Origin:
    """What a package is made from, as hashes. Empty if that is not known.

    Attributes:
        fingerprint: of everything: definitions, settings and generator.
        generator: of the settings and the generator.
    """

    fingerprint: str = ""
    generator: str = ""


def source_contents(
    sources: Sequence[str], base: Path, package: Path, references: ReferenceSettings
) -> dict[str, bytes]:
    """The content of everything that the sources of a package may read, by display name.

    Raises:
        DiagnosticError: a source does not exist or cannot be imported.
        OSError: a file cannot be read.
    """
    contents: dict[str, bytes] = {}
    resolved = base.resolve()
    for source in sources:
        if is_attribute(source, base):
            from prefactor_gen.definitions.registries import read_registry  # loads prefactor_core

            definitions = to_plain(read_registry(source, base, package))
            contents[source] = json.dumps(definitions, sort_keys=True).encode()
            continue
        for path, content in _with_referred(definition_files(source, base), references):
            contents[display_name(path, resolved)] = content.replace(b"\r\n", b"\n")
    return contents


def package_origin(contents: Mapping[str, bytes], package: str, settings: Settings) -> Origin:
    """Hash the contents, the package's name and settings, and the code and versions of what generates it."""
    identity = {
        "package": package,
        "settings": settings.described(),
        "prefactor-sdk": _version("prefactor-sdk"),
        "datamodel-code-generator": _version("datamodel-code-generator"),
    }
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode())
    digest.update(_generator_code())
    generator = _hex(digest)
    for name, content in sorted(contents.items()):
        digest.update(f"\0{name}\0{len(content)}\0".encode())
        digest.update(content)
    return Origin(_hex(digest), generator)


def _hex(digest: hashlib._Hash) -> str:
    return f"sha256-{digest.hexdigest()[:32]}"


def _with_referred(files: Sequence[tuple[Path, Path]], references: ReferenceSettings) -> Iterator[tuple[Path, bytes]]:
    """The files, and all files that their `$ref`s may lead to, each with its content."""
    pending = list(files)
    if len(pending) == 1:  # a single file, which may refer to those beside it by $id
        pending.extend((path, folder) for _, folder in files for path in neighbours(folder, ReferenceSettings()))
    folders = {folder for _, folder in pending}
    pending.extend((path, folder) for path in _configured_files(references) for folder in folders)
    seen: set[tuple[Path, Path]] = set()
    while pending:
        path, folder = pending.pop()
        if (path, folder) in seen:
            continue
        seen.add((path, folder))
        content = read_file(path, str(path))
        yield path, content
        if (overlay := overlay_of(path)) is not None:
            pending.append((overlay, folder))
        for reference in _references(content.decode("utf-8", errors="replace")) if b"$ref" in content else ():
            name = unquote(reference.partition("#")[0])
            if not can_be_a_path(name):
                continue
            referred = real_path(path.parent / name)
            if (referred.is_relative_to(folder) or references.allows(referred)) and os.path.isfile(referred):
                pending.append((referred, folder))


def _configured_files(references: ReferenceSettings) -> set[Path]:
    """The files in all folders that the configuration names, and the single files that it names."""
    folders = {path for path in (*references.folders, *references.copies.values()) if path.is_dir()}
    files = {path for path in references.copies.values() if path not in folders}
    return files.union(*(files_below(folder, Place(str(folder)), COPY_SUFFIXES) for folder in folders))


def _references(text: str) -> set[str]:
    found = {match["single"] or (match["plain"] or "").strip() for match in _REFERENCE.finditer(text)}
    for match in _REFERENCE.finditer(text):
        if match["json"]:
            try:
                found.add(json.loads(f'"{match["json"]}"'))
            except ValueError:  # not valid JSON, which the parser reports
                found.add(match["json"])
    return {reference for reference in found if reference}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


def _generator_code() -> bytes:
    """The code that decides what is generated: in a checkout it changes while its version stays."""
    digest = hashlib.sha256()
    for package in ("prefactor_gen", "prefactor_schema", "prefactor_templates"):
        for name, path in _code_files(_package_folder(package)):
            content = path.read_bytes()
            digest.update(f"\0{package}/{name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.digest()


def _package_folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None and spec.submodule_search_locations is not None  # noqa: S101, PT018  # it is installed
    return Path(spec.submodule_search_locations[0])


def _code_files(folder: Path) -> list[tuple[str, Path]]:
    """The modules and templates of a package and its folders, but for those that only run the command, by name."""
    files = {path.relative_to(folder): path for pattern in ("*.py", "*.jinja") for path in folder.rglob(pattern)}
    kept = (name for name in files if name.parts[0].removesuffix(".py") not in _COMMAND)
    return sorted((name.as_posix(), files[name]) for name in kept)
