"""Takes out of payloads what must not leave the program: what a schema marks, and what the program's callable says.

Both work on JSON-safe copies and fail closed, field by field: where something goes wrong, the field is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from pydantic import JsonValue

from prefactor_core._snapshot import MEANT_FOR_THE_PROGRAM, Payload, snapshot_value

__all__ = [
    "FAILED",
    "REDACTED",
    "Marks",
    "PayloadField",
    "PayloadPart",
    "RedactCallback",
    "Target",
    "ValueRule",
    "redact_fields",
]

REDACTED = "[redacted]"
FAILED = "[redacted: the redact callable failed]"

PayloadPart: TypeAlias = Literal["params", "result", "quality"]


@dataclass(frozen=True, slots=True)
class PayloadField:
    """A value in a payload that is about to be recorded: what `PrefactorCoreConfig.redact` is called with.

    Attributes:
        schema_name: the span type, or the name of the quality payload.
        part: which payload of it.
        path: the names and indexes that lead to the value, as in `("messages", 0, "content")`. The message of an
            exception that ended a span is at `("error", "message")` of the result.
        value: the value, JSON-safe: no list and no object, for those are gone through.
    """

    schema_name: str
    part: PayloadPart
    path: tuple[str | int, ...]
    value: JsonValue


RedactCallback: TypeAlias = Callable[[PayloadField], object]


def redact_fields(
    payload: Payload,
    redact: RedactCallback,
    schema_name: str,
    part: PayloadPart,
    failed: Callable[[BaseException], None],
) -> Payload:
    """The payload with each value replaced by what `redact` makes of it.

    Args:
        payload: the payload.
        redact: the program's callable; it may return anything, which is made JSON-safe.
        schema_name: for the callable.
        part: for the callable.
        failed: called with what the callable raised; the value becomes `FAILED`.
    """
    added = 0

    def changed(value: JsonValue, path: tuple[str | int, ...]) -> JsonValue:
        nonlocal added
        try:
            answer = redact(PayloadField(schema_name, part, path, value))
        except MEANT_FOR_THE_PROGRAM:
            raise
        except BaseException as error:  # pytest.fail, too: it must not pass through the agent
            failed(error)
            answer = FAILED
        if answer is value:
            return value
        copied, size = snapshot_value(answer)
        added += size
        return copied

    value = _each(payload.value, (), changed)
    return payload._replace(value=value, size=payload.size + added)


def _each(value: Any, path: tuple[str | int, ...], change: Callable[[JsonValue, tuple[str | int, ...]], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _each(item, (*path, name), change) for name, item in value.items()}
    if isinstance(value, list):
        return [_each(item, (*path, index), change) for index, item in enumerate(value)]
    return change(value, path)


# What `prefactor-gen` writes for a schema with marks, as data: one rule for each place of the schema that a value with
# marked parts can be at, by its JSON pointer. A target is True where the value itself is marked, and otherwise the
# places that apply to it. Several places apply to one value under `anyOf`, `allOf` and the like.
Target: TypeAlias = Sequence[str] | Literal[True]


class ObjectRule(TypedDict, total=False):
    """What one schema says of the members of an object."""

    properties: Mapping[str, Target]
    patterns: Mapping[str, Target]
    others: Target


class ArrayRule(TypedDict, total=False):
    """What one schema says of the items of a list."""

    first: Sequence[Target]
    items: Target


class ValueRule(TypedDict):
    """What is known of a value: the kinds that it may have, and what applies to its members and items."""

    kinds: Sequence[str]
    objects: NotRequired[Sequence[ObjectRule]]
    arrays: NotRequired[Sequence[ArrayRule]]


class Marks:
    """The marks of one schema.

    A value that is not of the kinds that the schema names for its place is replaced as a whole if something under it
    is marked: nobody knows where that is now.

    Args:
        rules: one for each place, by JSON pointer; that of the whole payload is "".
    """

    def __init__(self, rules: Mapping[str, ValueRule]) -> None:
        self._rules = {place: _Rule(rule) for place, rule in rules.items()}

    def redact(self, payload: Payload) -> Payload:
        """The payload without what is marked. It is not larger: its size counts enough for each value."""
        if payload.unreadable:
            return payload._replace(value=dict.fromkeys(payload.value, REDACTED))
        return payload._replace(value=self._value(payload.value, [""]))

    def _value(self, value: Any, target: Target) -> Any:
        if target is True:
            return REDACTED
        rules = [self._rules[place] for place in target]
        if value is None or not any(rule.objects or rule.arrays for rule in rules):
            return value
        if isinstance(value, dict) and any(rule.objects for rule in rules):
            return {name: self._value(item, _union(_of_member(rules, name))) for name, item in value.items()}
        if isinstance(value, list) and any(rule.arrays for rule in rules):
            return [self._value(item, _union(_of_item(rules, index))) for index, item in enumerate(value)]
        return value if any(_kind(value) in rule.kinds for rule in rules) else REDACTED


class _Rule:
    def __init__(self, rule: ValueRule) -> None:
        self.kinds = frozenset(rule["kinds"])
        self.objects = [_Members(each) for each in rule.get("objects", ())]
        self.arrays = rule.get("arrays", ())


class _Members:
    def __init__(self, rule: ObjectRule) -> None:
        self._properties = rule.get("properties", {})
        self._pattern_targets = rule.get("patterns", {})
        self._others = rule.get("others", ())

    @cached_property
    def _patterns(self) -> list[tuple[Callable[[str], bool], Target]]:
        return [(_matcher(pattern), target) for pattern, target in self._pattern_targets.items()]

    def targets(self, name: str) -> Iterator[Target]:
        found = [target for matches, target in self._patterns if matches(name)]
        if name in self._properties:
            found.append(self._properties[name])
        yield from found or [self._others]


def _of_member(rules: Sequence[_Rule], name: str) -> Iterator[Target]:
    return (target for rule in rules for members in rule.objects for target in members.targets(name))


def _of_item(rules: Sequence[_Rule], index: int) -> Iterator[Target]:
    for rule in rules:
        for items in rule.arrays:
            first = items.get("first", ())
            yield first[index] if index < len(first) else items.get("items", ())


def _union(targets: Iterator[Target]) -> Target:
    places: dict[str, None] = {}
    for target in targets:
        if target is True:
            return True
        places.update(dict.fromkeys(target))
    return list(places)


def _matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a name matches, in linear time: the names of a payload may be anyone's. In doubt, it does."""
    from prefactor_schema.patterns import matcher  # noqa: PLC0415 - few schemas have patterns

    return matcher(pattern) or (lambda _name: True)  # it has a look-ahead, say


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"
