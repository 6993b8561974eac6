"""Turns a request in OTLP/JSON into Protocol Buffers: https://protobuf.dev/programming-guides/encoding/.

The numbers are those of the protocol's `trace.proto` and `common.proto`. Only fields that we write are here. The
package `opentelemetry-proto` would bring a runtime of a few megabytes for them; it checks this module in a test.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple, TypeAlias

from prefactor_local._view.shapes import Json

__all__ = ["encoded"]

_VARINT, _FIXED64, _LENGTH = 0, 1, 2  # wire types


class _Field(NamedTuple):
    """A field of a message. A list has one entry for each item."""

    number: int
    type: _Type


_Type: TypeAlias = 'Literal["text", "hex", "bool", "int", "fixed64", "double"] | Mapping[str, _Field]'

_VALUE: dict[str, _Field] = {
    "stringValue": _Field(1, "text"),
    "boolValue": _Field(2, "bool"),
    "intValue": _Field(3, "int"),
    "doubleValue": _Field(4, "double"),
}
_VALUE["arrayValue"] = _Field(5, {"values": _Field(1, _VALUE)})
_ATTRIBUTE = {"key": _Field(1, "text"), "value": _Field(2, _VALUE)}
_EVENT = {
    "timeUnixNano": _Field(1, "fixed64"),
    "name": _Field(2, "text"),
    "attributes": _Field(3, _ATTRIBUTE),
}
_SPAN = {
    "traceId": _Field(1, "hex"),
    "spanId": _Field(2, "hex"),
    "parentSpanId": _Field(4, "hex"),
    "name": _Field(5, "text"),
    "kind": _Field(6, "int"),
    "startTimeUnixNano": _Field(7, "fixed64"),
    "endTimeUnixNano": _Field(8, "fixed64"),
    "attributes": _Field(9, _ATTRIBUTE),
    "events": _Field(11, _EVENT),
    "status": _Field(15, {"message": _Field(2, "text"), "code": _Field(3, "int")}),
}
_SCOPE_SPANS = {"scope": _Field(1, {"name": _Field(1, "text")}), "spans": _Field(2, _SPAN)}
_RESOURCE_SPANS = {"resource": _Field(1, {"attributes": _Field(1, _ATTRIBUTE)}), "scopeSpans": _Field(2, _SCOPE_SPANS)}
_REQUEST = {"resourceSpans": _Field(1, _RESOURCE_SPANS)}


def encoded(request: Mapping[str, Json]) -> bytes:
    """An `ExportTraceServiceRequest`.

    Args:
        request: In the form of OTLP/JSON: 64-bit integers are texts, IDs are hexadecimal.
    """
    return _message(request, _REQUEST)


def _message(values: Mapping[str, Json], fields: Mapping[str, _Field]) -> bytes:
    parts: list[bytes] = []
    for name, value in values.items():
        field = fields[name]
        parts += [_entry(field, item) for item in (value if isinstance(value, list) else [value])]
    return b"".join(parts)


def _entry(field: _Field, value: Json) -> bytes:
    if isinstance(value, dict) and isinstance(field.type, Mapping):
        return _bytes(field.number, _message(value, field.type))
    match field.type:
        case "text":
            return _bytes(field.number, str(value).encode())
        case "hex":
            return _bytes(field.number, bytes.fromhex(str(value)))
        case "fixed64":
            return _tag(field.number, _FIXED64) + struct.pack("<Q", int(str(value)))
        case "double":
            return _tag(field.number, _FIXED64) + struct.pack("<d", value)
        case _:
            return _tag(field.number, _VARINT) + _varint(int(value if isinstance(value, bool) else str(value)))


def _bytes(number: int, content: bytes) -> bytes:
    return _tag(number, _LENGTH) + _varint(len(content)) + content


@cache
def _tag(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(number: int) -> bytes:
    if 0 <= number < 0x80:
        return bytes((number,))
    number &= 2**64 - 1  # negative numbers are in two's complement
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)
