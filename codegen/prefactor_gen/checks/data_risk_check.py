"""Checks data_risk of a definition, which the API would refuse only when the agent starts, and x-prefactor-data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from prefactor_gen.definitions.data_risk import RiskSection, data_categories, declared_risk
from prefactor_gen.definitions.definitions import QualityDefinition, SpanTypeDefinition
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place
from prefactor_gen.diagnostics.rules import INVALID_DEFINITION, UNDECLARED_CATEGORY
from prefactor_gen.documents.nodes import ListNode, ObjectNode
from prefactor_gen.json_schema.data_fields import data_fields
from prefactor_gen.json_schema.keywords import DATA
from prefactor_schema.suggestions import did_you_mean

__all__ = ["check_data_risk", "data_keyword_problems", "lint_data_categories"]


def check_data_risk(data_risk: ObjectNode | None) -> Iterator[Diagnostic]:
    """Compare a classification with the API's model: its fields are the keys, and its Literals the values."""
    from prefactor_http.models import DataRisk

    if data_risk is not None:
        yield from _compare(DataRisk, data_risk)


def _compare(model: type[BaseModel], node: ObjectNode) -> Iterator[Diagnostic]:
    for name, field in model.model_fields.items():
        if field.is_required() and name not in node:
            yield INVALID_DEFINITION.at(node.place, f"expected {name} in data_risk")
    for name, value in node.items():
        place = node.place_at(name)
        if name not in model.model_fields:
            words = ", ".join(model.model_fields)
            hint = did_you_mean(name, model.model_fields)
            yield INVALID_DEFINITION.at(place, f"unknown key {name!r} in data_risk; expected one of {words}{hint}")
            continue
        expected = model.model_fields[name].annotation
        if not isinstance(expected, type) or not issubclass(expected, BaseModel):
            if value not in get_args(expected):
                message = f"expected one of {', '.join(get_args(expected))} in {name}, found {value!r}"
                yield INVALID_DEFINITION.at(place, message)
        elif isinstance(value, ObjectNode):
            yield from _compare(expected, value)
        else:
            yield INVALID_DEFINITION.at(place, f"expected an object in {name}, found {value!r}")


def data_keyword_problems(schema: ObjectNode) -> Iterator[tuple[Place, str]]:
    """What is wrong with `x-prefactor-data` of a schema, with the place."""
    if DATA not in schema:
        return
    names, place = schema[DATA], schema.place_at(DATA)
    if not isinstance(names, ListNode) or not names:
        yield place, f"expected a list of categories of data in {DATA}, such as [contact_information]"
        return
    for index, name in enumerate(names):
        if name not in data_categories():
            near = did_you_mean(name, data_categories()) if isinstance(name, str) else ""
            hint = near or f"; there are {', '.join(data_categories())}"
            yield names.place_at(index), f"expected a category of data in {DATA}, found {name!r}{hint}"


def lint_data_categories(item: SpanTypeDefinition | QualityDefinition) -> Iterator[Diagnostic]:
    """Report the values that belong to a category of data, of which data_risk does not say that it is included.

    The schemas are valid and self-contained.
    """
    risk = declared_risk(item.data_risk, item.place)
    if isinstance(item, QualityDefinition):  # the API has no section of its own for its payload
        yield from _undeclared(item.name, item.schema.schema, [risk.params, risk.result])
        return
    yield from _undeclared(item.name, item.params.schema, [risk.params])
    if item.result is not None:
        yield from _undeclared(item.name, item.result.schema, [risk.result])


def _undeclared(name: str, schema: ObjectNode, sections: list[RiskSection]) -> Iterator[Diagnostic]:
    declared = {category for section in sections for category in section.stated}
    fields, diagnostics = data_fields(schema)
    yield from diagnostics
    for field in fields:
        for category in field.categories:
            if not field.is_redacted and category in data_categories() and category not in declared:
                where = " or ".join(section.name for section in sections)
                said = sections[0].words[category]
                message = (
                    f"{_named(field.path)} has {category}, but {where} of {name!r} says {said}: "
                    f"write {category}: included{_line(sections[0], field.places[category])}"
                )
                yield UNDECLARED_CATEGORY.at(field.places[category], message)


def _line(section: RiskSection, other: Place) -> str:
    """The line of a section, which may be far away if several span types share a schema."""
    if section.place.line is None or (section.place.source, section.place.line) == (other.source, other.line):
        return ""
    file = "" if section.place.source == other.source else f" of {section.place.source}"
    return f" (line {section.place.line}{file})"


def _named(path: str) -> str:
    return repr(path) if path else "the whole payload"
