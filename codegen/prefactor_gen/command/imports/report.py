"""Prints what an import has found: as text, as JSON, or as annotations in a GitHub workflow."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.command.change_lines import change_lines, said
from prefactor_gen.command.report import OUTPUT_FORMATS, Line, print_lines
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, printable
from prefactor_gen.importing.span_types import Found

if TYPE_CHECKING:
    from prefactor_gen.comparison.judgement import Judged

__all__ = ["ImportReport", "change_members", "print_report"]

_SHOWN_NAMES = 3
_CODE = "import"


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What one import has done.

    Attributes:
        origin: the name and version of the source.
        file: the definition file, as messages show it.
        written: how many span types it has; 0 if it was not written.
        offered: how many the source has.
        noun: what the source calls them.
        found: what there is to tell.
        changes: what has changed since the last import.
        hint: what else is to be done; empty if nothing is.
    """

    origin: str
    file: str
    written: int
    offered: int
    noun: str
    found: Sequence[Found]
    changes: Sequence[Judged] = ()
    hint: str = ""


def print_report(report: ImportReport, output_format: str) -> None:
    """Print a report on standard output.

    Args:
        report: what was done.
        output_format: `text`, `json` or `github`.
    """
    if output_format == "json":
        _print_json(report)
    elif output_format == "github":
        OUTPUT_FORMATS["github"](list(_diagnostics(report)), Path(), sys.stdout)
    else:
        print(_headline(report))
        print_lines(_lines(report.found), sys.stdout)
        print_lines(change_lines(report.changes), sys.stdout)
        if report.hint:
            print(f"  hint: {report.hint}")


def _print_json(report: ImportReport) -> None:
    """Print a report as a JSON object."""
    found = [{"span_type": each.about, "severity": each.severity, "message": each.message} for each in report.found]
    changes = [change_members(each) for each in report.changes]
    members = {"origin": report.origin, "file": report.file, "span_types": report.written}
    print(json.dumps({**members, "found": found, "changes": changes}, indent=2))


def change_members(found: Judged) -> dict[str, str]:
    """A change as a JSON object has it."""
    return {"id": found.change.rule.code, "level": found.severity, "message": said(found)}


def _headline(report: ImportReport) -> str:
    left_out = report.offered - report.written
    number = f"{report.written} of {report.offered}" if left_out else str(report.offered)
    noun = report.noun if report.offered == 1 else f"{report.noun}s"
    target = f"→ {report.file}" if report.written else "are usable; nothing was written"
    return f"{printable(report.origin)}: {number} {noun} {target}"


def _lines(found: Sequence[Found]) -> Iterator[Line]:
    """What was found, errors first; the same about many span types is one line."""
    groups: dict[tuple[Severity, str], list[str]] = {}
    for severity in Severity:
        for each in found:
            if each.severity is severity:
                groups.setdefault((severity, each.message), []).append(each.about)
    for (severity, message), abouts in groups.items():
        names = list(dict.fromkeys(filter(None, abouts)))
        more = len(names) - _SHOWN_NAMES
        shown = names if more <= 1 else names[:_SHOWN_NAMES]
        subject = ", ".join(shown) + (f" and {more} more" if more > 1 else "")
        text = printable(f"{subject}: {message}" if subject else message)
        yield Line(f"  {severity} {text}", severity, severity)


def _diagnostics(report: ImportReport) -> Iterator[Diagnostic]:
    place = Place(report.file)
    for each in report.found:
        yield Diagnostic(_CODE, printable(each.message), place._replace(about=printable(each.about)), each.severity)
    for change in report.changes:
        yield Diagnostic(change.change.rule.code, said(change), place, change.severity)
