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
    dataclasses, mappings      objects; what the repr of a dataclass leaves out is "[hidden]"
    pydantic models            as they serialise themselves to JSON, with their aliases
    types of other packages    as `foreign_types` says
    exceptions                 {"type", "message"}, with at most 10,000 characters of the message; without the input
                               that pydantic quotes in its errors
    a container inside itself  "[circular reference]"
    deeper than 64 levels      "[nested too deeply]"
    over 100,000 values        one marker for the rest of each container, "[cut: more than 100,000 values]"
    very long text             its beginning, as a `CutText`; `cut_to_limit` adds how much is missing
    keys with the same text    the later ones are numbered, as `NumberedKey`: "1", "1 (2)"
    anything else              at most 10,000 characters of its repr

A snapshot takes time in proportion to what it reads, and what it reads is limited: in values, levels, characters, and,
where it runs code of the payload's own, in seconds. A container that occurs at several places counts at each of them.

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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias, TypeGuard, TypeVar

from pydantic import BaseModel, JsonValue, RootModel

from prefactor_core._payloads.error_text import error_text
from prefactor_core._payloads.foreign_types import HIDDEN, Members, conversion_of, members_of_attrs
from prefactor_http._clock import monotonic
from prefactor_http.config import ApiToken

__all__ = [
    "CUT_KEY",
    "EXIT_EXCEPTIONS",
    "NO_PAYLOAD",
    "NO_STACK",
    "TEXT_LIMIT",
    "CutText",
    "NumberedKey",
    "Payload",
    "PayloadObject",
    "error_payload",
    "is_payload_object",
    "members_of",
    "original_key",
    "snapshot",
    "snapshot_object",
    "snapshot_value",
]

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")

_MAX_DEPTH = 64
_MAX_VALUES = 100_000  # objects that occur at several places would otherwise multiply without limit
_MAX_PRINTED = 10_000
_SHORT_INT_BITS = 64
_MAX_FLAT = 20  # members
_MAX_INT_BITS = 10_000  # Python refuses to convert integers of more than 4,300 digits to text
_VALUE_SIZE = 32  # a number, or the punctuation around a text and its key, or the longest of the markers
_MAX_READ = 20_000_000  # characters that are read one by one, or written; then only the beginning of each text is read
_SHORT_TEXT = 100
_MAX_SECONDS = 2.0
_SORTED_BY = 100  # values, and characters of each, by which the items of a set are sorted
_CIRCULAR = "[circular reference]"
_TOO_DEEP = "[nested too deeply]"
NO_STACK = "[nested too deeply for the stack]"
_UNREADABLE = "[unreadable]"
_CUT = f"[cut: more than {_MAX_VALUES:,} values]"
_CUT_TEXT = f"[cut: more than {_MAX_READ:,} characters]"
_CUT_TIME = f"[cut: reading it took more than {_MAX_SECONDS:.0f} seconds]"

_END = object()
_MULTIPLYING = (BaseModel, dict, list, tuple, set, frozenset)

_clock = monotonic

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


class NumberedKey(str):
    """A key with a number, because its own text is the name of another member.

    Attributes:
        original: its own text.
    """

    original: str

    @classmethod
    def of(cls, original: str, number: int) -> NumberedKey:
        key = cls(f"{original} ({number})")
        key.original = original_key(original)
        return key


class Payload(NamedTuple):
    """A JSON-safe object.

    Attributes:
        value: the object.
        size: its approximate size as JSON, in bytes. The exact size is smaller, unless its texts contain characters
            that are escaped: then it is at most 6 times as large.
        cut: something is missing, because it had too many values or took too long.
        unreadable: the mapping could not be read, because its own code failed; the only member is a marker.
        depth: the number of its levels, or more.
        given: the program gave it; it may be empty nevertheless.
    """

    value: dict[str, Any]
    size: int = 0
    cut: bool = False
    unreadable: bool = False
    depth: int = 1
    given: bool = True


NO_PAYLOAD = Payload({}, given=False)
"""In place of a payload that the program did not give. Its value is never changed."""


