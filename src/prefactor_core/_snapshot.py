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
    exceptions                 {"type", "message"}, the message at most 10,000 characters
    a container inside itself  "[circular reference]"
    deeper than 64 levels      "[nested too deeply]"
    over 100,000 values        the rest of each container is one marker, "[cut: more than 100,000 values]"
    text without end           its beginning, as a `CutText`; `prefactor_core._fit` says in the payload what is missing
    keys with the same text    the later ones are numbered: "1", "1 (2)"
    anything else              its repr, at most 10,000 characters

How large the copy is, is counted on the way, so that what is small need not be written as JSON to be measured.
"""

from __future__ import annotations

import base64
import codecs
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
from typing import Any, NamedTuple

from pydantic import BaseModel, JsonValue, RootModel

__all__ = [
    "CUT_KEY",
    "MEANT_FOR_THE_PROGRAM",
    "NO_STACK",
    "TEXT_LIMIT",
    "CutText",
    "Payload",
    "error_payload",
    "field_by_field",
    "snapshot",
    "snapshot_object",
    "snapshot_value",
]

_MAX_DEPTH = 64
_MAX_VALUES = 100_000  # objects that are shared, or refer to each other, would multiply without end
_MAX_PRINTED = 10_000
_SHORT_INT_BITS = 64
_MAX_INT_BITS = 10_000  # Python refuses to write integers of more than 4,300 digits
_VALUE_SIZE = 32  # a number, or what JSON puts around a text and its key; the longest of our markers, too
_CUT_TEXTS_FROM = 40_000_000  # a text may stand in a payload many times, and takes its time each time
_SHORT_TEXT = 100
_CIRCULAR = "[circular reference]"
_TOO_DEEP = "[nested too deeply]"
NO_STACK = "[nested too deeply for the stack]"
_UNREADABLE = "[unreadable]"
_CUT = f"[cut: more than {_MAX_VALUES:,} values]"

CUT_KEY = "[cut]"
"""The member of an object that says what was cut from it."""
MEANT_FOR_THE_PROGRAM = (KeyboardInterrupt, SystemExit)
"""What a payload's own code may raise through us."""
TEXT_LIMIT = 10_000_000
"""Longer text is not looked at to its end: no payload may be so large."""


class CutText(str):
    """The beginning of a text that is too long for any payload.

    Attributes:
        whole: how long the text is, in words.
    """

    whole: str

    @classmethod
    def of(cls, text: str, whole: str) -> CutText:
        """The beginning of what is `whole` long."""
        cut = cls(text)
        cut.whole = whole
        return cut


class Payload(NamedTuple):
    """A JSON-safe object.

    Attributes:
        value: the object.
        size: about its bytes as JSON; it takes fewer, unless there are escapes in its texts: at most 6 times as many.
        cut: it had too many values.
        unreadable: its own code failed, and the only member says how far that came.
        depth: its levels, or more.
    """

    value: dict[str, Any]
    size: int = 0
    cut: bool = False
    unreadable: bool = False
    depth: int = 1


class _Room:
    """How many more values this payload may hold, about how many bytes its texts take, and its levels."""

    __slots__ = ("depth", "left", "text")

    def __init__(self) -> None:
        self.left = _MAX_VALUES
        self.text = 0
        self.depth = 1

    @property
    def size(self) -> int:
        return self.text + _VALUE_SIZE * (_MAX_VALUES - self.left + 1)


def snapshot(value: object) -> JsonValue:
    """A JSON-safe deep copy of `value`; never raises."""
    return _snapshot(value, _Room())


def snapshot_value(value: object) -> tuple[JsonValue, int]:
    """A JSON-safe deep copy of `value`, and its size as in `Payload`; never raises."""
    room = _Room()
    return _snapshot(value, room), room.size


