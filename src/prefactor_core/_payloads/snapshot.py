"""JSON-safe deep copies of payloads, made when the program gives them to the client.

Later changes to a payload do not change what is sent, and everything that reaches a worker can be serialised. Any
Python object is accepted, and nothing raises.

    NaN, infinities            "NaN", "Infinity", "-Infinity" (JSON has no such numbers, and null would hide them)
    datetime, date, time       ISO 8601
    timedelta                  seconds
    UUID, Decimal, paths       text
    bytes                      text if they are UTF-8, otherwise base64
    enums                      their value
    tuples, sets, sequences    lists; sets in a stable order
    dataclasses, mappings      objects
    pydantic models            as they serialise themselves to JSON, with their aliases
    exceptions                 {"type", "message"}, with at most 10,000 characters of the message; without the input
                               that pydantic quotes in its errors
    a container inside itself  "[circular reference]"
    deeper than 64 levels      "[nested too deeply]"
    over 100,000 values        one marker for the rest of each container, "[cut: more than 100,000 values]"
    very long text             its beginning, as a `CutText`; `cut_to_limit` adds how much is missing
    keys with the same text    the later ones are numbered: "1", "1 (2)"
    anything else              at most 10,000 characters of its repr

The size of the copy is counted at the same time, so that a small payload need not be serialised to be measured.
"""

from __future__ import annotations

import base64
import codecs
import copy
import dataclasses
import datetime
import decimal
import enum
import itertools
import math
import numbers
import os
import uuid
from collections import UserString
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, JsonValue, RootModel

from prefactor_core._payloads.error_text import error_text
from prefactor_http.config import ApiToken

__all__ = [
    "CUT_KEY",
    "EXIT_EXCEPTIONS",
    "NO_STACK",
    "TEXT_LIMIT",
    "CutText",
    "Payload",
    "error_payload",
    "members_of",
    "snapshot",
    "snapshot_object",
    "snapshot_value",
]

ValueT = TypeVar("ValueT")

_MAX_DEPTH = 64
_MAX_VALUES = 100_000  # objects that occur at several places would otherwise multiply without limit
_MAX_PRINTED = 10_000
_SHORT_INT_BITS = 64
_MAX_INT_BITS = 10_000  # Python refuses to convert integers of more than 4,300 digits to text
_VALUE_SIZE = 32  # a number, or the punctuation around a text and its key, or the longest of the markers
_CUT_TEXTS_FROM = 40_000_000  # bytes of text: after that, only the beginning of each text is read, to limit the time
_SHORT_TEXT = 100
_CIRCULAR = "[circular reference]"
_TOO_DEEP = "[nested too deeply]"
NO_STACK = "[nested too deeply for the stack]"
_UNREADABLE = "[unreadable]"
_CUT = f"[cut: more than {_MAX_VALUES:,} values]"

CUT_KEY = "[cut]"
"""The key of the marker in an object that was cut."""
EXIT_EXCEPTIONS = (KeyboardInterrupt, SystemExit)
"""Exceptions that end a program. They pass when the program's own code in a payload raises them."""
TEXT_LIMIT = 10_000_000
"""The most characters of a text that are read. No payload may be that large."""


class CutText(str):
    """The beginning of a text that is too long for any payload.

    Attributes:
        full_length: the length of the whole text, with its unit.
    """

    full_length: str

    @classmethod
    def of(cls, beginning: str, full_length: str) -> CutText:
        cut = cls(beginning)
        cut.full_length = full_length
        return cut


class Payload(NamedTuple):
    """A JSON-safe object.

    Attributes:
        value: the object.
        size: its approximate size as JSON, in bytes. The exact size is smaller, unless its texts contain characters
            that are escaped: then it is at most 6 times as large.
        cut: values are missing, because it had too many.
        unreadable: the mapping could not be read, because its own code failed; the only member is a marker.
        depth: the number of its levels, or more.
    """

    value: dict[str, Any]
    size: int = 0
    cut: bool = False
    unreadable: bool = False
    depth: int = 1


class _Budget:
    """What is counted while a payload is copied: how many values may follow, the size of the texts, and the levels."""

    __slots__ = ("depth", "text_size", "values_left")

    def __init__(self) -> None:
        self.values_left = _MAX_VALUES
        self.text_size = 0
        self.depth = 1

    @property
    def size(self) -> int:
        return self.text_size + _VALUE_SIZE * (_MAX_VALUES - self.values_left + 1)


def snapshot(value: object) -> JsonValue:
    """A JSON-safe deep copy of `value`. Never raises."""
    return _snapshot(value, _Budget())


def snapshot_value(value: object) -> tuple[JsonValue, int]:
    """A JSON-safe deep copy of `value`, and its size as in `Payload`. Never raises."""
    budget = _Budget()
    return _snapshot(value, budget), budget.size


