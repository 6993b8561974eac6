"""A change that the walk has found, with what a value must do to show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from prefactor_gen.comparison.schemas.reading.paths import Path
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain
from prefactor_gen.diagnostics.change_rules import ChangeRule
from prefactor_gen.diagnostics.diagnostics import Place, Severity
from prefactor_gen.documents.nodes import JsonValue

__all__ = ["Directions", "Finding", "Region"]


class Directions(NamedTuple):
    """In which directions a change is not proven to be safe.

    Attributes:
        narrows: the new schema may refuse what the old one takes.
        widens: the new schema may take what the old one refuses.
    """

    narrows: bool
    widens: bool

    def both(self, narrows: bool, widens: bool) -> Directions:
        """Those of these that hold here, too."""
        return Directions(self.narrows and narrows, self.widens and widens)


class Region(NamedTuple):
    """The values at a place that show a change: one side takes them, the other does not.

    Attributes:
        path: the place.
        taken: the schema that they match.
        refused: the schema that they do not match.
    """

    path: Path
    taken: Plain
    refused: Plain


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A change of a schema.

    Attributes:
        rule: its kind.
        path: the place in the payload.
        message: what has changed.
        place: where the new schema says so.
        writers: how severe it is for those who write; None if it does not break them.
        readers: the same for those who read.
        narrowing: the values that only the old schema takes; None if there are none.
        widening: the values that only the new schema takes.
        old: what the old schema says.
        new: what the new schema says.
        hint: what to do.
    """

    rule: ChangeRule
    path: Path
    message: str
    place: Place
    writers: Severity | None = None
    readers: Severity | None = None
    narrowing: Region | None = None
    widening: Region | None = None
    old: JsonValue = None
    new: JsonValue = None
    hint: str = ""
