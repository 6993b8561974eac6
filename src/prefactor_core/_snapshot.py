"""JSON-safe deep copies of payloads, taken when they are handed over.

Later changes to the payload do not reach what is sent, and nothing unserialisable reaches a worker. Anything that
Python can hold is accepted; nothing raises.

    NaN, infinities            "NaN", "Infinity", "-Infinity" (JSON has no such numbers; null would hide them)
    datetime, date, time       ISO 8601
    timedelta                  seconds
    UUID, Decimal, paths       text
    bytes                      text when they are UTF-8, base64 otherwise
    enums                      their value
    tuples, sets, sequences    lists; sets in a stable order
    dataclasses, mappings      objects
    pydantic models            as they serialise themselves to JSON, under their aliases
    exceptions                 {"type", "message"}
    a container inside itself  "[circular reference]"
    deeper than 64 levels      "[nested too deeply]"
    anything else              its repr, at most 10,000 characters
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import math
import numbers
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import BaseModel, JsonValue

__all__ = ["error_payload", "snapshot", "snapshot_object"]

_MAX_DEPTH = 64
_MAX_REPR = 10_000
_MAX_INT_BITS = 10_000  # Python refuses to write integers of more than 4,300 digits
_CIRCULAR = "[circular reference]"
_TOO_DEEP = "[nested too deeply]"


def snapshot(value: object) -> JsonValue:
    """A JSON-safe deep copy of `value`; never raises."""
    copied: JsonValue = _copy(value, ())
    return copied


def snapshot_object(payload: Mapping[str, Any] | None, what: str) -> dict[str, Any]:
    """A JSON-safe deep copy of a payload; None is an empty one.

    Raises:
        TypeError: `payload` is no mapping; `what` names it in the message.
    """
    if payload is None:
        return {}
    if type(payload) is not dict and not isinstance(payload, Mapping):
        raise TypeError(f"{what} must be a mapping, not {type(payload).__name__}")
    copied: Any = snapshot(payload)
    return copied if isinstance(copied, dict) else {"unreadable": copied}


def error_payload(error: BaseException) -> dict[str, Any]:
    """The result of a span that an exception ended."""
    return {"error": _from_exception(error)}


def _copy(value: Any, path: tuple[int, ...]) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _text(value)
    if kind is bool or value is None:
        return value
    if kind is int:
        return value if value.bit_length() <= _MAX_INT_BITS else hex(value)
    if kind is float:
        return value if math.isfinite(value) else _not_finite(value)
    if kind is dict or kind is list:
        return _copy_container(value, kind, path)
    try:
        return _copy_other(value, path)
    except Exception:  # a payload's own code (properties, iterators, serialisers) failed
        return _represent(value)


def _copy_container(value: Any, kind: type, path: tuple[int, ...]) -> Any:
    if id(value) in path:
        return _CIRCULAR
    if len(path) >= _MAX_DEPTH:
        return _TOO_DEEP
    path = (*path, id(value))
    if kind is list:
        return [_copy(item, path) for item in value.copy()]
    # A copy first, for another thread may change it meanwhile.
    return {
        key if type(key) is str and key.isascii() else _key(key): _copy(item, path)
        for key, item in value.copy().items()
    }


def _copy_other(value: Any, path: tuple[int, ...]) -> Any:
    if id(value) in path:
        return _CIRCULAR
    if len(path) >= _MAX_DEPTH:
        return _TOO_DEEP
    for kinds, convert in _CONVERSIONS:
        if isinstance(value, kinds):
            return _copy(convert(value), (*path, id(value)))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
        return _copy(fields, (*path, id(value)))
    return _represent(value)


def _key(key: object) -> str:
    if isinstance(key, enum.Enum):
        key = key.value
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    copied = _copy(key, ())
    return copied if isinstance(copied, str) else _text(_printed(copied, str))


def _text(value: str) -> str:
    """`value` as a plain string without lone surrogates, which UTF-8 cannot hold."""
    value = str.__str__(value)
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode()
    return value


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _from_bytes(value: bytes | bytearray | memoryview) -> str:
    data = bytes(value)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")


def _from_model(value: BaseModel) -> Any:
    try:
        return value.model_dump(mode="json", by_alias=True, warnings=False)
    except Exception:  # a field that pydantic cannot write as JSON; this module can
        return {**dict(value), **(value.model_extra or {})}


def _from_exception(error: BaseException) -> dict[str, str]:
    return {"type": type(error).__name__, "message": _text(_printed(error, str))}


def _from_set(value: AbstractSet[Any]) -> list[Any]:
    return sorted((_copy(item, ()) for item in value), key=lambda item: (type(item).__name__, str(item)))


def _printed(value: object, how: Callable[[object], str]) -> str:
    try:
        return how(value)
    except Exception:
        return f"[{type(value).__name__} without a printable form]"


def _represent(value: object) -> str:
    return _text(_printed(value, repr))[:_MAX_REPR]


# In this order: an enum may be an int, a bool-like is Integral, and text is a sequence.
_CONVERSIONS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (enum.Enum, lambda value: value.value),
    (str, _text),
    ((datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, datetime.timedelta.total_seconds),
    ((uuid.UUID, decimal.Decimal), str),
    (os.PathLike, os.fspath),
    ((bytes, bytearray, memoryview), _from_bytes),
    (numbers.Integral, int),
    (numbers.Real, float),
    (BaseModel, _from_model),
    (BaseException, _from_exception),
    (Mapping, lambda value: dict(value.items())),
    (AbstractSet, _from_set),
    (Sequence, list),
)
