"""Prints diagnostics: as text, as JSON, or as annotations in a GitHub workflow."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

from prefactor_gen.command.similar_findings import SimilarFindings, put_together
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = [
    "OUTPUT_FORMATS",
    "Line",
    "console",
    "findings_data",
    "is_terminal",
    "print_lines",
    "print_text",
    "report_errors",
    "summary",
    "tally",
]

_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_WIDEST = 160
_UNLIMITED: Final = 1_000_000


def is_terminal(stream: TextIO) -> bool:
    """Whether to write for a terminal: it is one, or FORCE_COLOR is set (force-color.org)."""
    return stream.isatty() or bool(os.environ.get("FORCE_COLOR"))


def console(stream: TextIO) -> Console:
    """A console of rich that prints text as it is, and wraps lines on a terminal only.

    rich decides on colours by the stream, NO_COLOR, FORCE_COLOR and TERM.
    """
    from rich.console import Console

    width = None if stream.isatty() else _UNLIMITED
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


class Line(NamedTuple):
    """A line that is printed, or several lines in one text.

    Attributes:
        label: what of it has the colour of the severity on a terminal; empty for nothing.
    """

    text: str
    severity: Severity = Severity.NOTE
    label: str = ""


def report_errors(diagnostics: Sequence[Diagnostic], base: Path, *, warnings: bool = False) -> None:
    """Print the errors on standard error, and their number. The others are reported by `check`.

    Args:
        diagnostics: ordered by file.
        base: the folder that their sources are relative to.
        warnings: also the warnings.
    """
    severities = {Severity.ERROR, Severity.WARNING} if warnings else {Severity.ERROR}
    if found := [each for each in diagnostics if each.severity in severities]:
        print_text(found, base, sys.stderr)
        print(f"prefactor-gen: {summary(found)}", file=sys.stderr)


def print_lines(lines: Iterable[Line], stream: TextIO) -> None:
    """Print lines, with colours on a terminal."""
    terminal = console(stream) if is_terminal(stream) else None
    for line in lines:
        if terminal is None:
            print(line.text, file=stream)
        else:
            terminal.print(_coloured(line), soft_wrap=True)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """The number of errors and warnings, and of notes if there are any."""
    return tally(found.severity for found in diagnostics)


def tally(severities: Iterable[Severity]) -> str:
    """The number of errors and warnings among severities, and of notes if there are any."""
    counts = Counter(severities)
    counted = [each for each in Severity if each is not Severity.NOTE or counts[each]]
    return ", ".join(_count(counts[severity], severity) for severity in counted)


def print_text(
    diagnostics: Sequence[Diagnostic], base: Path, stream: TextIO, *, every: bool = False, command: str = "check"
) -> None:
    """Print diagnostics, each with the line of the file that it is about.

    Args:
        diagnostics: ordered by file.
        base: the folder that their sources are relative to.
        stream: where to print them.
        every: also those of which there are many of one kind in a file; otherwise, the first one and their number.
        command: the command whose option `--all` shows each.
    """
    _lines.cache_clear()  # the files may have changed since
    similar = map(SimilarFindings, diagnostics) if every else put_together(diagnostics)
    if diagnostics:
        print_lines((_line(each, base, command) for each in similar), stream)


def _line(similar: SimilarFindings, base: Path, command: str) -> Line:
    found = similar.first
    text = "\n".join([str(found), *_excerpt(found.place, base), *_count_of(similar, command)])
    return Line(text, found.severity, f"{found.severity} {found.code}")


def _count_of(similar: SimilarFindings, command: str) -> Iterator[str]:
    if others := similar.about_the_others():
        yield f"    {others}; `prefactor-gen {command} --all` shows each"


def _coloured(line: Line) -> Text:
    from rich.text import Text

    before, label, after = line.text.partition(line.label) if line.label else (line.text, "", "")
    return Text.assemble(before, (label, _COLOURS[line.severity]), after)


def _excerpt(place: Place, base: Path) -> Iterator[str]:
    if place.line is None or place.column is None:
        return
    lines = _lines(base / place.source)
    if place.line > len(lines):
        return
    start = max(0, place.column - 1 - _WIDEST // 2)
    shown = lines[place.line - 1][start : start + _WIDEST]
    yield f"    {''.join(char if char.isprintable() else ' ' for char in shown)}"
    yield f"    {' ' * (place.column - 1 - start)}^"


@lru_cache(maxsize=1)  # diagnostics are ordered by file
def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return []


def findings_data(diagnostics: Sequence[Diagnostic]) -> list[dict[str, object]]:
    """The diagnostics as JSON data."""
    return [
        {
            "code": found.code,
            "severity": found.severity,
            "message": found.message,
            "source": found.place.source,
            "pointer": found.place.pointer,
            "line": found.place.line,
            "column": found.place.column,
        }
        for found in diagnostics
    ]


def _print_json(diagnostics: Sequence[Diagnostic], _base: Path, stream: TextIO) -> None:
    print(json.dumps(findings_data(diagnostics), indent=2), file=stream)


def _print_github(diagnostics: Sequence[Diagnostic], base: Path, stream: TextIO) -> None:
    base = base.resolve()
    # Paths in annotations are relative to the repository.
    repository = next((folder for folder in (base, *base.parents) if (folder / ".git").exists()), base)
    folder = base.relative_to(repository)
    for found in diagnostics:
        print(_annotation(found, folder), file=stream)


def _annotation(found: Diagnostic, folder: Path) -> str:
    """A workflow command. Commas and colons end its values, and a line break would start another command."""
    place = found.place
    settings = {
        "file": (folder / place.source).as_posix(),
        "line": place.line,
        "col": place.column,
        "title": found.code,
    }
    given = ",".join(f"{key}={_property(str(value))}" for key, value in settings.items() if value is not None)
    inside = ", ".join(filter(None, (place.about, place.pointer)))
    text = f"{found.message} ({inside})" if inside else found.message
    message = "\n".join(map(printable, text.split("\n")))
    command = "notice" if found.severity is Severity.NOTE else found.severity
    return f"::{command} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


OUTPUT_FORMATS: Final[dict[str, Callable[[Sequence[Diagnostic], Path, TextIO], None]]] = {
    "json": _print_json,
    "github": _print_github,
}
"""The values of `--format` for programs, with what prints diagnostics, given the folder of their sources."""