def _snapshot(value: object, room: _Room) -> JsonValue:
    copied: JsonValue
    try:
        copied = _copy(value, (), room)
    except MEANT_FOR_THE_PROGRAM:
        raise
    except RecursionError:  # here, not at every level: each would go on with the next value, and fail again
        copied = NO_STACK
    except BaseException:
        copied = _UNREADABLE
    return copied


def snapshot_object(payload: Mapping[str, Any] | None, what: str) -> Payload:
    """A JSON-safe deep copy of a payload; None is an empty one.

    Raises:
        TypeError: `payload` is no mapping; `what` names it in the message.
    """
    if payload is None:
        return Payload({})
    if type(payload) is not dict and not _is_mapping(payload):
        raise TypeError(f"{what} must be a mapping, not {type(payload).__name__}")
    room = _Room()
    copied = _snapshot(payload, room)
    if isinstance(copied, dict):
        return Payload(copied, room.size, cut=room.left <= 0, depth=room.depth)
    return Payload({"unreadable": copied}, room.size + _VALUE_SIZE, unreadable=True)


def error_payload(error: BaseException) -> Payload:
    """The result of a span that an exception ended."""
    return snapshot_object({"error": _from_exception(error)}, "error")


def _is_mapping(value: object) -> bool:
    try:
        return isinstance(value, Mapping)
    except MEANT_FOR_THE_PROGRAM:
        raise
    except BaseException:  # a `__class__` of the program's
        return False


def _copy(value: Any, path: tuple[int, ...], room: _Room) -> Any:
    kind = type(value)
    if kind is str:
        if value.isascii():
            room.text += len(value)
            return value
        return _wide_text(value, room)
    if kind is bool or value is None:
        return value
    if kind is int:
        return value if value.bit_length() <= _SHORT_INT_BITS else _long_integer(value, path, room)
    if kind is float:
        return value if math.isfinite(value) else _not_finite(value)
    if kind is dict or kind is list:
        return _copy_container(value, kind, path, room)
    try:
        return _copy_other(value, path, room)
    except (RecursionError, *MEANT_FOR_THE_PROGRAM):
        raise
    except BaseException:  # a payload's own code (properties, iterators, serialisers) failed
        return _represent(value, room)


def _copy_container(value: Any, kind: type, path: tuple[int, ...], room: _Room) -> Any:
    if id(value) in path:
        return _CIRCULAR
    if len(path) >= _MAX_DEPTH:
        return _TOO_DEEP
    path = (*path, id(value))
    room.depth = max(room.depth, len(path))
    value = value.copy()  # another thread may change it meanwhile
    room.left -= len(value)
    if room.left < 0:
        return _copy_part(value, kind, path, room)
    if kind is list:
        return [_copy(item, path, room) for item in value]
    copied: dict[str, Any] = {}
    for key, item in value.items():
        name = key if type(key) is str and key.isascii() else _key(key, value, copied, path, room)
        copied[name] = _copy(item, path, room)
    room.text += sum(map(len, copied))
    return copied


def _copy_part(value: Any, kind: type, path: tuple[int, ...], room: _Room) -> Any:
    """As much of a container as there is room for."""
    fitting, room.left = len(value) + room.left, 0
    room.text += len(CUT_KEY) + len(_CUT) + _VALUE_SIZE
    if kind is list:
        return [*(_copy(item, path, room) for item in value[:fitting]), _CUT]
    items = itertools.islice(value.items(), fitting)
    part = {_key(key, value, {}, path, room): _copy(item, path, room) for key, item in items}
    room.text += sum(map(len, part))
    return {**part, CUT_KEY: _CUT}


def _copy_other(value: Any, path: tuple[int, ...], room: _Room) -> Any:
    if id(value) in path:
        return _CIRCULAR
    if len(path) >= _MAX_DEPTH:
        return _TOO_DEEP
    if type(value) is CutText:
        room.text += len(value)
        return value
    path = (*path, id(value))
    for kinds, convert in _CONVERSIONS:
        if isinstance(value, kinds):
            return _copy(convert(value), path, room)
    if isinstance(value, Mapping):
        return _copy(dict(itertools.islice(value.items(), room.left + 1)), path, room)
    if isinstance(value, AbstractSet | Sequence):
        items = _copy(list(itertools.islice(value, room.left + 1)), path, room)
        return sorted(items, key=_sort_key) if isinstance(value, AbstractSet) and isinstance(items, list) else items
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
        return _copy(fields, path, room)
    return _represent(value, room)


