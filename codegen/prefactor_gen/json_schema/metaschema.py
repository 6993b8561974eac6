"""The metaschemas of JSON Schema, each as one schema.

Draft 2020-12's consists of seven vocabularies with dynamic references. They take six times as long to check, and
editors cannot read them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from jsonschema.validators import Draft7Validator, Draft201909Validator, Draft202012Validator, validator_for
from jsonschema_specifications import REGISTRY as SPECIFICATIONS  # type: ignore[import-untyped]

__all__ = ["draft_07_metaschema", "flat_metaschema", "metaschema_of"]


def metaschema_of(draft: str) -> dict[str, Any]:
    """The metaschema of the draft with this URI, without an `$id`; that of 2019-09 is in 2020-12."""
    known = validator_for({"$schema": draft})
    if known in {Draft201909Validator, Draft202012Validator}:
        return flat_metaschema(metaschema=known.META_SCHEMA)
    return {key: item for key, item in known.META_SCHEMA.items() if key not in {"$id", "id"}}


def flat_metaschema(root: str = "#", metaschema: Any = Draft202012Validator.META_SCHEMA) -> dict[str, Any]:
    """Draft 2020-12's metaschema, merged from its vocabularies.

    Args:
        root: the reference to the metaschema; references to its parts start with it.
        metaschema: the metaschema, or that of 2019-09.
    """
    uris = [urljoin(metaschema["$id"], part["$ref"]) for part in metaschema["allOf"]]
    vocabularies = [*map(SPECIFICATIONS.contents, uris), metaschema]
    maps = {
        keyword: {name: _merged(item, root) for each in vocabularies for name, item in each.get(keyword, {}).items()}
        for keyword in ("properties", "$defs")
    }
    return {"type": ["object", "boolean"], **maps}


def draft_07_metaschema(root: str) -> dict[str, Any]:
    """Draft-07's metaschema, as a part of another schema; `root` as above."""
    parts = {key: item for key, item in Draft7Validator.META_SCHEMA.items() if key not in {"$schema", "$id"}}
    return {key: _merged(item, root) for key, item in parts.items()}


def _merged(part: object, root: str) -> object:
    """A part of a vocabulary, with its references rewritten for the merged schema."""
    if isinstance(part, list):
        return [_merged(item, root) for item in part]
    if not isinstance(part, dict):
        return part
    if part in ({"$dynamicRef": "#meta"}, {"$recursiveRef": "#"}):
        return {"$ref": root}
    return {key: _merged_reference(item, root) if key == "$ref" else _merged(item, root) for key, item in part.items()}


def _merged_reference(reference: object, root: str) -> object:
    """`meta/validation#/$defs/stringArray` → `#/$defs/stringArray`. A property may be named `$ref`, too: a schema."""
    return f"{root}{reference.partition('#')[2]}" if isinstance(reference, str) else _merged(reference, root)
