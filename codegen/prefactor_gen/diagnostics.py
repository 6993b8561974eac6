"""What is wrong with a definition, where, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["RULES", "Diagnostic", "DiagnosticError", "Place", "Severity", "has_errors", "sorted_diagnostics"]


class Severity(StrEnum):
    """How much a diagnostic weighs: an error stops the generation, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


# One line per rule. The codes are stable: a rule that goes leaves its number unused.
RULES: dict[str, str] = {
    "PG001": "the source cannot be read or is not valid JSON or YAML",
    "PG002": "the definition does not have the form of an agent schema version",
    "PG003": "two definitions have the same span type name",
    "PG004": "a name cannot become a Python name",
    "PG005": "two names become the same Python name",
    "PG006": "a schema is not a valid JSON Schema",
    "PG007": "params and results are JSON objects; the schema describes something else",
    "PG008": "a $ref cannot be resolved inside the definition folder",
    "PG009": "a key that would steer the model generator is refused",
    "PG011": "the model generator could not express the schema as chosen",
    "PG012": "a definition source holds no definitions",
    "PG013": "the output package cannot have this name",
    "PG014": "a mark for redaction stands where it cannot be honoured",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A node of a definition source. Lines and columns count from 1; sources without text have only a pointer."""

    source: str
    pointer: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        text = self.source
        if self.line is not None:
            text += f":{self.line}:{self.column}"
        return f"{text} {self.pointer}" if self.pointer else text


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: which rule, where, what was expected and what was found."""

    code: str
    message: str
    place: Place
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        # One line, whatever a definition puts into names: no line breaks, no terminal codes, no lone surrogates.
        text = f"{self.place}: {self.severity} {self.code}: {self.message}"
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


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
