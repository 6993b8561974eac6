"""A span on one line: its sign, type, duration, and summary."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from rich.text import Text

from prefactor_local._terminal.text import counted, duration_text, first_line, visible
from prefactor_local._terminal.tree import Branches
from prefactor_local._view.shapes import SpanRow

__all__ = ["COLOURS", "branches", "sign_of", "span_text"]

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
_LINES: Final = Branches("├── ", "└── ", "│   ", "    ")
_PLAIN_LINES: Final = Branches("|-- ", "`-- ", "|   ", "    ")


def branches() -> Branches:
    """What a tree is drawn with on standard output."""
    return _LINES if _takes("├✓") else _PLAIN_LINES


def sign_of(status: str) -> Text:
    """The sign of a status, in its colour."""
    sign = (_SIGNS if _takes("├✓") else _PLAIN_SIGNS).get(status, "?")
    return Text(sign, COLOURS.get(status, ""))


def span_text(row: SpanRow, summary: str) -> Text:
    """A span. The status is shown unless it is complete; `summary` is what the span is about."""
    parts = [] if row.status == "complete" else [Text(row.status, COLOURS.get(row.status, ""))]
    if row.duration_ms is not None:
        parts.append(Text(duration_text(row.duration_ms), "dim"))
    if row.mismatches:
        parts.append(Text(counted(row.mismatches, "mismatch"), "yellow"))
    shown = f"  {first_line(summary)}" if summary else ""
    return Text.assemble(sign_of(row.status), f" {visible(row.type)}  ", Text(", ").join(parts), shown)


def _takes(text: str) -> bool:
    """Whether standard output can show the text."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