class _Budget:
    """What is counted while a payload is copied: how much may follow, the size of the texts, and the levels."""

    __slots__ = ("_deadline", "characters_left", "cut", "depth", "marker", "text_size", "values_left")

    def __init__(self) -> None:
        self.values_left = _MAX_VALUES
        self.characters_left = _MAX_READ
        self.text_size = 0
        self.depth = 1
        self.cut = False
        self.marker = _CUT
        self._deadline: float | None = None

    @property
    def size(self) -> int:
        return self.text_size + _VALUE_SIZE * (_MAX_VALUES - self.values_left + 1)

    @property
    def text_limit(self) -> int:
        """How many characters of the next text may be read."""
        return min(TEXT_LIMIT, max(self.characters_left, _SHORT_TEXT))

    def take(self, values: int) -> int:
        """How many of so many values may be copied. They are counted."""
        fitting = min(values, self.values_left)
        self.values_left -= fitting
        self.cut = self.cut or fitting < values
        return fitting

    def add(self, marker: str) -> str:
        """The marker of something that is cut."""
        self.cut = True
        self.text_size += len(marker)
        return marker

    def out_of_time(self) -> bool:
        """Whether the payload's own code has taken too long, counted from its first value that has code of its own."""
        if self._deadline is None:
            self._deadline = _clock() + _MAX_SECONDS
        if self.marker is not _CUT_TIME and _clock() > self._deadline:
            self.values_left, self.marker = 0, _CUT_TIME
        return self.marker is _CUT_TIME


def original_key(name: str) -> str:
    """The text of a key before it was numbered."""
    return name.original if isinstance(name, NumberedKey) else name


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
        copied = _copy_dict(value, (id(value),), budget) if type(value) is dict else _copy(value, (), budget)
    except EXIT_EXCEPTIONS:
        raise
    except RecursionError:  # not at every level: each would go on with its next value, and fail again
        copied = NO_STACK
    except BaseException:
        copied = _UNREADABLE
    return copied


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


PayloadObject: TypeAlias = Mapping[str, Any] | BaseModel | _Dataclass
"""What can be a payload."""


def snapshot_object(payload: PayloadObject | None, what: str) -> Payload:
    """A JSON-safe deep copy of a payload; for None, an empty one that was not given.

    Raises:
        TypeError: `payload` is no mapping, pydantic model or dataclass; the message calls it `what`.
    """
    if payload is None:
        return Payload({}, given=False)
    value: object = payload
    if type(payload) is not dict:
        if not is_payload_object(payload):
            raise TypeError(f"{what} must be a mapping, a model or a dataclass, not {type(payload).__name__}")
        value = members_of(payload) if isinstance(payload, BaseModel) else payload
    elif len(payload) <= _MAX_FLAT:
        flat = payload.copy()  # another thread may change the original meanwhile
        if (size := _flat_size(flat)) is not None:
            return Payload(flat, size)
    budget = _Budget()
    copied = _snapshot(value, budget)
    if isinstance(copied, dict):
        return Payload(copied, budget.size, budget.cut, depth=budget.depth)
    return Payload({"unreadable": copied}, budget.size + _VALUE_SIZE, unreadable=True)


def _flat_size(value: dict[Any, Any]) -> int | None:
    """The size of an object whose values may stay as they are, texts and numbers; None for another.

    Most payloads are such objects. To copy one value by value would take three times as long.
    """
    size = _VALUE_SIZE * (len(value) + 1)
    for name, item in value.items():
        if type(name) is not str or not name.isascii():
            return None
        item_type = type(item)
        if item_type is str:
            if not item.isascii():
                return None
            size += len(item)
        elif item_type is int:
            if item.bit_length() > _SHORT_INT_BITS:
                return None
        elif item_type is float:
            if not math.isfinite(item):
                return None
        elif not (item_type is bool or item is None):
            return None
        size += len(name)
    return size


def error_payload(error: BaseException) -> Payload:
    """The result of a span that ended with an exception."""
    return snapshot_object({"error": _from_exception(error)}, "error")


def is_payload_object(value: object) -> TypeGuard[PayloadObject]:
    """Whether a value can be a payload: a mapping, a pydantic model or a dataclass."""
    try:
        return (isinstance(value, Mapping | BaseModel) and not isinstance(value, RootModel)) or (
            dataclasses.is_dataclass(value) and not isinstance(value, type)
        )
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
        return _limited_text(value, budget)
    if value_type is bool or value is None:
        return value
    if value_type is int:
        return value if value.bit_length() <= _SHORT_INT_BITS else _long_integer(value, path, budget)
    if value_type is float:
        return value if math.isfinite(value) else _not_finite(value)
    if value_type is list:
        return _copy_container(value, _copy_items, path, budget)
    if value_type is dict:
        return _copy_container(value, _copy_dict, path, budget)
    try:
        return _copy_other(value, path, budget)
    except (RecursionError, *EXIT_EXCEPTIONS):
        raise
    except BaseException:  # a payload's own code (properties, iterators, serialisers) failed
        return _represent(value, budget)