def _key(key: object, source: dict[Any, Any], copied: dict[str, Any], path: tuple[int, ...], room: _Room) -> str:
    """A key as text, which is no other key's."""
    text = name = _key_text(key, path, room)
    room.text += 3 * len(text)
    if isinstance(key, str) and text == key and hash(text) == hash(key):  # in a dict, a StrEnum's member is its text
        return text
    for number in itertools.count(2):
        if name not in source and name not in copied:
            break
        name = f"{text} ({number})"
    return name


def _long_integer(value: int, path: tuple[int, ...], room: _Room) -> Any:
    if value.bit_length() > _MAX_INT_BITS:
        return _copy(hex(value), path, room)
    room.text += value.bit_length() // 3
    return value


def _key_text(key: object, path: tuple[int, ...], room: _Room) -> str:
    if isinstance(key, enum.Enum):
        key = key.value
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    copied = _copy(key, path, room)
    return copied if isinstance(copied, str) else _text(_printed(copied, str))


def _sort_key(copied: Any) -> tuple[str, str]:
    return type(copied).__name__, str(copied)


def _wide_text(value: str, room: _Room) -> str:
    """Text beyond ASCII: looked at character by character, so not without end."""
    most = TEXT_LIMIT if room.text < _CUT_TEXTS_FROM else _SHORT_TEXT
    text = _text(value[:most])
    room.text += 4 * len(text)
    return text if len(value) <= most else CutText.of(text, f"{len(value):,} characters")


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
    except Exception:  # a field that pydantic cannot write as JSON; this module can
        return field_by_field(value)


def members_of(value: BaseModel) -> object:
    """What goes out of a model that is a payload: its members as Python has them, with those that subclasses add."""
    try:
        return value.model_dump(mode="python", by_alias=True, warnings=False, serialize_as_any=True)
    except Exception:  # a serialiser of the program's own, which fails
        return field_by_field(value)


def field_by_field(value: BaseModel) -> Any:
    """What pydantic writes, and the value itself of each field that it cannot write."""
    if isinstance(value, RootModel):
        return value.root
    kind = type(value)
    written: dict[str, Any] = {}
    for name in (*kind.model_fields, *(value.model_extra or {}), *kind.model_computed_fields):
        try:
            written |= value.model_dump(mode="json", by_alias=True, warnings=False, include={name})
        except Exception:
            field = kind.model_fields.get(name) or kind.model_computed_fields.get(name)
            alias = getattr(field, "serialization_alias", None) or getattr(field, "alias", None) or name
            written[alias] = getattr(value, name, None)
    return written


def _from_exception(error: BaseException) -> dict[str, str]:
    return {"type": type(error).__name__, "message": _text(_shortened(_printed(error, str)))}


def _printed(value: object, how: Callable[[object], str]) -> str:
    try:
        return how(value)
    except MEANT_FOR_THE_PROGRAM:
        raise
    except BaseException:
        return f"[{type(value).__name__} without a printable form]"


def _represent(value: object, room: _Room) -> str:
    text = _text(_shortened(_printed(value, repr)))
    room.text += 4 * len(text)
    return text


def _shortened(text: str) -> str:
    if len(text) <= _MAX_PRINTED:
        return text
    return f"{text[:_MAX_PRINTED]}[cut: {len(text):,} characters, {_MAX_PRINTED:,} kept]"


# In this order, and before the containers: an enum may be an int, a bool-like is Integral, and text is a sequence.
_CONVERSIONS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (enum.Enum, lambda value: value.value),
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
