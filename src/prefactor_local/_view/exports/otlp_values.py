"""Values in the JSON encoding of the OpenTelemetry protocol."""

from __future__ import annotations

from prefactor_local._view.exports.span_attributes import Attributes, Value
from prefactor_local._view.shapes import Json

__all__ = ["attributes_of", "nanoseconds", "unicode_text"]

_MOST_NANOSECONDS = 2**64 - 1


def nanoseconds(microseconds: int) -> str:
    """A time: text, as JSON has no 64-bit integers. The protocol has none before 1970 or after 2554."""
    return str(min(max(0, microseconds * 1000), _MOST_NANOSECONDS))


def unicode_text(text: str) -> str:
    """A text without lone surrogates: the protocol takes UTF-8 only."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def attributes_of(values: Attributes) -> list[Json]:
    """Attributes as a list of `KeyValue`."""
    return [{"key": name, "value": _any_value(value)} for name, value in values.items()]


def _any_value(value: Value) -> dict[str, Json]:
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(item) for item in value]}}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)} if -(2**63) <= value < 2**63 else {"stringValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": unicode_text(value)}
