"""The identity of a set of definitions: the same content has the same hash, whatever its order and name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["schema_version_hash"]

_PREFIX = "sha256-"
_DIGITS = 32  # 128 bits keep the name within the API's 64 characters and are beyond accidental collision
_NAMED_LISTS = ("span_type_schemas", "quality_schemas")
_MAPS = ("span_schemas", "span_result_schemas")


def schema_version_hash(definitions: Mapping[str, Any]) -> str:
    """Hash definitions in the API's `agent_schema_version` form.

    Order of names and keys, absent versus null entries, empty collections and `external_identifier` do not matter.

    Args:
        definitions: any of `span_type_schemas`, `quality_schemas` (lists of objects with a `name`), `span_schemas`,
            `span_result_schemas` (maps from name to JSON Schema).

    Returns:
        "sha256-" and the first 32 hexadecimal digits of the SHA-256 of the canonical JSON.

    Raises:
        TypeError, ValueError: the definitions are not JSON.
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
