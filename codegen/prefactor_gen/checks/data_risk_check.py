"""Checks the data-risk classification of a definition, which the API would refuse only when the agent starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from prefactor_gen.diagnostics.diagnostics import Diagnostic
from prefactor_gen.diagnostics.rules import INVALID_DEFINITION
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_schema.suggestions import did_you_mean

__all__ = ["check_data_risk"]


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