def _snapshot(value: object, budget: _Budget) -> JsonValue:
    copied: JsonValue
    try:
        copied = _copy(value, (), budget)
    except EXIT_EXCEPTIONS:
        raise
    except RecursionError:  # not at every level: each would go on with its next value, and fail again
        copied = NO_STACK
    except BaseException:
        copied = _UNREADABLE
    return copied


def snapshot_object(payload: Mapping[str, Any] | None, what: str) -> Payload:
    """A JSON-safe deep copy of a payload; for None, an empty one.

    Raises:
        TypeError: `payload` is not a mapping; the message calls it `what`.
    """
    if payload is None:
        return Payload({})
    if type(payload) is not dict and not _is_mapping(payload):
        raise TypeError(f"{what} must be a mapping, not {type(payload).__name__}")
    budget = _Budget()
    copied = _snapshot(payload, budget)
    if isinstance(copied, dict):
        return Payload(copied, budget.size, cut=budget.values_left <= 0, depth=budget.depth)
    return Payload({"unreadable": copied}, budget.size + _VALUE_SIZE, unreadable=True)


def error_payload(error: BaseException) -> Payload:
    """The result of a span that ended with an exception."""
    return snapshot_object({"error": _from_exception(error)}, "error")


def _is_mapping(value: object) -> bool:
    try:
        return isinstance(value, Mapping)
    except EXIT_EXCEPTIONS:
        raise
    except BaseException:  # a `__class__` property of the program's own
        return False


def _copy(value: Any, path: tuple[int, ...], budget: _Budget) -> Any:
    value_type = type(value)
    if value_type is str:
        if value.isascii():
            budget.text_size += len(value)
            return value
        return _non_ascii_text(value, budget)
    if value_type is bool or value is None:
        return value
    if value_type is int:
        return value if value.bit_length() <= _SHORT_INT_BITS else _long_integer(value, path, budget)
    if value_type is float:
        return value if math.isfinite(value) else _not_finite(value)
    if value_type is dict or value_type is list:
        return _copy_container(value, value_type, path, budget)
    try:
        return _copy_other(value, path, budget)
    except (RecursionError, *EXIT_EXCEPTIONS):
        raise
    except BaseException:  # a payload's own code (properties, iterators, serialisers) failed
        return _represent(value, budget)


def _copy_container(value: Any, value_type: type, path: tuple[int, ...], budget: _Budget) -> Any:
    if id(value) in path:
        return _CIRCULAR
    if len(path) >= _MAX_DEPTH:
        return _TOO_DEEP
    path = (*path, id(value))
    budget.depth = max(budget.depth, len(path))
    value = value.copy()  # another thread may change the original meanwhile
    budget.values_left -= len(value)
    if budget.values_left < 0:
        return _copy_beginning(value, value_type, path, budget)
    if value_type is list:
        return [_copy(item, path, budget) for item in value]
    copied: dict[str, Any] = {}
    for key, item in value.items():
        name = key if type(key) is str and key.isascii() else _key(key, value, copied, path, budget)
        copied[name] = _copy(item, path, budget)
    budget.text_size += sum(map(len, copied))
    return copied


def _copy_beginning(value: Any, value_type: type, path: tuple[int, ...], budget: _Budget) -> Any:
    """The part of a container that the budget still allows."""
    fitting, budget.values_left = len(value) + budget.values_left, 0
    budget.text_size += len(CUT_KEY) + len(_CUT) + _VALUE_SIZE
    if value_type is list:
        return [*(_copy(item, path, budget) for item in value[:fitting]), _CUT]
    items = itertools.islice(value.items(), fitting)
    part = {_key(key, value, {}, path, budget): _copy(item, path, budget) for key, item in items}
    budget.text_size += sum(map(len, part))
    return {**part, CUT_KEY: _CUT}


def _copy_other(value: Any, path: tuple[int, ...], budget: _Budget) -> Any:
    if id(value) in path:
        return _CIRCULAR
    if len(path) >= _MAX_DEPTH:
        return _TOO_DEEP
    if type(value) is CutText:
        budget.text_size += len(value)
        return value
    path = (*path, id(value))
    for types, convert in _CONVERSIONS:
        if isinstance(value, types):
            return _copy(convert(value), path, budget)
    if isinstance(value, Mapping):
        return _copy(dict(itertools.islice(value.items(), budget.values_left + 1)), path, budget)
    if isinstance(value, AbstractSet | Sequence):
        items = _copy(list(itertools.islice(value, budget.values_left + 1)), path, budget)
        return sorted(items, key=_sort_key) if isinstance(value, AbstractSet) and isinstance(items, list) else items
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
        return _copy(fields, path, budget)
    return _represent(value, budget)


