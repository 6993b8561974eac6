"""What differs between two payloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from typing import Final

from prefactor_local._protocol.pointers import pointer_of
from prefactor_local._view.cuts import Shortening
from prefactor_local._view.shapes import Difference, Json, Side

__all__ = ["MOST_DIFFERENCES", "differ", "differences"]

MOST_DIFFERENCES = 1_000
_MOST_LEVELS = 100
_MOST_POINTER_CHARS = 256 * 1024
"""How long all pointers are together: each repeats the names of all objects around its value."""


class _Absent:
    """Stands for a value that is not there."""


_ABSENT: Final = _Absent()


def differences(side: Side, a: Json, b: Json) -> list[Difference]:
    """What differs between two payloads, at most 1,000 values, fewer of long ones; long values are cut."""
    found: list[Difference] = []
    steps: list[str | int] = []
    chars = 0
    shown = Shortening(side, [])
    for one, other in islice(_differences(steps, a, b), MOST_DIFFERENCES):
        difference: Difference = {"side": side, "pointer": pointer_of(steps)}
        chars += len(difference["pointer"])
        if (chars > _MOST_POINTER_CHARS and found) or shown.is_spent:
            break
        if not isinstance(one, _Absent):
            difference["a"] = shown.shortened(one)
        if not isinstance(other, _Absent):
            difference["b"] = shown.shortened(other)
        found.append(difference)
    return found


def differ(a: Json, b: Json) -> bool:
    """Whether two payloads are different JSON: the order of members does not matter, nor does 1 or 1.0."""
    return any(True for _ in _differences([], a, b))


def _differences(
    steps: list[str | int], a: Json | _Absent, b: Json | _Absent
) -> Iterator[tuple[Json | _Absent, Json | _Absent]]:
    """The values that differ; while one is looked at, `steps` lead to it."""
    members: Iterable[tuple[str | int, Json | _Absent, Json | _Absent]]
    if isinstance(a, dict) and isinstance(b, dict) and len(steps) < _MOST_LEVELS:
        members = ((name, a.get(name, _ABSENT), b.get(name, _ABSENT)) for name in {**a, **b})
    elif isinstance(a, list) and isinstance(b, list) and len(steps) < _MOST_LEVELS:
        members = ((index, *pair) for index, pair in enumerate(zip_longest(a, b, fillvalue=_ABSENT)))
    else:
        if isinstance(a, bool) is not isinstance(b, bool) or a != b:
            yield a, b
        return
    for step, one, other in members:
        steps.append(step)
        yield from _differences(steps, one, other)
        steps.pop()
