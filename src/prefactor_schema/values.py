"""Values: how large they are, and what of them the engine cannot read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["MAX_DEPTH", "depth_of", "how_many_values", "readable", "texts_in"]

MAX_DEPTH = 128
"""Levels of a value that is checked: a payload has 64 at most, a definition 100."""

_MAX_DIGITS = 4_000
"""Python writes no integer of more than 4,300 digits, so that the engine cannot read it."""


def depth_of(value: object) -> int:
    """How many levels of containers a value has; no more are counted than can be checked."""
    depth, level = 0, [value]
    while depth <= MAX_DEPTH and (level := [each for each in level if isinstance(each, dict | list)]):
        depth += 1
        level = [item for each in level for item in (each.values() if isinstance(each, dict) else each)]
    return depth


def how_many_values(value: object, most: int) -> int:
    """How many values there are in a value; there may be more than `most`, which are not counted."""
    pending, count = [value], 0
    while pending and count <= most:
        each = pending.pop()
        count += 1
        pending.extend(each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
    return count


def texts_in(value: object) -> Iterator[tuple[str, bool]]:
    """The texts in a value, and whether they are names."""
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
    """The value without what the engine cannot read: half characters, kinds of str, integers of thousands of digits."""
    if isinstance(value, dict):
        return {readable(str(name)): readable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [readable(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value).encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_MAX_DIGITS:
        return 10**_MAX_DIGITS if value > 0 else -(10**_MAX_DIGITS)
    return value
