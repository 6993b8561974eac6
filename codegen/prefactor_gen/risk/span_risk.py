"""The data risk of one definition, with the fields that belong to a category of data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prefactor_gen.definitions.data_risk import CLASSIFICATION, DeclaredRisk, RiskSection, declared_risk, risk_words
from prefactor_gen.definitions.definitions import Definitions, QualityDefinition, SpanTypeDefinition
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.json_schema.data_fields import DataField, data_fields

__all__ = ["SpanRisk", "classifications", "span_risks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRisk:
    """The data risk of a span type, or of a quality schema.

    Attributes:
        has_result: whether the result can have data. (The API has no section for a quality payload: it has both.)
        params_fields: the fields of the params that say which categories of data they have. (Of a schema that is too
            large to look at all of it there are none; `check` warns of that.)
        result_fields: those of the result.
    """

    name: str
    place: Place
    is_quality: bool
    declared: DeclaredRisk
    has_result: bool
    params_fields: Sequence[DataField]
    result_fields: Sequence[DataField]

    @property
    def classification(self) -> str:
        """The most confidential class of data that is declared; unknown if none is."""
        declared = (self.declared.params.classification, self.declared.result.classification)
        return max(declared, key=classifications().index)

    def unknown(self, section: RiskSection) -> list[str]:
        """The keys of a section of which nothing is known. Of a result that has no data, that does not matter."""
        return [] if section is self.declared.result and not self.has_result else section.unknown

    def fields(self, section: RiskSection, category: str) -> list[DataField]:
        """The fields that a section is about, and that belong to a category."""
        of_part = {"params_data_categories": self.params_fields, "result_data_categories": self.result_fields}
        return [field for field in of_part.get(section.name, ()) if category in field.categories]


def classifications() -> tuple[str, ...]:
    """The classes of data; unknown, then the least confidential first."""
    return risk_words()["params_data_categories"][CLASSIFICATION]


def span_risks(definitions: Definitions) -> list[SpanRisk]:
    """The data risk of all span types, and then of the quality schemas."""
    return [*map(_of_span_type, definitions.span_types), *map(_of_quality, definitions.quality)]


def _of_span_type(item: SpanTypeDefinition) -> SpanRisk:
    return SpanRisk(
        name=item.name,
        place=item.place,
        is_quality=False,
        declared=declared_risk(item.data_risk, item.place),
        has_result=item.result is not None,
        params_fields=data_fields(item.params.schema).value,
        result_fields=[] if item.result is None else data_fields(item.result.schema).value,
    )


def _of_quality(item: QualityDefinition) -> SpanRisk:
    fields = data_fields(item.schema.schema).value
    return SpanRisk(
        name=item.name,
        place=item.place,
        is_quality=True,
        declared=declared_risk(item.data_risk, item.place),
        has_result=True,
        params_fields=fields,
        result_fields=fields,
    )
