"""Merges two schemas into one for values that match both, to make candidates for such values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["list_of", "mapping_of", "merged"]


def _larger(one: object, other: object) -> object:
    return max(one, other) if isinstance(one, int | float) and isinstance(other, int | float) else one


def _smaller(one: object, other: object) -> object:
    return min(one, other) if isinstance(one, int | float) and isinstance(other, int | float) else one


def merged(one: object, other: object) -> object:
    """A schema for values that match both, without what cannot be merged: candidates are checked later."""
    if isinstance(one, bool) or isinstance(other, bool):
        return (other if one else False) if isinstance(one, bool) else (one if other else False)
    found = dict(mapping_of(one))
    for key, value in mapping_of(other).items():
        merge = _MERGE.get(key)
        if key not in found:
            found[key] = value
        elif merge is not None:
            found[key] = merge(found[key], value)
    return found


def _merged_members(one: object, other: object) -> object:
    mine, theirs = mapping_of(one), mapping_of(other)
    return {**mine, **theirs, **{name: merged(mine[name], theirs[name]) for name in mine if name in theirs}}


def _common_types(one: object, other: object) -> object:
    left, right = ([each] if isinstance(each, str) else list_of(each) for each in (one, other))
    common = [name for name in left if name in right]
    if "integer" in {*left, *right} and "number" in {*left, *right}:
        common.append("integer")
    return list(dict.fromkeys(common))


_MERGE: dict[str, Callable[[object, object], object]] = {
    "properties": _merged_members,
    "required": lambda one, other: list(dict.fromkeys([*list_of(one), *list_of(other)])),
    "allOf": lambda one, other: [*list_of(one), *list_of(other)],
    "type": _common_types,
    "enum": lambda one, other: [value for value in list_of(one) if value in list_of(other)],
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), _larger),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), _smaller),
}


def list_of(value: object) -> list[object]:
    """The value, if it is a list; else an empty one."""
    return value if isinstance(value, list) else []


def mapping_of(value: object) -> Mapping[str, object]:
    """The value, if it is a mapping; else an empty one."""
    return value if isinstance(value, Mapping) else {}
