"""A change of definitions on one line, for commands that show what they change; `diff` tells more of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from prefactor_gen.command.report import Line
from prefactor_gen.comparison.changes import Change
from prefactor_gen.comparison.compare import compare
from prefactor_gen.comparison.judgement import Judged, Protected, judge
from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.diagnostics.diagnostics import printable

__all__ = ["change_lines", "changes_of", "said"]

_MAX_LINES: Final = 50


def changes_of(before: Definitions, after: Definitions, *, assert_formats: bool = False) -> list[Judged]:
    """The changes of definitions, as severe as they are without a configuration of `diff`.

    Args:
        before: the old definitions.
        after: the new ones.
        assert_formats: whether payloads must match the formats of their schemas.
    """
    options = ComparisonOptions(today=datetime.now(UTC).date(), assert_formats=assert_formats)
    return [judge(change, Protected(), {}) for change in compare(before, after, options)]


def said(found: Judged) -> str:
    """A change in words: `git:git_log params max_count: added and required (writers)`."""
    change: Change = found.change
    where = " ".join(filter(None, (change.span_type, change.part, change.path)))
    breaks = f" ({', '.join(found.breaks)})" if found.breaks else ""
    return printable(f"{where}: {change.message}{breaks}")


def change_lines(changes: Sequence[Judged]) -> Iterator[Line]:
    """`  error PD103 git:git_log params max_count: added and required (writers)`, for each of the first changes."""
    for each in changes[:_MAX_LINES]:
        label = f"{each.severity} {each.change.rule.code}"
        yield Line(f"  {label} {said(each)}", each.severity, label)
    if (others := len(changes) - _MAX_LINES) > 0:
        yield Line(f"  and {others:,} more")
