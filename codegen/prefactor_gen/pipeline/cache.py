"""The cache of results: outside of the project, so that nothing that comes with the project can be in it.

Generated files prove nothing about themselves: whoever edits one can edit every hash beside it. So a run compares them
with what it generates, byte for byte. The cache has what an earlier run on this machine generated, and what from. It
may be deleted at any time, and is read and written as plain data.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from prefactor_gen.pipeline.fingerprint import Origin

__all__ = ["CachedModule", "CachedPackage", "cache_folder", "read_cached", "write_cached"]

_MOST_ENTRIES = 50


@dataclass(frozen=True)
class CachedModule:
    """The module of a span type.

    Attributes:
        digest: the hash of the definition that it was made from.
        has_no_diagnostics: the definition had none.
    """

    digest: str
    has_no_diagnostics: bool


@dataclass(frozen=True)
class CachedPackage:
    """What the last run generated for a folder.

    Attributes:
        origin: what from.
        files: the text of each file, by name.
        modules: those of span types, by file name.
    """

    origin: Origin = field(default_factory=Origin)
    files: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, CachedModule] = field(default_factory=dict)


def cache_folder() -> Path:
    """The folder of the cache: `PREFACTOR_GEN_CACHE`, or one in the user's folder for caches."""
    chosen = os.environ.get("PREFACTOR_GEN_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("prefactor-gen", appauthor=False)


def read_cached(cache: Path | None, package: Path) -> CachedPackage:
    """What the last run generated for the folder of a package; empty if that is not known."""
    if cache is None:
        return CachedPackage()
    try:
        entry: dict[str, Any] = json.loads(_entry(cache, package).read_bytes())
        modules = {name: CachedModule(digest, bool(flag)) for name, (digest, flag) in entry["modules"].items()}
        files = {name: text for name, text in entry["files"].items() if isinstance(text, str)}
        return CachedPackage(Origin(*entry["origin"]), files, modules)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or one that this version cannot read
        return CachedPackage()


def write_cached(cache: Path | None, package: Path, result: CachedPackage) -> None:
    """Keep what was generated for the folder of a package. Does nothing where the cache cannot be written."""
    if cache is None or not result.origin.fingerprint:
        return
    modules = {name: [each.digest, each.has_no_diagnostics] for name, each in result.modules.items()}
    origin = [result.origin.fingerprint, result.origin.generator]
    content = json.dumps({"origin": origin, "files": dict(result.files), "modules": modules}).encode()
    path = _entry(cache, package)
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise
        _remove_oldest(cache)


def _remove_oldest(cache: Path) -> None:
    """Builds in temporary folders would fill the cache: each has an entry that is never read again."""
    entries = sorted(cache.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in entries[:-_MOST_ENTRIES]:
        path.unlink(missing_ok=True)


def _entry(cache: Path, package: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.abspath(package))).hexdigest()[:32]
    return cache / f"{name}.json"
