"""The file `prefactor-imports.lock`: where each imported definition file comes from, and what it was."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prefactor_gen.importing.sources import SourceError
from prefactor_schema.suggestions import did_you_mean

__all__ = ["LOCK", "LockEntry", "lock_text", "read_lock"]

LOCK = "prefactor-imports.lock"
_FIRST_LINE = "# Written by prefactor-gen import. Commit it, and do not edit it.\n"
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_KEYS = ("source", "file", "from", "input", "output")


@dataclass(frozen=True)
class LockEntry:
    """One import.

    Attributes:
        source: the kind of source: `mcp`.
        file: the definition file, relative to the project.
        origin: the name and version of what was read: `mcp-git 2026.10.19`.
        input: a hash of what was read.
        output: a hash of the definition file.
        options: the arguments of the source.
    """

    source: str
    file: str
    origin: str
    input: str
    output: str
    options: Mapping[str, object] = field(default_factory=dict)


def read_lock(base: Path) -> dict[str, LockEntry]:
    """The imports of a project, by name; empty if there is no lock.

    Raises:
        SourceError: the lock cannot be read, or has another form.
    """
    path = base / LOCK
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SourceError(f"cannot read {LOCK}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"{LOCK}: not valid TOML: {error}; after a merge, take one side and import again") from None
    return {name: _entry(name, table) for name, table in document.items()}


def lock_text(entries: Mapping[str, LockEntry]) -> str:
    """The text of the lock, with the imports in the order of their names."""
    return _FIRST_LINE + "".join(_table(name, entry) for name, entry in sorted(entries.items()))


def _table(name: str, entry: LockEntry) -> str:
    values = (entry.source, entry.file, entry.origin, entry.input, entry.output)
    lines = [f"{key} = {_literal(value)}" for key, value in zip(_KEYS, values, strict=True)]
    options = [f"{key} = {_literal(value)}" for key, value in sorted(entry.options.items())]
    key = name if _BARE_KEY.fullmatch(name) else json.dumps(name)
    return "\n".join(["", f"[{key}]", *lines, f"[{key}.options]", *options, ""])


def _literal(value: object) -> str:
    """A text, a truth value, a number, or a list of these, as TOML and JSON both write it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _entry(name: str, table: object) -> LockEntry:
    if not isinstance(table, dict):
        raise SourceError(f"{LOCK}: expected a table [{name}], found {type(table).__name__}")
    for key in table:
        if key not in {*_KEYS, "options"}:
            raise SourceError(f"{LOCK}: unknown key {key!r} in [{name}]{did_you_mean(key, _KEYS)}")
    values = [table.get(key) for key in _KEYS]
    options = table.get("options", {})
    for key, value in zip(_KEYS, values, strict=True):
        if not isinstance(value, str):
            raise SourceError(f"{LOCK}: expected a text as {key} in [{name}]; import it again")
    if not isinstance(options, dict):
        raise SourceError(f"{LOCK}: expected a table [{name}.options]")
    for key, value in {**table, **options}.items():
        if any("\0" in each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)):
            raise SourceError(f"{LOCK}: expected a text without null characters as {key} in [{name}]")
    source, file, origin, read, written = map(str, values)
    return LockEntry(source, file, origin, read, written, options)
