"""What is wrong with a definition, where, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

__all__ = [
    "Diagnostic",
    "DiagnosticError",
    "Place",
    "Severity",
    "has_errors",
    "sorted_diagnostics",
]


# Characters of a place or a message that are printed; names may have thousands.
_LONGEST = 1_000


class Severity(StrEnum):
    """How much a diagnostic weighs: an error stops the generation, a warning does not, a note only `check` tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Place(NamedTuple):
    """A node of a definition source. Lines and columns count from 1.

    Sources without text have a pointer only, and the name of the definition that it is in (`about`).
    """

    source: str
    pointer: str = ""
    line: int | None = None
    column: int | None = None
    about: str = ""

    def __str__(self) -> str:
        text = self.source
        if self.line is not None:
            text += f":{self.line}:{self.column}"
        text = f"{text} {self.pointer}" if self.pointer else text
        return f"{text} ({self.about})" if self.about else text


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: which rule, where, what was expected and what was found."""

    code: str
    message: str
    place: Place
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        # One line, whatever a definition puts into names: no line breaks, no terminal codes, no lone surrogates.
        text = f"{_short(str(self.place))}: {self.severity} {self.code}: {_short(self.message)}"
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


class DiagnosticError(Exception):
    """Stops a stage whose input is wrong; carries everything that was found until then."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Say whether any of the diagnostics stops the generation."""
    return any(found.severity is Severity.ERROR for found in diagnostics)


def sorted_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Order by source, line and code, each finding once."""
    unique = dict.fromkeys(diagnostics)
    return sorted(
        unique,
        key=lambda found: (found.place.source, found.place.line or 0, found.place.column or 0, found.code),
    )
