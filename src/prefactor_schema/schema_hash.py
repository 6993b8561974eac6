"""The hash that names a schema version: equal content has an equal hash, whatever its order and its identifier."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["schema_version_hash"]

_PREFIX = "sha256-"
_DIGITS = 32  # 128 bits: too many for an accidental collision, and the name fits the API's 64 characters
_NAMED_LISTS = ("span_type_schemas", "quality_schemas")
_MAPS = ("span_schemas", "span_result_schemas")


def schema_version_hash(definitions: Mapping[str, Any]) -> str:
    """Hashes definitions in the form of the API's `agent_schema_version`.

    These do not change the hash: the order of names and keys, whether an entry is absent or null, empty collections,
    and `external_identifier`.

    Args:
        definitions: Any of `span_type_schemas`, `quality_schemas` (lists of objects with a `name`), `span_schemas`,
            `span_result_schemas` (maps from name to JSON Schema).

    Returns:
        "sha256-" and the first 32 hexadecimal digits of the SHA-256 of the canonical JSON.

    Raises:
        TypeError, ValueError: The definitions have no JSON form.
    """
    canonical = json.dumps(
        _canonical(definitions), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return _PREFIX + hashlib.sha256(canonical.encode("ascii")).hexdigest()[:_DIGITS]


def _canonical(definitions: Mapping[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {key: definitions[key] for key in _MAPS if definitions.get(key)}
    for key in _NAMED_LISTS:
        if entries := definitions.get(key):
            stated = [{name: value for name, value in entry.items() if value is not None} for entry in entries]
            document[key] = sorted(stated, key=lambda entry: str(entry["name"]))
    return document
