"""The longest common subsequence of two lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["common_pairs"]

_WINDOW = 10_000
"""Of longer lists, so many items of each are compared at a time: time and memory grow with the square."""


def common_pairs(a: Sequence[str], b: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The positions of equal items in two lists, in order: as many pairs as possible."""
    start, end = 0, 0
    shorter = min(len(a), len(b))
    while start < shorter and a[start] == b[start]:
        start += 1
    while end < shorter - start and a[-1 - end] == b[-1 - end]:
        end += 1
    yield from zip(range(start), range(start), strict=True)
    for first in range(start, max(len(a), len(b)) - end, _WINDOW):
        pairs = _longest(a[first : min(first + _WINDOW, len(a) - end)], b[first : min(first + _WINDOW, len(b) - end)])
        yield from ((first + i, first + j) for i, j in pairs)
    yield from zip(range(len(a) - end, len(a)), range(len(b) - end, len(b)), strict=True)


def _longest(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """The bit-parallel algorithm of Hyyrö (2004).

    The lengths of the common subsequences of `a[:i + 1]` with each beginning of `b` are one integer, `lengths[i]`: its
    bit j is 0 if the length grows by one from `b[:j]` to `b[:j + 1]`.
    """
    places: dict[str, int] = {}
    for index, item in enumerate(b):
        places[item] = places.get(item, 0) | 1 << index
    everything = (1 << len(b)) - 1
    lengths: list[int] = []
    row = everything
    for item in a:
        matches = row & places.get(item, 0)
        row = ((row + matches) | (row - matches)) & everything
        lengths.append(row)
    return _backtracked(lengths, len(b))


def _backtracked(lengths: Sequence[int], size: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    i, j = len(lengths) - 1, size - 1
    while i >= 0 and j >= 0:
        if lengths[i] >> j & 1:
            j -= 1
        elif i > 0 and not lengths[i - 1] >> j & 1:
            i -= 1
        else:
            pairs.append((i, j))
            i, j = i - 1, j - 1
    return pairs[::-1]
