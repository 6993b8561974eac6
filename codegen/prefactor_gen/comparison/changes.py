"""A change of a definition, as `prefactor-gen diff` reports it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from prefactor_gen.diagnostics.change_rules import ChangeRule
from prefactor_gen.diagnostics.diagnostics import Place, Severity
from prefactor_gen.documents.nodes import JsonValue

__all__ = ["Change", "Part", "Proof", "Witness"]


class Part(StrEnum):
    """What of a definition has changed."""

    SPAN_TYPE = ""
    PARAMS = "params"
    RESULT = "result"
    QUALITY = "quality"


class Proof(StrEnum):
    """Why a change is said to break, or not to break."""

    WITNESS = "witness"
    """A value that one side takes and the other refuses: the engine was asked for both."""
    UNPROVEN = "unproven"
    """The engine does not know, or does not support the schema."""
    DECLARED = "declared"
    """The definitions say so: a rename, a deprecation, a data risk, a text."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A value of a whole part that only one side takes.

    Attributes:
        value: the value, as plain JSON data.
        was_valid: whether the old schema takes it, and the new one refuses it; otherwise the other way round.
    """

    value: object
    was_valid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change.

    Attributes:
        rule: its kind.
        span_type: the name of the span type, or of the quality schema.
        part: what of it has changed.
        path: the place in the payload, such as `customer.id`, `tags[]` or `labels.*`; empty for the whole part.
        message: what has changed, without the path.
        writers: how severe it is for agents that record such spans; None if it does not break them.
        readers: how severe it is for programs that read them; None if it does not break them.
        place: where the new definitions say so; of what was removed, the place of the span type.
        old: what the old definitions say, such as a schema or a text; None if there was nothing.
        new: what the new definitions say; None if there is nothing.
        witness: a payload that shows it.
        proof: why it is reported; None for a note or a warning that needs none.
        hint: what to do, on a line of its own.
    """

    rule: ChangeRule
    span_type: str
    part: Part
    message: str
    place: Place
    path: str = ""
    writers: Severity | None = None
    readers: Severity | None = None
    old: JsonValue = None
    new: JsonValue = None
    witness: Witness | None = None
    proof: Proof | None = None
    hint: str = ""

    @property
    def severity(self) -> Severity:
        """The higher of the two severities; a note if it concerns neither."""
        return next((each for each in Severity if each in {self.writers, self.readers}), Severity.NOTE)

    @property
    def identity(self) -> str:
        """What an allowance names: `PD103 billing:refund params channel`."""
        return " ".join(filter(None, (self.rule.code, self.span_type, self.part, self.path)))

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that stay the same as long as the change does, however it is worded."""
        said = json.dumps([self.identity, self.old, self.new], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()[:12]
