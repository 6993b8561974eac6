"""Prints the changes of definitions: as text, as JSON, or as annotations in a GitHub workflow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final, TextIO

from prefactor_gen.command.allowance_lines import allowance_line, lines_to_allow
from prefactor_gen.command.report import OUTPUT_FORMATS, Line, findings_data, print_lines, tally
from prefactor_gen.comparison.changes import Part
from prefactor_gen.comparison.judgement import Judged, Party
from prefactor_gen.comparison.recorded_spans import RecordedSpans
from prefactor_gen.diagnostics.change_rules import UNNEEDED_ALLOWANCE
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, printable
from prefactor_gen.documents.nodes import to_plain

__all__ = ["DIFF_FORMATS", "Report", "allowance_lines", "outcome", "print_diff_text"]

_PARTS: Final = list(Part)
_MAX_WITNESS: Final = 1_000
_MAX_LINES: Final = 20
_MAX_VERSION: Final = 20
_MOST_EXACT: Final = 2.0**53


@dataclass(frozen=True)
class Report:
    """What a comparison has found.

    Attributes:
        old: the names of the old sides.
        new: the name of the new side.
        span_types: the span types of both sides together, each with its place; one that was renamed is one.
        changes: what has changed.
        remarks: what was not compared, and why.
        findings: what is wrong with the new definitions; then nothing was compared.
        recorded: recorded spans, if there are any.
        base: the folder of the project.
        sources: the folder that the places of findings are relative to.
        fails_on_warnings: the command fails if there are warnings.
    """

    old: Sequence[str]
    new: str
    span_types: dict[str, Place] = field(default_factory=dict)
    changes: Sequence[Judged] = ()
    remarks: Sequence[str] = ()
    findings: Sequence[Diagnostic] = ()
    recorded: RecordedSpans | None = None
    base: Path = field(default_factory=Path)
    sources: Path = field(default_factory=Path)
    fails_on_warnings: bool = False

    @property
    def fails(self) -> bool:
        """Whether the command fails."""
        return bool(self.findings) or any(self.blocks(each) for each in self.changes)

    def blocks(self, found: Judged) -> bool:
        """Whether the command fails because of a change."""
        return found.severity is Severity.ERROR or (self.fails_on_warnings and found.severity is Severity.WARNING)

    @property
    def title(self) -> str:
        """What was compared, and how many span types have changed."""
        changed = len({each.change.span_type for each in self.definition_changes} & self.span_types.keys())
        number, total = f"{changed:,}" if changed else "none", len(self.span_types)
        return f"{self.sides}: {number} of {_count(total, 'span type')} changed"

    @property
    def definition_changes(self) -> list[Judged]:
        """The changes without the warnings about the configuration."""
        return [each for each in self.changes if each.change.rule is not UNNEEDED_ALLOWANCE]

    @property
    def unneeded_allowances(self) -> list[Judged]:
        """The warnings of allowances that no change needs."""
        return [each for each in self.changes if each.change.rule is UNNEEDED_ALLOWANCE]

    @property
    def sides(self) -> str:
        old = self.old[0] if len(self.old) == 1 else f"{self.old[0].rpartition('@')[0]} ({len(self.old)} versions)"
        return printable(f"{old} → {self.new}")

    def spans(self, found: Judged) -> str:
        """How many of the recorded spans the change refuses; empty if that is not known, or no question."""
        numbers = self.numbers_of_spans(found)
        return "" if numbers is None else f"{numbers[0]:,} of {_count(numbers[1], 'span')}"

    def numbers_of_spans(self, found: Judged) -> tuple[int, int] | None:
        """How many of the recorded spans the change refuses, of how many; None if that is not known."""
        concerned = None if self.recorded is None else self.recorded.concerned(found.change)
        if self.recorded is None or concerned is None:
            return None
        return concerned, self.recorded.total[found.change.span_type]


def print_diff_text(report: Report, stream: TextIO) -> None:
    """Print the changes for people."""
    print_lines(_lines(report), stream)


def _lines(report: Report) -> Iterator[Line]:
    yield Line(report.title)
    yield from (Line(printable(f"  {each}")) for each in report.remarks)
    for name, found in groupby(sorted(report.changes, key=_order), key=lambda each: each.change.span_type):
        yield from _section(name, list(found), report)
    yield from map(Line, recorded_beside(report))
    if report.changes:
        yield Line(counts(report))
    identities = [each.change.identity for each in report.definition_changes if report.blocks(each)]
    yield from map(Line, lines_to_allow(identities, "diff"))


def counts(report: Report) -> str:
    """How many changes there are, and whom they break."""
    return f"{tally(each.severity for each in report.changes)}: {outcome(report.changes)}"


def _order(found: Judged) -> tuple[str, int, int]:
    return found.change.span_type, _PARTS.index(found.change.part), list(Severity).index(found.severity)


def _section(name: str, found: Sequence[Judged], report: Report) -> Iterator[Line]:
    place = report.span_types.get(name)
    yield Line(printable(f"{name}  {short_place(place)}") if place is not None else printable(name))
    for part, changes in groupby(found, key=lambda each: each.change.part):
        if part is not Part.SPAN_TYPE:
            yield Line(f"  {part}")
        for each in changes:
            label = f"{each.severity} {each.change.rule.code}"
            indent = "    " if part is not Part.SPAN_TYPE else "  "
            yield Line(printable(f"{indent}{label} {what(each)}{_about(each, report)}"), each.severity, label)
            yield from (Line(printable(f"{indent}    {line}")) for line in details(each))


def what(found: Judged) -> str:
    """The place of a change in the payload, and what has changed there."""
    change = found.change
    return f"{change.path}: {change.message}" if change.path else change.message


def _about(found: Judged, report: Report) -> str:
    spans = report.spans(found)
    said = [", ".join(found.breaks), spans, f"allowed: {found.reason}" if found.reason is not None else ""]
    inside = "; ".join(filter(None, said))
    return f" ({inside})" if inside else ""


def details(found: Judged) -> Iterator[str]:
    """What else is known of a change, on lines of their own."""
    witness = found.change.witness
    if witness is not None and found.severity is not Severity.NOTE:
        text = json.dumps(_with_whole_numbers(witness.value), ensure_ascii=False)
        shown = text if len(text) <= _MAX_WITNESS else f"{text[:_MAX_WITNESS]}…"
        yield f"{'was valid' if witness.was_valid else 'valid now'}: {shown}"
    if found.change.hint:
        yield found.change.hint
    if found.versions:
        yield f"since {', '.join(map(_short_version, found.versions))}"


def _short_version(name: str) -> str:
    """The version in the name of a side. All are of one agent."""
    version = name.rpartition("@")[2]
    return f"@{version}" if len(version) <= _MAX_VERSION else f"@{version[:_MAX_VERSION]}…"


def recorded_beside(report: Report) -> Iterator[str]:
    """What recorded spans show beside the changes: what cannot be checked, and is refused elsewhere."""
    if report.recorded is None:
        return
    known = report.recorded.total.keys() & report.span_types.keys()
    if not known:
        yield f"recorded: none of {_count(report.recorded.total.total(), 'span')} is of these span types"
    for (span_type, part), number in sorted(report.recorded.unchecked.items()):
        spans = f"{number:,} of {_count(report.recorded.total[span_type], 'span')}"
        yield printable(f"recorded: {span_type} {part} cannot be checked in {spans}")
    places = report.recorded.elsewhere([each.change for each in report.changes])
    for span_type, part, path, number in places[:_MAX_LINES]:
        spans = f"{number:,} of {_count(report.recorded.total[span_type], 'span')}"
        where = " ".join(filter(None, (span_type, part, path)))
        yield printable(f"recorded: {where} does not match in {spans}, and has not changed")
    if (others := len(places) - _MAX_LINES) > 0:
        yield f"recorded: {others:,} more places that do not match"


def outcome(changes: Sequence[Judged]) -> str:
    """Whom the errors break."""
    errors = [party for each in changes if each.severity is Severity.ERROR for party in each.breaks]
    broken = [party for party in Party if party in errors and party is not Party.RISK]
    risk = ["raises the risk"] if Party.RISK in errors else []
    return ", ".join([*([f"breaks {_listed(broken)}"] if broken else []), *risk]) or "breaks nobody"


def allowance_lines(report: Report) -> list[str]:
    """The lines for the configuration that allow what the command fails for."""
    identities = dict.fromkeys(each.change.identity for each in report.definition_changes if report.blocks(each))
    return list(map(allowance_line, identities))


def _print_json(report: Report, stream: TextIO) -> None:
    document = {
        "old": list(report.old) if len(report.old) > 1 else report.old[0],
        "new": report.new,
        "changes": [_json(each, report) for each in report.changes],
        "findings": findings_data(report.findings),
        "not_compared": list(report.remarks),
    }
    print(json.dumps(document, indent=2), file=stream)


def _json(found: Judged, report: Report) -> dict[str, object]:
    change, witness, spans = found.change, found.change.witness, report.numbers_of_spans(found)
    value = None if witness is None else _with_whole_numbers(witness.value)
    return {
        "id": change.rule.code,
        "level": found.severity,
        "breaks": list(found.breaks),
        "span_type": change.span_type,
        "part": change.part or None,
        "path": change.path,
        "message": change.message,
        "hint": change.hint or None,
        "old": to_plain(change.old),
        "new": to_plain(change.new),
        "witness": None if witness is None else {"value": value, "was_valid": witness.was_valid},
        "proof": change.proof,
        "fingerprint": change.fingerprint,
        "place": change.place._asdict(),
        "allowance": change.identity,
        "allowed": found.reason,
        "versions": list(found.versions) or None,
        "spans": None if spans is None else {"concerned": spans[0], "total": spans[1]},
    }


def _with_whole_numbers(value: object) -> object:
    """The value with 28 for 28.0: what an integer may be is shown as one."""
    if isinstance(value, Mapping):
        return {key: _with_whole_numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _MOST_EXACT else value


def _print_github(report: Report, stream: TextIO) -> None:
    changes = [each for each in report.changes if each.severity is not Severity.NOTE]
    found = [
        Diagnostic(each.change.rule.code, _annotated(each), _without_pointer(each.change.place), each.severity)
        for each in changes
    ]
    OUTPUT_FORMATS["github"]([*report.findings, *found], report.base, stream)


def _annotated(found: Judged) -> str:
    change = found.change
    where = " ".join(filter(None, (change.span_type, change.part)))
    breaks = f" ({', '.join(found.breaks)})" if found.breaks else ""
    return "\n".join([f"{where}: {what(found)}{breaks}", *details(found)])


def short_place(place: Place) -> str:
    """The file of a place, with its line and its column if they are known."""
    return str(_without_pointer(place))


def _without_pointer(place: Place) -> Place:
    return place._replace(pointer="", about="")


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


DIFF_FORMATS: Final[dict[str, Callable[[Report, TextIO], None]]] = {"json": _print_json, "github": _print_github}
"""The values of `--format` for programs, with what prints the changes."""
