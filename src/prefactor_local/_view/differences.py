"""What differs between two payloads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Final

from prefactor_local._view.cuts import shortened
from prefactor_local._view.pointers import below
from prefactor_local._view.shapes import Difference, Json, Side

__all__ = ["MOST_DIFFERENCES", "differ", "differences"]

MOST_DIFFERENCES = 1_000
_MOST_LEVELS = 100


class _Absent:
    """Stands for a value that is not there."""


_ABSENT: Final = _Absent()


def differences(side: Side, a: Json, b: Json) -> list[Difference]:
    """What differs between two payloads, at most 1,000 values; long ones are cut."""
    found: list[Difference] = []
    for pointer, one, other in islice(_differences("", a, b, 0), MOST_DIFFERENCES):
        difference: Difference = {"side": side, "pointer": pointer}
        if not isinstance(one, _Absent):
            difference["a"] = shortened(one, side, [])
        if not isinstance(other, _Absent):
            difference["b"] = shortened(other, side, [])
        found.append(difference)
    return found


def differ(a: Json, b: Json) -> bool:
    """Whether two payloads are different JSON: the order of members does not matter, nor does 1 or 1.0."""
    return any(True for _ in _differences("", a, b, 0))


def _differences(
    pointer: str, a: Json | _Absent, b: Json | _Absent, level: int
) -> Iterator[tuple[str, Json | _Absent, Json | _Absent]]:
    if isinstance(a, dict) and isinstance(b, dict) and level < _MOST_LEVELS:
        for name in {**a, **b}:
            yield from _differences(below(pointer, name), a.get(name, _ABSENT), b.get(name, _ABSENT), level + 1)
    elif isinstance(a, list) and isinstance(b, list) and level < _MOST_LEVELS:
        for index, (one, other) in enumerate(zip_longest(a, b, fillvalue=_ABSENT)):
            yield from _differences(below(pointer, index), one, other, level + 1)
    elif isinstance(a, bool) is not isinstance(b, bool) or a != b:
        yield pointer, a, b