def _key(key: object, source: dict[Any, Any], copied: dict[str, Any], path: tuple[int, ...], budget: _Budget) -> str:
    """A key as text that no other key has."""
    text = name = _key_text(key, path, budget)
    budget.text_size += 3 * len(text)
    if isinstance(key, str) and text == key and hash(text) == hash(key):  # to a dict, a StrEnum's member is its text
        return text
    for number in itertools.count(2):
        if name not in source and name not in copied:
            break
        name = f"{text} ({number})"
    return name


def _long_integer(value: int, path: tuple[int, ...], budget: _Budget) -> Any:
    if value.bit_length() > _MAX_INT_BITS:
        return _copy(hex(value), path, budget)
    budget.text_size += value.bit_length() // 3
    return value


def _key_text(key: object, path: tuple[int, ...], budget: _Budget) -> str:
    if isinstance(key, enum.Enum):
        key = key.value
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    copied = _copy(key, path, budget)
    return copied if isinstance(copied, str) else _text(_print_safely(copied, str))


def _sort_key(copied: Any) -> tuple[str, str]:
    return type(copied).__name__, str(copied)


def _non_ascii_text(value: str, budget: _Budget) -> str:
    """Text beyond ASCII. It is read character by character, so its length is limited."""
    limit = TEXT_LIMIT if budget.text_size < _CUT_TEXTS_FROM else _SHORT_TEXT
    text = _text(value[:limit])
    budget.text_size += 4 * len(text)
    return text if len(value) <= limit else CutText.of(text, f"{len(value):,} characters")


def _text(value: str) -> str:
    """`value` as a plain string without lone surrogates, which UTF-8 cannot encode."""
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
    value = bytes(value) if isinstance(value, memoryview) else value
    data = bytes(value[:TEXT_LIMIT])
    text = _decoded(data, whole=len(data) == len(value))
    return text if len(data) == len(value) else CutText.of(text, f"{len(value):,} bytes")


def _decoded(data: bytes, *, whole: bool) -> str:
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")


def _from_model(value: BaseModel) -> Any:
    try:
        return value.model_dump(mode="json", by_alias=True, warnings=False)
    except Exception:  # a field that pydantic cannot serialise, but this module can
        return _field_by_field(value)


def members_of(value: BaseModel) -> object:
    """The members of a model that is a payload, as Python values, with those that subclasses add."""
    try:
        return value.model_dump(mode="python", by_alias=True, warnings=False, serialize_as_any=True)
    except Exception:  # a serialiser of the program's own that fails
        return _field_by_field(value)


def _field_by_field(value: BaseModel) -> Any:
    """The fields as pydantic serialises them, and the values themselves of those that it cannot serialise."""
    if isinstance(value, RootModel):
        return value.root
    model = type(value)
    written: dict[str, Any] = {}
    for name in (*model.model_fields, *(value.model_extra or {}), *model.model_computed_fields):
        try:
            written |= value.model_dump(mode="json", by_alias=True, warnings=False, include={name})
        except Exception:
            field = model.model_fields.get(name) or model.model_computed_fields.get(name)
            alias = getattr(field, "serialization_alias", None) or getattr(field, "alias", None) or name
            written[alias] = getattr(value, name, None)
    return written


def _from_exception(error: BaseException) -> dict[str, str]:
    return {"type": type(error).__name__, "message": _text(_shortened(_print_safely(error, error_text)))}


def _print_safely(value: ValueT, printer: Callable[[ValueT], str]) -> str:
    try:
        return printer(value)
    except EXIT_EXCEPTIONS:
        raise
    except BaseException:
        return f"[{type(value).__name__} without a printable form]"


def _represent(value: object, budget: _Budget) -> str:
    text = _text(_shortened(_print_safely(value, repr)))
    budget.text_size += 4 * len(text)
    return text


def _shortened(text: str) -> str:
    if len(text) <= _MAX_PRINTED:
        return text
    return f"{text[:_MAX_PRINTED]}[cut: {len(text):,} characters, {_MAX_PRINTED:,} kept]"


# In this order, and before the containers: an enum may be an int, an integer is Real too, and text is a sequence.
_CONVERSIONS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (enum.Enum, lambda value: value.value),
    (ApiToken, copy.deepcopy),  # a mask
    (str, _text),
    (UserString, str),
    ((datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, datetime.timedelta.total_seconds),
    ((uuid.UUID, decimal.Decimal), str),
    (os.PathLike, os.fspath),
    ((bytes, bytearray, memoryview), _from_bytes),
    (numbers.Integral, int),
    (numbers.Real, float),
    (BaseModel, _from_model),
    (BaseException, _from_exception),
)
