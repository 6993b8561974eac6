"""Patterns that backtrack without end: a repeated part that splits a text in two ways doubles the work each time.

Each loop of a pattern becomes its position automaton (Glushkov), with the number of ways of each step. A loop is
ambiguous when two different paths read the same text from one position to one position; that is searched in the product
of the automaton with itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from prefactor_core._ecma_tree import (
    ANY,
    Anchor,
    Characters,
    Choice,
    Group,
    Look,
    Node,
    Ranges,
    Reference,
    Repeat,
    Sequence,
    nodes,
)

__all__ = ["MANY", "MAX_POSITIONS", "TooLargeError", "ambiguous_loop"]

MANY = 10
"""A bounded repetition of at least so many times counts as one without a bound: 2¹⁰ ways are too many, too."""
MAX_POSITIONS = 400
_MAX_STEPS = 300_000
_COPY = 10


class TooLargeError(Exception):
    """A loop is too large to be judged."""

    def __init__(self, loop: Repeat) -> None:
        pairs = f"with the loops before it {_MAX_STEPS:,} pairs of steps"
        super().__init__(f"more than {MAX_POSITIONS} positions, or {pairs}")
        self.loop = loop


def ambiguous_loop(pattern: Node) -> Repeat | None:
    """The first repetition that can split a text in exponentially many ways.

    Raises:
        TooLargeError: there is one that cannot be judged.
    """
    work = _Work()
    return next((loop for loop in _loops(pattern) if _Automaton(loop, work).ambiguous()), None)


def _loops(node: Node, times: int = 1) -> Iterator[Repeat]:
    """The outermost loops, and those of each look-around, which is a pattern of its own."""
    match node:
        case Repeat(body=body, most=most) if most is None or most * times >= MANY:
            yield node
            for inner in nodes(body):
                if isinstance(inner, Look):
                    yield from _loops(inner.body)
        case Repeat(body=body, most=int(most)):
            yield from _loops(body, max(1, most) * times)
        case Group(body=body) | Look(body=body):
            yield from _loops(body, times)
        case Sequence(items=parts) | Choice(options=parts):
            for part in parts:
                yield from _loops(part, times)


@dataclass
class _Part:
    """The ways (0, 1, or 2 for more) to take no text, to begin at a position, and to end at one."""

    empty: int = 1
    first: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)


def _sum(one: dict[int, int], other: dict[int, int], times: int = 1) -> dict[int, int]:
    result = dict(one)
    if times:
        for position, ways in other.items():
            result[position] = min(2, result.get(position, 0) + ways * times)
    return result


@dataclass
class _Work:
    """The steps that were taken for one pattern, whatever the number of its loops."""

    steps: int = 0


class _Automaton:
    def __init__(self, loop: Repeat, work: _Work) -> None:
        self.loop = loop
        self.work = work
        self.sets = _Sets(loop)
        self.masks: list[int] = []
        self.follow: list[dict[int, int]] = []
        self.repeated(self.part(loop.body))

    def count(self, steps: int) -> None:
        self.work.steps += steps
        if self.work.steps > _MAX_STEPS or len(self.masks) > MAX_POSITIONS:
            raise TooLargeError(self.loop)

    def part(self, node: Node) -> _Part:
        match node:
            case Characters(ranges=ranges):
                return self.position(self.sets.mask(ranges))
            case Reference():
                return self.position(self.sets.mask(ANY))
            case Anchor() | Look():
                return _Part()
            case Group(body=body):
                return self.part(body)
            case Choice(options=options):
                return self.either([self.part(option) for option in options])
            case Sequence(items=items):
                result = _Part()
                for item in items:
                    result = self.both(result, self.part(item))
                return result
            case Repeat():
                return self.repeat(node)

    def position(self, mask: int) -> _Part:
        self.masks.append(mask)
        self.follow.append({})
        self.count(1)
        here = {len(self.masks) - 1: 1}
        return _Part(0, here, here)

    def either(self, parts: list[_Part]) -> _Part:
        result = _Part(0)
        for part in parts:
            empty = min(2, result.empty + part.empty)
            result = _Part(empty, _sum(result.first, part.first), _sum(result.last, part.last))
        return result

    def both(self, one: _Part, other: _Part) -> _Part:
        self.join(one, other)
        first = _sum(one.first, other.first, one.empty)
        return _Part(min(2, one.empty * other.empty), first, _sum(other.last, one.last, other.empty))

    def join(self, one: _Part, other: _Part) -> None:
        self.count(len(one.last) * len(other.first) + len(one.first) + len(other.last))
        for position, ways in one.last.items():
            self.follow[position] = _sum(self.follow[position], other.first, ways)

    def repeated(self, part: _Part) -> _Part:
        """Once or more. Where a round may take no text, Python tries one of those more than ECMA 262 does."""
        self.join(part, part)
        return _Part(min(2, part.empty * 2), part.first, part.last)

    def repeat(self, node: Repeat) -> _Part:
        result = _Part()
        copies = node.least if node.most is not None else max(0, node.least - 1)
        for _ in range(copies):
            self.count(_COPY)
            result = self.both(result, self.part(node.body))
        if node.most is None:
            rest = self.repeated(self.part(node.body))
            return self.both(result, rest if node.least else self.optional(rest))
        tail = _Part()
        for _ in range(node.most - node.least):
            self.count(_COPY)
            tail = self.optional(self.both(self.part(node.body), tail))
        return self.both(result, tail)

    def optional(self, part: _Part) -> _Part:
        return _Part(min(2, part.empty + 1), part.first, part.last)

    def ambiguous(self) -> bool:
        """Whether some position leads to itself, over the same text, in two ways.

        All positions are in one loop, so that any position that both ways share will do.
        """
        if any(ways > 1 for step in self.follow for ways in step.values()):
            return True
        targets = [frozenset(step) for step in self.follow]
        seen: set[tuple[int, int]] = set()
        expanded: set[tuple[frozenset[int], frozenset[int]]] = {(step, step) for step in targets}
        waiting = [pair for step in set(targets) for pair in self.pairs(step, step) if pair[0] != pair[1]]
        while waiting:
            pair = waiting.pop()
            steps = targets[pair[0]], targets[pair[1]]
            if pair in seen:
                continue
            seen.add(pair)
            if steps[0] & steps[1] and any(self.masks[shared] for shared in steps[0] & steps[1]):
                return True
            if steps not in expanded:
                expanded.add(steps)
                waiting.extend(self.pairs(*steps))
        return False

    def pairs(self, one: frozenset[int], other: frozenset[int]) -> Iterator[tuple[int, int]]:
        """The pairs of positions that read a common character, one of each."""
        self.count(len(one) * len(other))
        for first in one:
            mask = self.masks[first]
            for second in other:
                if mask & self.masks[second]:
                    yield (first, second) if first < second else (second, first)


class _Sets:
    """The sets of characters of a loop as bit masks, a bit for each range that they tell apart."""

    def __init__(self, loop: Repeat) -> None:
        edges = {0}
        for node in nodes(loop):
            if isinstance(node, Characters):
                edges.update(edge for first, last in node.ranges for edge in (first, last + 1))
        self.edges = sorted(edges)

    def mask(self, ranges: Ranges) -> int:
        result = 0
        for first, last in ranges:
            result |= (1 << bisect_left(self.edges, last + 1)) - (1 << bisect_left(self.edges, first))
        return result