def _copy_container(
    value: Any, copy: Callable[[Any, tuple[int, ...], _Budget], Any], path: tuple[int, ...], budget: _Budget
) -> Any:
    if id(value) in path:
        return _CIRCULAR
    if len(path) >= _MAX_DEPTH:
        return _TOO_DEEP
    return copy(value, (*path, id(value)), budget)


def _copy_items(value: list[Any], path: tuple[int, ...], budget: _Budget) -> list[Any]:
    if len(path) > budget.depth:  # noqa: PLR1730 - max() would take a tenth of the time of the whole copy
        budget.depth = len(path)
    items = value[: budget.values_left + 1]  # a copy: another thread may change the original meanwhile
    if len(items) > budget.values_left:
        fitting = budget.take(len(items))
        return [*(_copy(item, path, budget) for item in items[:fitting]), budget.add(budget.marker)]
    budget.values_left -= len(items)
    for index in _to_be_copied(enumerate(items), budget):
        items[index] = _copy(items[index], path, budget)
    return items


def _copy_dict(value: dict[Any, Any], path: tuple[int, ...], budget: _Budget) -> dict[str, Any]:
    limit = budget.values_left
    if len(value) > limit:
        return _copy_members(_first_members(value, limit + 1), path, budget)
    value = value.copy()  # another thread may change the original meanwhile
    names_size = 0
    for name in value:
        if type(name) is not str or not name.isascii():
            return _copy_members(list(value.items()), path, budget)
        names_size += len(name)
    if len(path) > budget.depth:  # noqa: PLR1730 - max() would take a tenth of the time of the whole copy
        budget.depth = len(path)
    budget.values_left -= len(value)
    budget.text_size += names_size
    for name in _to_be_copied(value.items(), budget):
        value[name] = _copy(value[name], path, budget)
    return value


def _to_be_copied(values: Iterable[tuple[KeyT, Any]], budget: _Budget) -> list[KeyT]:
    """The places of the values of a container that cannot stay as they are. Those that can are counted.

    Most values of most payloads are short texts and numbers, for each of which a call of `_copy` would be slow.
    """
    others: list[KeyT] = []
    for place, value in values:
        value_type = type(value)
        if value_type is str:
            if value.isascii():
                budget.text_size += len(value)
                continue
        elif value_type is int:
            if value.bit_length() <= _SHORT_INT_BITS:
                continue
        elif value_type is float:
            if math.isfinite(value):
                continue
        elif value_type is bool or value is None:
            continue
        others.append(place)
    return others


def _first_members(value: dict[Any, Any], limit: int) -> list[tuple[Any, Any]]:
    try:
        return list(itertools.islice(value.items(), limit))
    except RuntimeError:  # another thread changes it at this moment
        return list(value.copy().items())[:limit]


def _copy_members(members: Sequence[tuple[Any, Any]], path: tuple[int, ...], budget: _Budget) -> dict[str, Any]:
    budget.depth = max(budget.depth, len(path))
    fitting = budget.take(len(members))
    names = _names([key for key, _ in members[:fitting]], path, budget)
    copied = {name: _copy(item, path, budget) for name, (_, item) in zip(names, members, strict=False)}
    budget.text_size += sum(map(len, copied))
    if fitting < len(members):
        copied[CUT_KEY] = budget.add(budget.marker)
    return copied


def _copy_other(value: Any, path: tuple[int, ...], budget: _Budget) -> Any:
    if budget.out_of_time():
        return budget.add(_CUT_TIME)
    if type(value) is CutText:
        budget.text_size += len(value)
        return value
    return _copy_container(value, _copy_converted, path, budget)


def _copy_converted(value: Any, path: tuple[int, ...], budget: _Budget) -> Any:
    if isinstance(value, str) and not isinstance(value, enum.Enum | ApiToken):
        return _limited_text(value, budget)
    kind: type[object] = type(value)
    if kind is Members:
        return _copy_members(value, path, budget)
    if convert_foreign := conversion_of(kind):
        return _copy(convert_foreign(value, budget.values_left), path, budget)
    for types, convert in _CONVERSIONS:
        if isinstance(value, types):
            return _copy(convert(value, budget), path, budget)
    if isinstance(value, Mapping):
        return _copy_members(_members(itertools.islice(value.items(), budget.values_left + 1)), path, budget)
    if isinstance(value, AbstractSet | Sequence | ValuesView):
        items = _copy_items(list(itertools.islice(value, budget.values_left + 1)), path, budget)
        return sorted(items, key=_sort_key) if isinstance(value, AbstractSet) else items
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)[: budget.values_left + 1]
        members = [(each.name, getattr(value, each.name, None) if each.repr else HIDDEN) for each in fields]
        return _copy_members(members, path, budget)
    if hasattr(type(value), "__attrs_attrs__"):
        return _copy_members(members_of_attrs(value, budget.values_left), path, budget)
    return _represent(value, budget)


