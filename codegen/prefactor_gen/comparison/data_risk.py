"""Compares the data risk of two definitions, and what they redact."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.comparison.changes import Change
from prefactor_gen.definitions.definitions import QualityDefinition, SpanTypeDefinition

__all__ = ["data_risk_changes"]


def data_risk_changes(
    old: SpanTypeDefinition | QualityDefinition | None, new: SpanTypeDefinition | QualityDefinition
) -> Iterator[Change]:
    """The changes of the declared data risk, and of what is redacted.

    Args:
        old: the definition before; None of a span type that is new.
        new: the definition now, of the same kind.
    """
    yield from ()
