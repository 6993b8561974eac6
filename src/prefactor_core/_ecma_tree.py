"""The tree of a regular expression, with positions, and sets of characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "ANY",
    "Anchor",
    "Characters",
    "Choice",
    "Group",
    "Look",
    "Node",
    "Ranges",
    "Reference",
    "Repeat",
    "Sequence",
    "complement",
    "joined",
    "nodes",
]

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Sets of characters: code points from … to, in order and apart from each other."""

_LAST = 0x10FFFF
ANY: Ranges = ((0, _LAST),)


@dataclass(frozen=True, slots=True)
class Characters:
    """One character of a set; `alike` where Python, Rust and ECMA 262 read what is written as the same set."""

    start: int
    end: int
    ranges: Ranges
    alike: bool = True


@dataclass(frozen=True, slots=True)
class Anchor:
    r"""`^`, `$`, `\b` or `\B`."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Reference:
    """What a group before took, again."""

    start: int
    end: int
    number: int


@dataclass(frozen=True, slots=True)
class Group:
    """A part in brackets; without a number, it captures nothing."""

    start: int
    end: int
    body: Node
    number: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """A look-ahead or look-behind."""

    start: int
    end: int
    body: Node
    behind: bool
    negative: bool


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part that repeats; `most` is None where nothing bounds it."""

    start: int
    end: int
    body: Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    start: int
    end: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives."""

    start: int
    end: int
    options: tuple[Node, ...]


Node: TypeAlias = Characters | Anchor | Reference | Group | Look | Repeat | Sequence | Choice


def nodes(node: Node) -> Iterator[Node]:
    """The node and what is in it, in the order in which it is written."""
    yield node
    match node:
        case Group(body=body) | Look(body=body) | Repeat(body=body):
            yield from nodes(body)
        case Sequence(items=parts) | Choice(options=parts):
            for part in parts:
                yield from nodes(part)


def joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The set of all the characters of these ranges."""
    result: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return tuple(result)


def complement(ranges: Ranges) -> Ranges:
    """The set of all other characters."""
    result: list[tuple[int, int]] = []
    at = 0
    for first, last in ranges:
        if first > at:
            result.append((at, first - 1))
        at = last + 1
    return (*result, (at, _LAST)) if at <= _LAST else tuple(result)
