"""What a package was made from, as one name: an up-to-date run compares it and generates nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import unquote

from prefactor_gen.emit import Origin
from prefactor_gen.load import definition_files, display_name, is_attribute, read_file, real_path
from prefactor_gen.nodes import to_plain

__all__ = ["package_origin", "source_contents"]

# A `$ref` and its value, as JSON and YAML write them.
_REFERENCE = re.compile(
    r"""\$ref["']?\s*:\s*(?:"(?P<json>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|(?P<plain>[^"'\s#][^\n#,}\]]*))"""
)
_IMPORTED = re.compile(rb"^ *from prefactor_gen\.(\w+) import", re.MULTILINE)


def source_contents(sources: Sequence[str], base: Path, package: Path) -> dict[str, bytes]:
    """Everything that the sources of a package in this folder may read, by display name.

    Raises:
        DiagnosticError: a source does not exist or cannot be imported.
        OSError: a file cannot be read.
    """
    contents: dict[str, bytes] = {}
    resolved = base.resolve()
    for source in sources:
        if is_attribute(source, base):
            from prefactor_gen.registries import read_registry  # loads prefactor_core

            definitions = to_plain(read_registry(source, base, package))
            contents[source] = json.dumps(definitions, sort_keys=True).encode()
            continue
        for path, content in _with_mentioned(definition_files(source, base)):
            contents[display_name(path, resolved)] = content.replace(b"\r\n", b"\n")
    return contents


def package_origin(contents: Mapping[str, bytes], package: str, *, assert_formats: bool = False) -> Origin:
    """Name the contents together with the package's name and settings and the versions of what generates it."""
    identity = {
        "package": package,
        "formats": assert_formats,
        "prefactor-sdk": _version("prefactor-sdk"),
        "datamodel-code-generator": _version("datamodel-code-generator"),
    }
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode())
    digest.update(_own_code())
    generator = _name(digest)
    for name, content in sorted(contents.items()):
        digest.update(f"\0{name}\0{len(content)}\0".encode())
        digest.update(content)
    return Origin(_name(digest), generator)


def _name(digest: hashlib._Hash) -> str:
    return f"sha256-{digest.hexdigest()[:32]}"


def _with_mentioned(files: Iterable[tuple[Path, Path]]) -> Iterator[tuple[Path, bytes]]:
    """The files, and those of their folder that their `$ref`s lead to, each with its content."""
    pending = list(files)
    seen: set[Path] = set()
    while pending:
        path, folder = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        content = read_file(path, str(path))
        yield path, content
        for reference in _references(content.decode("utf-8", errors="replace")) if b"$ref" in content else ():
            name = unquote(reference.partition("#")[0])
            if "\0" in name:
                continue
            mentioned = real_path(path.parent / name)
            if mentioned.is_relative_to(folder) and os.path.isfile(mentioned):
                pending.append((mentioned, folder))


def _references(text: str) -> set[str]:
    found = {match["single"] or (match["plain"] or "").strip() for match in _REFERENCE.finditer(text)}
    for match in _REFERENCE.finditer(text):
        if match["json"]:
            try:
                found.add(json.loads(f'"{match["json"]}"'))
            except ValueError:  # no JSON text: the parser tells
                found.add(match["json"])
    return {reference for reference in found if reference}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


def _own_code() -> bytes:
    """The files of the stages: a checkout changes without its version."""
    folder = Path(__file__).parent
    pending, contents = ["pipeline", "wire"], dict[str, bytes]()
    while pending:
        if (name := pending.pop()) not in contents:
            contents[name] = (folder / f"{name}.py").read_bytes()
            pending.extend(match.decode() for match in _IMPORTED.findall(contents[name]))
    contents.update({path.name: path.read_bytes() for path in folder.glob("templates/*.jinja")})
    return hashlib.sha256(b"\0".join(contents[name] for name in sorted(contents))).digest()
