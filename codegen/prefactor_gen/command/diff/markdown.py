"""Prints the changes of definitions as a comment of a pull request."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, TextIO

from prefactor_gen.command.diff.report import (
    Report,
    allowance_lines,
    counts,
    details,
    recorded_beside,
    short_place,
)
from prefactor_gen.comparison.judgement import Judged
from prefactor_gen.diagnostics.diagnostics import Severity, printable

__all__ = ["FIRST_LINE", "one_comment", "print_markdown"]

FIRST_LINE: Final = "<!-- prefactor-gen diff -->"
"""By which a later run finds its comment."""
_MAX_CHARACTERS: Final = 60_000
"""A comment on GitHub has at most 65,536."""
_SIGNS: Final = {Severity.ERROR: "❌ error", Severity.WARNING: "⚠️ warning", Severity.NOTE: "note"}
_MAX_LINES_TO_ALLOW: Final = 20
_MAX_LINE: Final = 500


def print_markdown(report: Report, stream: TextIO) -> None:
    """Print the changes, errors first. What does not fit a comment is only counted."""
    first = [FIRST_LINE, f"**{_text(report.sides if report.findings else report.title)}**"]
    last = [*(_text(each) for each in recorded_beside(report)), *_allowances(report)]
    first += [_text(each) for each in report.remarks]
    # In no table: the workflow of the guide writes a comment if there is one, and no definition has changed here.
    first += [f"{_SIGNS[each.severity]} {_text(_unneeded(each))}" for each in report.unneeded_allowances]
    if report.findings:
        first.append("The new definitions are wrong; `prefactor-gen check` says this:")
        last = [_text(str(each)) for each in report.findings[:_MAX_LINES_TO_ALLOW]]
    elif report.changes:
        first.append(_text(counts(report)))
    room = _MAX_CHARACTERS - sum(len(each) + 2 for each in (*first, *last)) - 100
    print(_cut("\n\n".join([*first, *_tables(report, room), *last])), file=stream)


def one_comment(printed: Mapping[str, str]) -> str:
    """One comment about several projects, of what was printed for each, by its folder."""
    parts = [f"### {_code(folder)}\n{text.removeprefix(FIRST_LINE)}" for folder, text in printed.items() if text]
    return _cut("\n".join([FIRST_LINE, "", *parts]).rstrip())


def _unneeded(found: Judged) -> str:
    return f"{found.change.rule.code} {found.change.message}"


def _cut(text: str) -> str:
    """The lines that fit a comment."""
    if len(text) <= _MAX_CHARACTERS:
        return text
    whole_lines = text[: _MAX_CHARACTERS - 100].rpartition("\n")[0]
    return f"{whole_lines}\n\nand more, which does not fit a comment"


def _tables(report: Report, room: int) -> Iterator[str]:
    """A table for each span type, those with errors first, as far as there is room."""
    severities = list(Severity)
    ordered = sorted(
        report.definition_changes, key=lambda each: (each.change.span_type, severities.index(each.severity))
    )
    tables = [(name, list(found)) for name, found in groupby(ordered, key=lambda each: each.change.span_type)]
    left = len(ordered)
    for name, found in sorted(tables, key=lambda each: severities.index(each[1][0].severity)):
        lines = [_heading(name, report), *_HEAD]
        room -= sum(len(line) + 1 for line in lines)
        rows = [_row(each, report) for each in found]
        shown = list(_that_fit(rows, room))
        room -= sum(len(line) + 1 for line in shown)
        left -= len(shown)
        if shown:
            yield "\n".join([*lines, *shown])
        if len(shown) < len(rows):
            break
    if left:
        yield f"and {left:,} more"


_HEAD: Final = ("", "| | rule | where | what | breaks |", "|-|-|-|-|-|")


def _that_fit(rows: Sequence[str], room: int) -> Iterator[str]:
    for row in rows:
        room -= len(row) + 1
        if room < 0:
            return
        yield row


def _heading(name: str, report: Report) -> str:
    place = report.span_types.get(name)
    return f"#### {_code(name)}{f' {_text(short_place(place))}' if place is not None else ''}"


def _row(found: Judged, report: Report) -> str:
    change = found.change
    where = " ".join(filter(None, (change.part, _code(change.path) if change.path else "")))
    lines = [_text(change.message), *(_text(each) for each in details(found))]
    lines += [f"allowed: {_text(found.reason)}"] if found.reason is not None else []
    lines += [spans] if (spans := report.spans(found)) else []
    cells = [_SIGNS[found.severity], change.rule.code, where, "<br>".join(lines), ", ".join(found.breaks)]
    return f"| {' | '.join(cells)} |"


def _allowances(report: Report) -> Iterator[str]:
    if lines := allowance_lines(report):
        shown = [each for each in lines[:_MAX_LINES_TO_ALLOW] if len(each) < _MAX_LINE]
        more = [f"# and {len(lines) - len(shown)} more"] if len(lines) > len(shown) else []
        table = ["[tool.prefactor-gen.diff.allow]", *shown, *more]
        yield "\n".join(["To allow one, add it to `pyproject.toml`:", "", "````toml", *table, "````"])


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _text(text: str) -> str:
    """The text as Markdown that shows it as it is: nothing in it is markup, a link, or the name of somebody."""
    escaped = re.sub(r"([\\`*_{}\[\]()~|!])", r"\\\1", html.escape(printable(text), quote=False))
    # A comment inside keeps GitHub from making links of them.
    return re.sub(r"@|#(?=\d)|://|(?<=www)\.", lambda found: f"{found[0]}<!-- -->", escaped)
