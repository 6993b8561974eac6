"""The definitions in answers of the API, in the form of a definition file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeGuard

from prefactor_gen.remote.errors import RemoteError

__all__ = ["Json", "definitions", "details", "is_object", "is_text", "text"]

Json = Mapping[str, object]

EMPTY_RESULT: Final[Json] = {"type": "object", "properties": {}, "additionalProperties": False}
"""The result schema that the API adds to a span type without one."""
_UNKNOWN = "unknown"
_KEYS = ("name", "title", "description", "template", "data_risk", "params_schema", "result_schema", "schema")


def definitions(row: Json) -> dict[str, object]:
    """The definitions of a schema version.

    Raises:
        RemoteError: the answer has another form.
    """
    if "span_type_schemas" not in row:
        raise RemoteError("unexpected answer to GET /api/v1/agent_schema_version: expected span_type_schemas")
    found: dict[str, object] = {"span_type_schemas": _entries(row, "span_type_schemas", _span_type)}
    if row.get("quality_schemas") is not None:
        found["quality_schemas"] = _entries(row, "quality_schemas", _without_defaults)
    return found


def _entries(row: Json, key: str, convert: Callable[[Json], Json]) -> list[Json]:
    """Definitions by name, or a list of them, as a list."""
    given = row[key]
    named = given.items() if is_object(given) else [(None, each) for each in given] if isinstance(given, list) else None
    if named is None or not all(is_object(entry) for _, entry in named):
        raise RemoteError(f"unexpected answer to GET /api/v1/agent_schema_version: expected definitions in {key}")
    return [convert({**({} if name is None else {"name": name}), **entry}) for name, entry in named if is_object(entry)]


def _span_type(entry: Json) -> Json:
    kept = _without_defaults(entry)
    return {key: value for key, value in kept.items() if key != "result_schema" or value != EMPTY_RESULT}


def _without_defaults(entry: Json) -> Json:
    """A definition without what the API adds: the name as its title, nulls, what it does not know of the data risk."""
    kept = {key: value for key in _KEYS if (value := entry.get(key)) is not None}
    if kept.get("title") == text(entry, "name"):
        del kept["title"]
    if is_object(risk := kept.pop("data_risk", None)):
        known = {key: _known(value) for key, value in risk.items()}
        kept.update({"data_risk": known} if any(known.values()) else {})
    return kept


def _known(profile: object) -> object:
    return {key: each for key, each in profile.items() if each != _UNKNOWN} if is_object(profile) else profile


def details(answer: Json) -> Json:
    """The object that an answer is about.

    Raises:
        RemoteError: there is none.
    """
    found = answer.get("details")
    if not is_object(found):
        raise RemoteError("unexpected answer of the API: expected an object in details")
    return found


def text(row: Json, key: str) -> str:
    """A text of a row.

    Raises:
        RemoteError: there is none.
    """
    value = row.get(key)
    if not is_text(value):
        raise RemoteError(f"unexpected answer of the API: expected text in {key}")
    return value


def is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def is_object(value: object) -> TypeGuard[Json]:
    return isinstance(value, Mapping)
