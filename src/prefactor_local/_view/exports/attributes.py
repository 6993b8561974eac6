"""What a span is called in OpenTelemetry, and its attributes; attributes in the JSON encoding of the protocol."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from prefactor_local._view.exports.json_text import json_text
from prefactor_local._view.exports.payload_fields import as_text, fields, text
from prefactor_local._view.exports.standard_types import STANDARD_TYPES, Found
from prefactor_local._view.shapes import Json, SpanDetails

__all__ = ["Attributes", "attributes_of", "meaning_of", "unicode_text"]

_Value: TypeAlias = "str | bool | int | float | list[str]"
Attributes: TypeAlias = dict[str, _Value]

_TEXT, _JSON = "text/plain", "application/json"
_WHOLE = {"input": "prefactor.params", "output": "prefactor.result"}
_MOST_OF_NAME = 200


class Meaning(NamedTuple):
    """What a span says, in the words of OpenTelemetry.

    Attributes:
        name: the name of the span: what is done, and with what, as in `execute_tool get_weather`.
    """

    name: str
    attributes: Attributes


def meaning_of(span: SpanDetails) -> Meaning:
    """The name and the attributes of a span. Nothing of its payloads is lost.

    `input.value` and `output.value` are the params and the result as JSON. Of a standard span type they are the field
    that matters most, where it is there, and all of the params is in `prefactor.params`, all of the result in
    `prefactor.result`.
    """
    params, result = span["params"], span["result"]
    standard = STANDARD_TYPES.get(span["type"])
    if standard is None:
        return Meaning(span["type"], _values([*_side("input", params), *_side("output", result)]))
    found = [
        ("gen_ai.operation.name", standard.operation),
        *_side("input", params, standard.input),
        *_side("output", result, standard.output),
        *standard.details(fields(params), fields(result)),
    ]
    subject = standard.subject and text(fields(params), standard.subject)
    words = filter(None, (standard.operation or span["type"], subject))
    return Meaning(" ".join(words)[:_MOST_OF_NAME], _values(found))


def _side(side: str, payload: Json, field: str | None = None) -> Found:
    if payload is None:
        return
    short = None if field is None else fields(payload).get(field)
    shown = payload if short is None else short
    yield f"{side}.value", as_text(shown)
    yield f"{side}.mime_type", _TEXT if isinstance(shown, str) else _JSON
    if short is not None:
        yield _WHOLE[side], json_text(payload)


def _values(found: list[tuple[str, Json]]) -> Attributes:
    return {name: _value(value) for name, value in found if value is not None}


def _value(value: Json) -> _Value:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [item for item in value if isinstance(item, str)]
    return value if isinstance(value, str | bool | int | float) else json_text(value)


def unicode_text(text: str) -> str:
    """A text without lone surrogates: the protocol takes UTF-8 only."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def attributes_of(values: Attributes) -> list[Json]:
    """Attributes as a list of `KeyValue`."""
    return [{"key": name, "value": _any_value(value)} for name, value in values.items()]


def _any_value(value: _Value) -> dict[str, Json]:
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(item) for item in value]}}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)} if -(2**63) <= value < 2**63 else {"stringValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": unicode_text(value)}
