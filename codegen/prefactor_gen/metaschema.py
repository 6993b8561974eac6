"""Metaschemas as one schema each.

Draft 2020-12's is seven vocabularies with dynamic references, which take six times as long, and which no editor reads.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from jsonschema.validators import Draft7Validator, Draft202012Validator
from jsonschema_specifications import REGISTRY as SPECIFICATIONS  # type: ignore[import-untyped]

__all__ = ["draft_07_metaschema", "flat_metaschema"]


def flat_metaschema(here: str = "#") -> dict[str, Any]:
    """Draft 2020-12's metaschema, made mechanically from its vocabularies.

    Args:
        here: the reference that leads to it; its parts are below.
    """
    metaschema = Draft202012Validator.META_SCHEMA
    uris = [urljoin(metaschema["$id"], part["$ref"]) for part in metaschema["allOf"]]
    vocabularies = [*map(SPECIFICATIONS.contents, uris), metaschema]
    maps = {
        keyword: {name: _in_one(item, here) for each in vocabularies for name, item in each.get(keyword, {}).items()}
        for keyword in ("properties", "$defs")
    }
    return {"type": ["object", "boolean"], **maps}


def draft_07_metaschema(here: str) -> dict[str, Any]:
    """Draft-07's metaschema, as a part of another schema; `here` as above."""
    parts = {key: item for key, item in Draft7Validator.META_SCHEMA.items() if key not in {"$schema", "$id"}}
    return {key: _in_one(item, here) for key, item in parts.items()}


def _in_one(part: object, here: str) -> object:
    """A part of a vocabulary with its references as they are where all vocabularies are one schema."""
    if isinstance(part, list):
        return [_in_one(item, here) for item in part]
    if not isinstance(part, dict):
        return part
    if part == {"$dynamicRef": "#meta"}:
        return {"$ref": here}
    return {key: _reference(item, here) if key == "$ref" else _in_one(item, here) for key, item in part.items()}


def _reference(reference: object, here: str) -> object:
    """`meta/validation#/$defs/stringArray` → `#/$defs/stringArray`; a property that is named `$ref` is none."""
    return f"{here}{reference.partition('#')[2]}" if isinstance(reference, str) else _in_one(reference, here)
