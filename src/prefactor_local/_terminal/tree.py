"""The spans of a run as a tree: which line each is on, and what stands before it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from prefactor_local._view.shapes import SpanRow

__all__ = ["Branches", "TreeLine", "tree_lines"]

_DEEPEST = 30
"""From this level on, lines are no longer indented: they say their level."""


class Branches(NamedTuple):
    """What a tree is drawn with: before a span, and before what is below a span that has, or has not, a next one."""

    next: str
    last: str
    vertical: str
    none: str


class TreeLine(NamedTuple):
    """A span in the tree.

    Attributes:
        before: what stands before the span on its line.
        below: what stands before its fields.
    """

    row: SpanRow
    before: str
    below: str


class _Node(NamedTuple):
    row: SpanRow
    level: int
    indent: str
    is_last: bool


def tree_lines(rows: Iterable[SpanRow], branches: Branches) -> Iterator[TreeLine]:
    """The spans in the order of the tree, siblings in the order in which they started.

    Spans whose parent has not arrived stand at the top. So does one span of each circle.
    """
    by_seq = {row.seq: row for row in sorted(rows)}
    children = _children(by_seq)
    left = set(by_seq)
    for top in (*children.pop(None, ()), *by_seq.values()):
        if top.seq in left:
            yield from _subtree(top, children, left, branches)


def _children(by_seq: dict[int, SpanRow]) -> dict[int | None, list[SpanRow]]:
    seqs = {row.id: row.seq for row in by_seq.values()}
    children: defaultdict[int | None, list[SpanRow]] = defaultdict(list)
    for row in by_seq.values():
        # A parent that arrived after its child is named by its ID.
        parent = seqs.get(row.parent) if isinstance(row.parent, str) else row.parent
        children[parent if parent in by_seq else None].append(row)
    return {parent: _by_start(siblings) for parent, siblings in children.items()}


def _by_start(siblings: list[SpanRow]) -> list[SpanRow]:
    """In the order in which they started. One that never did stays behind the one that arrived before it."""
    starts: list[tuple[float, int, SpanRow]] = []
    start = -math.inf
    for row in siblings:
        start = start if row.start_ms is None else row.start_ms
        starts.append((start, row.seq, row))
    return [row for _, _, row in sorted(starts)]


def _subtree(
    top: SpanRow, children: dict[int | None, list[SpanRow]], left: set[int], branches: Branches
) -> Iterator[TreeLine]:
    """A span and those below it. Without recursion, for a tree may have thousands of levels."""
    waiting = [_Node(top, 0, "", is_last=True)]
    while waiting:
        node = waiting.pop()
        if node.row.seq not in left:
            continue
        left.remove(node.row.seq)
        below = children.get(node.row.seq, [])
        indent = _indent_below(node, branches)
        yield TreeLine(node.row, _before(node, branches), indent + (branches.vertical if below else branches.none))
        nodes = [_Node(child, node.level + 1, indent, child is below[-1]) for child in below]
        waiting.extend(reversed(nodes))


def _before(node: _Node, branches: Branches) -> str:
    if not node.level:
        return ""
    if node.level > _DEEPEST:
        return f"{node.indent}(level {node.level:,}) "
    return node.indent + (branches.last if node.is_last else branches.next)


def _indent_below(node: _Node, branches: Branches) -> str:
    if not node.level or node.level >= _DEEPEST:
        return node.indent
    return node.indent + (branches.none if node.is_last else branches.vertical)
