"""What a package was made from, as one name: an up-to-date run compares it and generates nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import unquote

from prefactor_gen.documents import to_plain
from prefactor_gen.load import definition_files, display_name, is_attribute, load_attribute

__all__ = ["fingerprint", "source_contents"]

_MENTIONED_FILE = re.compile(rb"[^\s\"'#\[\]{},]+\.(?:json|ya?ml)")


def source_contents(sources: Sequence[str], base: Path) -> dict[str, bytes]:
    """Everything that the sources may read, by display name.

    Raises:
        DiagnosticError: a source does not exist or cannot be imported.
        OSError: a file cannot be read.
    """
    contents: dict[str, bytes] = {}
    for source in sources:
        if is_attribute(source, base):
            contents[source] = json.dumps(to_plain(load_attribute(source, base).root), sort_keys=True).encode()
            continue
        for path in _with_mentioned(definition_files(source, base)):
            contents[display_name(path, base.resolve())] = path.read_bytes()
    return contents


def fingerprint(contents: Mapping[str, bytes], package: str) -> str:
    """Name the contents together with the package's name and the versions of what generates it."""
    identity = {
        "package": package,
        "prefactor-sdk": _version("prefactor-sdk"),
        "datamodel-code-generator": _version("datamodel-code-generator"),
    }
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode())
    digest.update(_own_code())
    for name, content in sorted(contents.items()):
        digest.update(f"\0{name}\0{len(content)}\0".encode())
        digest.update(content)
    return f"sha256-{digest.hexdigest()[:32]}"


def _with_mentioned(files: Iterable[tuple[Path, Path]]) -> Iterator[Path]:
    """The files, and those of their folder that they mention: a `$ref` may lead there."""
    pending = list(files)
    seen: set[Path] = set()
    while pending:
        path, folder = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        yield path
        for match in set(_MENTIONED_FILE.findall(path.read_bytes())):
            mentioned = (path.parent / unquote(match.decode("utf-8", errors="replace"))).resolve()
            if mentioned.is_relative_to(folder) and mentioned.is_file():
                pending.append((mentioned, folder))


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


def _own_code() -> bytes:
    """The generator's own files: a checkout changes without its version."""
    folder = Path(__file__).parent
    paths = sorted([*folder.glob("*.py"), *folder.glob("templates/*.jinja")])
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).digest()
