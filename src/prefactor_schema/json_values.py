"""JSON values: their size, their texts, and their form for the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["MAX_DEPTH", "count_values", "depth_of", "readable", "texts_in"]

MAX_DEPTH = 128
"""The most levels of a value that is checked. A payload has at most 64, a definition at most 100."""

_MAX_DIGITS = 4_000
"""Python does not convert integers of more than 4,300 digits to text, so the engine cannot read them."""


def depth_of(value: object) -> int:
    """The number of nested containers; counting stops after `MAX_DEPTH`."""
    depth, level = 0, [value]
    while depth <= MAX_DEPTH and (level := [each for each in level if isinstance(each, dict | list)]):
        depth += 1
        level = [item for each in level for item in (each.values() if isinstance(each, dict) else each)]
    return depth


def count_values(value: object, limit: int) -> int:
    """The number of values in a value, itself included; counting stops after `limit`."""
    pending, count = [value], 0
    while pending and count <= limit:
        each = pending.pop()
        count += 1
        pending.extend(each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
    return count


def texts_in(value: object) -> Iterator[tuple[str, bool]]:
    """The texts in a value, each with whether it is the name of a member."""
    pending: list[object] = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each, False
        elif isinstance(each, dict):
            yield from ((name, True) for name in each if isinstance(name, str))
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)


def readable(value: Any) -> Any:
    """The value, with what the engine cannot read replaced: lone surrogates, subclasses of str, huge integers."""
    if isinstance(value, dict):
        return {readable(str(name)): readable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [readable(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value).encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_MAX_DIGITS:
        return 10**_MAX_DIGITS if value > 0 else -(10**_MAX_DIGITS)
    return value
