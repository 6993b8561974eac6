"""Prints the data risk of span types: a table as text or Markdown, or all that is declared as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO, TypeAlias

from prefactor_gen.command.allowance_lines import lines_to_allow
from prefactor_gen.command.report import OUTPUT_FORMATS, console, findings_data, is_terminal, print_text, summary
from prefactor_gen.definitions.data_risk import CLASSIFICATION, UNKNOWN, RiskSection
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Severity, printable
from prefactor_gen.json_schema.data_fields import DataField
from prefactor_gen.risk.gate import RiskFinding
from prefactor_gen.risk.profile import RiskProfile
from prefactor_gen.risk.span_risk import SpanRisk

__all__ = ["PRINT", "RiskReport"]

_SHORT: Final = {
    "create_data": "create",
    "read_data": "read",
    "update_data": "update",
    "destroy_data": "destroy",
    "financial_transactions": "money",
    "external_communication": "external",
}

_Words: TypeAlias = Callable[[SpanRisk, RiskSection], str]


@dataclass(frozen=True, slots=True)
class RiskReport:
    """What is printed.

    Attributes:
        risks: the data risk of each definition.
        profile: what scores are computed by; None for no scores.
        found: what is not allowed, in the order of the files.
        failing: the severities that make the run fail.
        shows_every: whether text has each finding, also if a file has many of one kind.
    """

    risks: Sequence[SpanRisk]
    profile: RiskProfile | None
    found: Sequence[RiskFinding]
    failing: Collection[Severity]
    shows_every: bool

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What is not allowed."""
        return [each.diagnostic for each in self.found]

    def rows(self, name: Callable[[str], str], actions: _Words, categories: _Words) -> list[list[str]]:
        """The cells of a table, with its head. The arguments put the name and the sections of data_risk into words."""
        score = ["score"] if self.profile else []
        return [
            ["span type", "class", "actions", "params", "result", *score],
            *(
                [
                    name(risk.name) + (" (quality)" if risk.is_quality else ""),
                    _classification(risk),
                    actions(risk, risk.declared.actions),
                    categories(risk, risk.declared.params),
                    categories(risk, risk.declared.result),
                    *([str(self.profile.score(risk.declared))] if self.profile else []),
                ]
                for risk in self.risks
            ),
        ]


def _print_text(report: RiskReport, base: Path, stream: TextIO) -> None:
    """Print a line for each span type, then the findings, and how to allow those that make the run fail."""
    _print_table(report.rows(printable, _short_actions, _number_of_categories), stream)
    if report.found:
        print(file=stream)
        print_text(report.diagnostics, base, stream, every=report.shows_every, command="risk")
        print(summary(report.diagnostics), file=stream)
    failing = (each.identity for each in report.found if each.identity and each.diagnostic.severity in report.failing)
    for line in lines_to_allow(failing, "risk"):
        print(line, file=stream)


def _print_table(rows: Sequence[Sequence[str]], stream: TextIO) -> None:
    if is_terminal(stream):
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for number, row in enumerate(rows):
            table.add_row(*(Text(cell, style="" if number else "bold") for cell in row))
        console(stream).print(table)
        return
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip(), file=stream)


def _print_markdown(report: RiskReport, _base: Path, stream: TextIO) -> None:
    """Print a table with the names of the categories, and the findings below it."""
    rows = report.rows(_code_in_table, _names, _names)
    rows.insert(1, ["---"] * len(rows[0]))
    print("<!-- prefactor-gen risk -->", *(f"| {' | '.join(row)} |" for row in rows), sep="\n", file=stream)
    if report.found:
        lines = list(map(str, report.diagnostics))
        fence = _fence("\n".join(lines), at_least=3)
        print(f"\n{summary(report.diagnostics)}\n", f"{fence}text", *lines, fence, sep="\n", file=stream)


def _print_json(report: RiskReport, _base: Path, stream: TextIO) -> None:
    """Print all that is declared, and the findings."""
    risks = [_data(risk, report.profile) for risk in report.risks]
    findings = [
        {**data, "allowance": each.identity or None}
        for data, each in zip(findings_data(report.diagnostics), report.found, strict=True)
    ]
    print(json.dumps({"span_types": risks, "findings": findings}, indent=2), file=stream)


def _print_github(report: RiskReport, base: Path, stream: TextIO) -> None:
    OUTPUT_FORMATS["github"](report.diagnostics, base, stream)


PRINT: Final[dict[str, Callable[[RiskReport, Path, TextIO], None]]] = {
    "text": _print_text,
    "json": _print_json,
    "github": _print_github,
    "markdown": _print_markdown,
}
"""What prints a report, by the values of `--format`; takes the report, the folder of its sources, and the stream."""


def _classification(risk: SpanRisk) -> str:
    is_open = any(CLASSIFICATION in risk.unknown(section) for section in risk.declared)
    return f"{risk.classification} or more" if is_open and risk.classification != UNKNOWN else risk.classification


def _short_actions(risk: SpanRisk, section: RiskSection) -> str:
    return _said(risk, section, [_SHORT.get(key, key) for key in section.stated])


def _names(risk: SpanRisk, section: RiskSection) -> str:
    return _said(risk, section, section.stated)


def _number_of_categories(risk: SpanRisk, section: RiskSection) -> str:
    total = sum(key != CLASSIFICATION for key in section.words)
    return _said(risk, section, [f"{len(section.stated)} of {total}"])


def _said(risk: SpanRisk, section: RiskSection, words: Sequence[str]) -> str:
    """Words for what a section states, and the number of keys that are unknown, without the classification."""
    if section is risk.declared.result and not risk.has_result and not section.stated:
        return "no result"
    keys = section.words.keys() - {CLASSIFICATION}
    unknown = len(keys.intersection(risk.unknown(section)))
    if unknown == len(keys):
        return UNKNOWN
    return ", ".join([*words, *([f"{unknown} unknown"] if unknown else [])]) or "none"


def _code_in_table(text: str) -> str:
    """Text as code in a cell of a table, where Markdown and HTML mean nothing."""
    shown = printable(text).replace("|", r"\x7c")  # a table ends the cell there, even in code
    fence = _fence(shown)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _fence(text: str, at_least: int = 1) -> str:
    """More backticks than there are in a row in a text."""
    return "`" * max(at_least, *(len(run) + 1 for run in re.findall("`+", text)), 1)


def _data(risk: SpanRisk, profile: RiskProfile | None) -> dict[str, object]:
    score = profile.score(risk.declared) if profile else None
    return {
        "name": risk.name,
        "is_quality": risk.is_quality,
        "source": risk.place.source,
        "pointer": risk.place.pointer,
        "line": risk.place.line,
        **{section.name: dict(section.words) for section in risk.declared},
        "params_fields": list(map(_field, risk.params_fields)),
        "result_fields": list(map(_field, risk.result_fields)),
        "score": None if score is None else {"low": score.low, "high": score.high},
    }


def _field(field: DataField) -> dict[str, object]:
    return {"path": field.path, "categories": list(field.categories), "is_redacted": field.is_redacted}
