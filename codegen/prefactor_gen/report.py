"""How findings are shown: to people, as JSON, and as annotations of GitHub's."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, TextIO

from prefactor_gen.diagnostics import Diagnostic, Place, Severity

__all__ = ["FORMATS", "colourful", "for_people", "summary"]

_COLOURS: Final = {Severity.ERROR: "\x1b[31m", Severity.WARNING: "\x1b[33m", Severity.NOTE: "\x1b[36m"}
_PLAIN: Final = "\x1b[0m"
_WIDEST = 160


def colourful(stream: TextIO) -> bool:
    """Whether to write colours: on a terminal, unless NO_COLOR is set (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def for_people(found: Diagnostic, base: Path, *, colours: bool = False) -> str:
    """One finding, and the line that it is about."""
    text = str(found)
    if colours:
        mark = f"{found.severity} {found.code}"
        text = text.replace(mark, f"{_COLOURS[found.severity]}{mark}{_PLAIN}", 1)
    return "\n".join([text, *_excerpt(found.place, base)])


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """How many there are of each severity."""
    counts = Counter(found.severity for found in diagnostics)
    told = [_count(counts[severity], severity) for severity in (Severity.ERROR, Severity.WARNING)]
    notes = counts[Severity.NOTE]
    return ", ".join([*told, _count(notes, Severity.NOTE)] if notes else told)


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


@lru_cache(maxsize=1)  # findings come file by file
def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return []


def _as_text(diagnostics: Sequence[Diagnostic], base: Path, stream: TextIO) -> str:
    colours = colourful(stream)
    _lines.cache_clear()  # the files may have changed since
    return "".join(f"{for_people(found, base, colours=colours)}\n" for found in diagnostics)


def _as_json(diagnostics: Sequence[Diagnostic], _base: Path, _stream: TextIO) -> str:
    findings = [
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
    return json.dumps(findings, indent=2) + "\n"


def _as_github(diagnostics: Sequence[Diagnostic], base: Path, _stream: TextIO) -> str:
    base = base.resolve()
    # GitHub takes paths to be relative to the repository.
    repository = next((folder for folder in (base, *base.parents) if (folder / ".git").exists()), base)
    folder = base.relative_to(repository)
    return "".join(f"{_annotation(found, folder)}\n" for found in diagnostics)


def _annotation(found: Diagnostic, folder: Path) -> str:
    """A workflow command. Its values end at commas and colons, and a line break would begin another command."""
    place = found.place
    settings = {
        "file": (folder / place.source).as_posix(),
        "line": place.line,
        "col": place.column,
        "title": found.code,
    }
    given = ",".join(f"{key}={_property(str(value))}" for key, value in settings.items() if value is not None)
    inside = ", ".join(filter(None, (place.about, place.pointer)))
    message = f"{found.message} ({inside})" if inside else found.message
    command = "notice" if found.severity is Severity.NOTE else found.severity
    return f"::{command} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


FORMATS: dict[str, Callable[[Sequence[Diagnostic], Path, TextIO], str]] = {
    "text": _as_text,
    "json": _as_json,
    "github": _as_github,
}
"""What `--format` takes: findings, the folder that places are relative to, the stream they go to → text."""
