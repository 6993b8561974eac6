"""Diagnostics: what is wrong with a definition, and where.

Every stage reports in the same way. A function that only checks yields or returns diagnostics. A function that makes
something returns `Checked`: the value and its diagnostics. `DiagnosticError` is raised only by a function that has no
value to return; the caller that can go on with the other definitions catches it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from prefactor_gen.diagnostics.invisible import escape_invisible

__all__ = [
    "Checked",
    "Diagnostic",
    "DiagnosticError",
    "Place",
    "Severity",
    "has_errors",
    "printable",
    "sorted_diagnostics",
]

T = TypeVar("T")

# Characters of a place or a message that are printed; names may have thousands.
_MAX_PRINTED = 1_000


class Severity(StrEnum):
    """An error stops the generation, a warning does not, and a note is shown only by `check`."""

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
    """A rule that is broken: where, what was expected and what was found."""

    code: str
    message: str
    place: Place
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return printable(f"{_shortened(str(self.place))}: {self.severity} {self.code}: {_shortened(self.message)}")


def printable(text: str) -> str:
    """The text on one line, with escapes for what nobody sees or prints: line breaks, terminal codes, blank letters."""
    shown = escape_invisible(text)
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_PRINTED else f"{text[: _MAX_PRINTED // 2]} … {text[-_MAX_PRINTED // 2 :]}"


class Checked(NamedTuple, Generic[T]):
    """A value, and the diagnostics of making it."""

    value: T
    diagnostics: Sequence[Diagnostic] = ()


class DiagnosticError(Exception):
    """Stops a function that has no value to return; carries its diagnostics."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of the diagnostics stops the generation."""
    return any(item.severity is Severity.ERROR for item in diagnostics)


def sorted_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics by source, line, column and code, without duplicates."""
    return sorted(
        dict.fromkeys(diagnostics),
        key=lambda item: (item.place.source, item.place.line or 0, item.place.column or 0, item.code),
    )