def _members(items: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The members of a mapping. If a key occurs again, its last value counts; keys without a hash are kept."""
    members: dict[Any, Any] = {}
    without_hash: list[tuple[Any, Any]] = []
    for key, item in items:
        try:
            members[key] = item
        except EXIT_EXCEPTIONS:
            raise
        except BaseException:  # the key's own code
            without_hash.append((key, item))
    return [*members.items(), *without_hash]


def _names(keys: Sequence[object], path: tuple[int, ...], budget: _Budget) -> Sequence[str]:
    """The keys as texts that all differ. Of several keys with the same text, all but one are numbered."""
    names: list[str] = []
    for key in keys:
        if type(key) is str and key.isascii():
            names.append(key)
        else:
            names.append(_key_text(key, path, budget))
            budget.text_size += 3 * len(names[-1])
    texts = set(names)
    return names if len(texts) == len(names) else list(_numbered(keys, names, texts))


def _numbered(keys: Sequence[object], names: Sequence[str], texts: set[str]) -> Iterator[str]:
    owners: dict[str, int] = {}
    for index in sorted(range(len(keys)), key=lambda index: _claim(keys[index], names[index])):
        owners.setdefault(names[index], index)
    last_numbers: dict[str, int] = {}  # a search from 2 for each key would take quadratic time
    for index, name in enumerate(names):
        if owners[name] == index:
            yield name
            continue
        number = last_numbers.get(name, 1) + 1
        while f"{name} ({number})" in texts:
            number += 1
        last_numbers[name] = number
        yield NumberedKey.of(name, number)


def _claim(key: object, name: str) -> int:
    """Which of the keys with the same text is not numbered: the one with the lowest number."""
    if type(key) is str:
        return 0 if key == name else 2
    return 1 if isinstance(key, str) and str.__eq__(key, name) else 2


def _long_integer(value: int, path: tuple[int, ...], budget: _Budget) -> Any:
    digits = value.bit_length() // 4 + 1
    if value.bit_length() <= _MAX_INT_BITS:
        budget.text_size += digits
        return value
    limit = budget.text_limit
    budget.characters_left -= min(digits, limit)
    if digits <= limit:
        return _copy(hex(value), path, budget)
    beginning = hex(value >> 4 * (digits - limit))
    budget.text_size += len(beginning)
    return CutText.of(beginning, f"{digits:,} hexadecimal digits")


def _key_text(key: object, path: tuple[int, ...], budget: _Budget) -> str:
    if type(key) is NumberedKey:  # of a copy that is copied again
        return key
    try:
        key = key.value if isinstance(key, enum.Enum) else key
        before = budget.text_size
        copied = _copy(key, path, budget)
        if isinstance(copied, str):
            return copied
        if copied is None or isinstance(copied, bool):
            return {None: "null", True: "true", False: "false"}[copied]
        budget.characters_left -= budget.text_size - before
        return _printed(copied, str, budget)
    except (RecursionError, *EXIT_EXCEPTIONS):
        raise
    except BaseException:  # the key's own code
        return _without_printable_form(key)


def _sort_key(copied: Any) -> tuple[str, str]:
    """Sorts by the beginning of the value: a large one may occur in many sets."""
    parts: list[str] = []
    waiting = [copied]
    while waiting and len(parts) < _SORTED_BY:
        part = waiting.pop()
        if isinstance(part, dict):
            part = [each for member in itertools.islice(part.items(), _SORTED_BY) for each in member]
        if isinstance(part, list):
            waiting.extend(reversed(part[:_SORTED_BY]))
            part = "["
        parts.append(part[:_SORTED_BY] if isinstance(part, str) else str(part))
    return type(copied).__name__, "\0".join(parts)


def _limited_text(value: str, budget: _Budget) -> str:
    """Text that is read character by character, so its length is limited."""
    length = str.__len__(value)
    if length <= TEXT_LIMIT and length <= budget.characters_left:
        budget.characters_left -= length
        budget.text_size += 4 * length
        return _text(value)
    text = _text(str.__getitem__(value, slice(budget.text_limit)))
    budget.characters_left -= len(text)
    budget.text_size += 4 * len(text)
    return text if length == len(text) else CutText.of(text, f"{length:,} characters")


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


def _from_bytes(value: bytes | bytearray | memoryview, budget: _Budget) -> str:
    limit = budget.text_limit
    length = value.nbytes if isinstance(value, memoryview) else len(value)
    if length <= limit or not isinstance(value, memoryview):
        data = bytes(value[:limit]) if length > limit else bytes(value)
    else:
        data = bytes(value.cast("B")[:limit])
    budget.characters_left -= len(data)
    text = _decoded(data, whole=len(data) == length)
    return text if len(data) == length else CutText.of(text, f"{length:,} bytes")


def _decoded(data: bytes, *, whole: bool) -> str:
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")


def _from_model(value: BaseModel, budget: _Budget) -> Any:
    if _has_more_values(value, budget.values_left):
        budget.values_left = 0
        return budget.add(budget.marker)
    try:
        return value.model_dump(mode="json", by_alias=True, warnings=False)
    except Exception:  # a field that pydantic cannot serialise, but this module can
        return _field_by_field(value)


def members_of(value: BaseModel) -> object:
    """The members of a model that is a payload, as Python values, with those that subclasses add."""
    if _has_more_values(value, _MAX_VALUES):
        return {CUT_KEY: _CUT}
    try:
        return value.model_dump(mode="python", by_alias=True, warnings=False, serialize_as_any=True)
    except Exception:  # a serialiser of the program's own that fails
        return _field_by_field(value)


def _has_more_values(value: object, limit: int) -> bool:
    """Whether a model contains more values. Pydantic would copy an object that occurs at many places as often."""
    open_ids = [id(value)]
    parts = [_parts(value)]
    while parts:
        part = next(parts[-1], _END)
        if part is _END:
            parts.pop()
            open_ids.pop()
            continue
        limit -= 1
        if limit < 0:
            return True
        if isinstance(part, _MULTIPLYING) and id(part) not in open_ids[-_MAX_DEPTH:]:
            parts.append(_parts(part))
            open_ids.append(id(part))
    return False


def _parts(value: Any) -> Iterator[object]:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        members = {**vars(value), **(value.model_extra or {})}
        return iter([member for name, member in members.items() if name not in fields or not fields[name].exclude])
    if isinstance(value, dict):
        return iter(value.values())
    return iter(value)


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


def _from_exception(error: BaseException, budget: _Budget | None = None) -> dict[str, str]:
    budget = budget or _Budget()
    return {"type": type(error).__name__, "message": _text(_shortened(_printed(error, error_text, budget)))}


def _printed(value: ValueT, printer: Callable[[ValueT], str], budget: _Budget) -> str:
    if budget.characters_left < 0:
        return budget.add(_CUT_TEXT)
    try:
        text = _text(printer(value))
    except EXIT_EXCEPTIONS:
        raise
    except BaseException:
        return _without_printable_form(value)
    budget.characters_left -= len(text)
    return text


def _without_printable_form(value: object) -> str:
    return f"[{type(value).__name__} without a printable form]"


def _represent(value: object, budget: _Budget) -> str:
    text = _shortened(_printed(value, repr, budget))
    budget.text_size += 4 * len(text)
    return text


def _shortened(text: str) -> str:
    if len(text) <= _MAX_PRINTED:
        return text
    return f"{text[:_MAX_PRINTED]}[cut: {len(text):,} characters, {_MAX_PRINTED:,} kept]"


# In this order, and before the containers: an enum may be an int, an integer is Real too, and text is a sequence.
_CONVERSIONS: tuple[tuple[type | tuple[type, ...], Callable[[Any, _Budget], Any]], ...] = (
    (enum.Enum, lambda value, _: value.value),
    (ApiToken, lambda value, _: copy.deepcopy(value)),  # a mask
    (UserString, lambda value, _: str(value)),
    ((datetime.date, datetime.time), lambda value, _: value.isoformat()),
    (datetime.timedelta, lambda value, _: value.total_seconds()),
    ((uuid.UUID, decimal.Decimal), lambda value, budget: _printed(value, str, budget)),
    (os.PathLike, lambda value, _: os.fspath(value)),
    ((bytes, bytearray, memoryview), _from_bytes),
    (numbers.Integral, lambda value, _: int(value)),
    (numbers.Real, lambda value, _: float(value)),
    (BaseModel, _from_model),
    (BaseException, _from_exception),
)
