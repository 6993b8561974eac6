"""The schemas of a schema version: their stored form, and checks of spans against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias, TypedDict

from prefactor_local._protocol.pointers import pointer_of
from prefactor_schema import JsonSchema, SchemaError, shared_schema

__all__ = ["Problem", "SpanChecks", "check_span", "definition_errors", "quality_schemas", "span_types"]

EMPTY_OBJECT = {"type": "object", "properties": {}, "additionalProperties": False}
"""The result schema of a span type that declares none."""
MESSAGE_LENGTH = 300
Part: TypeAlias = Literal["schema_name", "params", "result"]


def span_types(definitions: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The span types by name, from `span_type_schemas`, or from the older pair of maps if there is no such list."""
    structured = definitions.get("span_type_schemas")
    if structured:
        return {entry["name"]: _span_type(**entry) for entry in structured}
    results = definitions.get("span_result_schemas") or {}
    return {
        name: _span_type(name=name, params_schema=schema, result_schema=results.get(name))
        for name, schema in (definitions.get("span_schemas") or {}).items()
    }


def quality_schemas(definitions: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The quality schemas by name."""
    return {
        entry["name"]: {
            "name": entry["name"],
            "title": entry.get("title") or entry["name"],
            "description": entry.get("description"),
            "template": entry.get("template"),
            "schema": entry["schema"],
            "schema_validation": _validation(entry["schema"]),
            "data_risk": entry.get("data_risk"),
        }
        for entry in definitions.get("quality_schemas") or []
    }


class Problem(TypedDict):
    """A mismatch of a span with its type.

    Attributes:
        path: JSON pointer in the params or the result.
    """

    part: Part
    path: str
    message: str


class SpanChecks:
    """The schemas of a span type, compiled when they are first used."""

    def __init__(self, span_type: Mapping[str, Any]) -> None:
        self._span_type = span_type
        self._compiled: dict[str, JsonSchema] = {}

    def schema(self, part: Part) -> JsonSchema:
        """The schema of the params or of the result.

        Raises:
            SchemaError: It is nested too deeply.
        """
        if part not in self._compiled:
            self._compiled[part] = shared_schema(self._span_type[f"{part}_schema"])
        return self._compiled[part]


def check_span(
    checks: SpanChecks | None,
    payload: dict[str, Any],
    result: dict[str, Any] | None,
    status: str,
    *,
    params_match: bool = False,
) -> list[Problem]:
    """The mismatches of a span with its type.

    The result is checked only if the span is complete: that of a failed span is an error. A span that never started has
    no params to check.

    Args:
        checks: The type; None if it is not registered.
        payload: The params.
        result: The result.
        status: The status of the span.
        params_match: Whether it is known that the params have no mismatches.
    """
    if status in {"pending", "cancelled"} and not payload:
        return []
    if checks is None:
        return [_problem("schema_name", "", "not in the schema version of the agent instance")]
    problems = [] if params_match else list(_mismatches("params", checks, payload))
    if status == "complete":
        problems += _mismatches("result", checks, {} if result is None else result)
    return problems


def definition_errors(schema: dict[str, Any]) -> list[str]:
    """Why a schema is not a valid JSON Schema; empty if it is valid."""
    try:
        shared_schema(schema).check_schema()
    except SchemaError as error:
        return [_short(error.message)]
    return []


def _span_type(
    name: str, params_schema: dict[str, Any], result_schema: dict[str, Any] | None = None, **other: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "title": other.get("title") or name,
        "description": other.get("description"),
        "template": other.get("template"),
        "params_schema": params_schema,
        "result_schema": EMPTY_OBJECT if result_schema is None else result_schema,
        "data_risk": other.get("data_risk"),
    }


def _validation(schema: dict[str, Any]) -> dict[str, Any]:
    errors = definition_errors(schema)
    return {"valid": not errors, "errors": errors}


def _mismatches(part: Part, checks: SpanChecks, value: Any) -> Iterator[Problem]:
    try:
        found = checks.schema(part).mismatches(value)
    except SchemaError as error:
        yield _problem(part, "", f"the registered schema is invalid: {error.message}")
        return
    yield from (_problem(part, pointer_of(each.path), each.text) for each in found)


def _problem(part: Part, path: str, message: str) -> Problem:
    return {"part": part, "path": _short(path), "message": _short(message)}


def _short(text: str) -> str:
    return text if len(text) <= MESSAGE_LENGTH else text[:MESSAGE_LENGTH] + "…"
