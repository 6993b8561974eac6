"""Spans on a line each: sign, type, duration and summary; and the tree that stands before them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from rich.text import Text

from prefactor_local._terminal.text import counted, duration_text, first_line, visible
from prefactor_local._view.shapes import SpanRow
from prefactor_local._view.tree import Tree

__all__ = ["COLOURS", "TreeLine", "span_text", "tree_lines"]

_DEEPEST: Final = 30
"""From this level on, lines are no longer indented: they say their level."""


class _Branches(NamedTuple):
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


COLOURS: Final[Mapping[str, str]] = {
    "complete": "green",
    "failed": "red",
    "cancelled": "yellow",
    "terminated": "red",
    "active": "cyan",
    "pending": "dim",
}
_SIGNS: Final = {"complete": "✓", "failed": "✗", "cancelled": "⊘", "active": "●", "pending": "○"}
_PLAIN_SIGNS: Final = {
    "complete": "+",
    "failed": "x",
    "cancelled": "-",
    "active": "*",
    "pending": ".",
}
_LINES: Final = _Branches("├── ", "└── ", "│   ", "    ")
_PLAIN_LINES: Final = _Branches("|-- ", "`-- ", "|   ", "    ")


def span_text(row: SpanRow, summary: str) -> Text:
    """A span. The status is shown unless it is complete; `summary` is what the span is about."""
    parts = [] if row.status == "complete" else [Text(row.status, COLOURS.get(row.status, ""))]
    if row.duration_ms is not None:
        parts.append(Text(duration_text(row.duration_ms), "dim"))
    if row.mismatches:
        parts.append(Text(counted(row.mismatches, "mismatch"), "yellow"))
    shown = f"  {first_line(summary)}" if summary else ""
    return Text.assemble(_sign(row.status), f" {visible(row.type)}  ", Text(", ").join(parts), shown)


def tree_lines(rows: Iterable[SpanRow]) -> Iterator[TreeLine]:
    """The spans in the order of the tree. Without recursion, for it may have thousands of levels."""
    tree = Tree(rows)
    branches = _LINES if _takes("├✓") else _PLAIN_LINES
    waiting = [_Node(top, 0, "", is_last=True) for top in reversed(tree.roots)]
    while waiting:
        node = waiting.pop()
        below = tree.children(node.row)
        indent = _indent_below(node, branches)
        yield TreeLine(node.row, _before(node, branches), indent + (branches.vertical if below else branches.none))
        waiting.extend(_Node(child, node.level + 1, indent, child is below[-1]) for child in reversed(below))


def _before(node: _Node, branches: _Branches) -> str:
    if not node.level:
        return ""
    if node.level > _DEEPEST:
        return f"{node.indent}(level {node.level:,}) "
    return node.indent + (branches.last if node.is_last else branches.next)


def _indent_below(node: _Node, branches: _Branches) -> str:
    if not node.level or node.level >= _DEEPEST:
        return node.indent
    return node.indent + (branches.none if node.is_last else branches.vertical)


def _sign(status: str) -> Text:
    """The sign of a status, in its colour."""
    sign = (_SIGNS if _takes("├✓") else _PLAIN_SIGNS).get(status, "?")
    return Text(sign, COLOURS.get(status, ""))


def _takes(text: str) -> bool:
    """Whether standard output can show the text."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
