"""The lock file of copies of schemas from the web: the hash of each schema that was fetched, by its URL."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from prefactor_gen.definitions.sources import read_file
from prefactor_gen.diagnostics.diagnostics import DiagnosticError

__all__ = ["LOCK", "LockError", "content_hash", "is_same_file", "lock_text", "read_lock"]

LOCK = "prefactor-refs.lock"
"""The name of the file, which is beside pyproject.toml."""

_VERSION = 1
_HASH = re.compile("sha256-[0-9a-f]{64}")
_AGAIN = "; prefactor-gen refs update writes it again, if it is removed"


class LockError(Exception):
    """The lock file cannot be used. The message names it, and says what was expected."""


def read_lock(base: Path) -> dict[str, str]:
    """The hashes in the lock file of the project in a folder, by URL; empty if it has none.

    Raises:
        LockError: it cannot be read, or has another form.
    """
    path = base / LOCK
    if not path.is_file():
        return {}
    try:
        found = json.loads(read_file(path, LOCK).decode("utf-8"))
    except DiagnosticError as error:
        raise LockError(f"{LOCK}: {error.diagnostics[0].message}") from None
    except (ValueError, RecursionError):
        raise LockError(f"{LOCK}: not valid JSON, perhaps after a merge{_AGAIN}") from None
    refs = found.get("refs") if isinstance(found, dict) and found.get("version") == _VERSION else None
    if not isinstance(refs, dict) or not all(isinstance(each, str) and _HASH.fullmatch(each) for each in refs.values()):
        raise LockError(f'{LOCK}: expected "version": {_VERSION}, and in "refs" a hash for each URL{_AGAIN}')
    return refs


def lock_text(refs: Mapping[str, str]) -> str:
    """The content of a lock file with these hashes."""
    return json.dumps({"version": _VERSION, "refs": refs}, indent=2, sort_keys=True) + "\n"


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two files have the same content; False if one cannot be read."""
    try:
        return one == other or content_hash(one.read_bytes()) == content_hash(other.read_bytes())
    except OSError:
        return False


def content_hash(content: bytes) -> str:
    """The hash of a schema. A checkout on Windows may have other line ends, which make no difference."""
    lines = content.replace(b"\r\n", b"\n")
    return f"sha256-{hashlib.sha256(lines).hexdigest()}"
