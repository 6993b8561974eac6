"""Removes from payloads what must not leave the program: by the rules of a schema, and by the program's callable.

Both work on JSON-safe copies, field by field. A field whose redaction fails is replaced by a marker.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from pydantic import JsonValue

from prefactor_core._payloads.snapshot import EXIT_EXCEPTIONS, Payload, original_key, snapshot_value

# Annotations are not postponed here: `prefactor_core` becomes the `__module__` of PayloadField, and the names
# in its annotations could not be looked up there.

__all__ = [
    "FAILED",
    "REDACTED",
    "PayloadField",
    "PayloadPart",
    "RedactCallback",
    "RedactionRules",
    "RulesByName",
    "Target",
    "ValueRule",
    "mismatch_of",
    "payload_name",
    "redact_fields",
]

REDACTED = "[redacted]"
FAILED = "[redacted: the redact callable failed]"

PayloadPart: TypeAlias = Literal["params", "result", "quality"]


def payload_name(part: PayloadPart, schema_name: str) -> str:
    """The payload in a message: "the params of 'agent:llm'"."""
    return f"the quality payload {schema_name!r}" if part == "quality" else f"the {part} of {schema_name!r}"


def mismatch_of(part: PayloadPart, schema_name: str) -> str:
    """The beginning of a message about a payload that does not match its schema."""
    return f"{payload_name(part, schema_name)} {'do' if part == 'params' else 'does'} not match the schema"


@dataclass(frozen=True, slots=True)
class PayloadField:
    """A value in a payload that is about to be recorded: the argument of `PrefactorCoreConfig.redact`.

    Attributes:
        schema_name: the span type, or the name of the quality payload.
        part: which of its payloads.
        path: the names and indexes that lead to the value, as in `("messages", 0, "content")`. A name is the text of
            the key that the program used, also if it is recorded with a number because two keys have the same text:
            `password` for `password (2)`. The message of an exception that ended a span is at `("error", "message")`
            of the result.
        value: the value, JSON-safe. It is never a list or an object: the callable is called for their values.
    """

    schema_name: str
    part: PayloadPart
    path: tuple[str | int, ...]
    value: JsonValue


# A repr, a pickle and documentation show where a program imports the class from.
PayloadField.__module__ = "prefactor_core"


RedactCallback: TypeAlias = Callable[[PayloadField], object]


def redact_fields(
    payload: Payload,
    redact: RedactCallback,
    schema_name: str,
    part: PayloadPart,
    failed: Callable[[BaseException], None],
) -> Payload:
    """The payload with each value replaced by what `redact` returns for it.

    Args:
        payload: the payload.
        redact: the program's callable. It may return anything; that is made JSON-safe.
        schema_name: passed to the callable, as `PayloadField.schema_name`.
        part: passed to the callable, as `PayloadField.part`.
        failed: called with each exception of the callable; the value becomes `FAILED`.
    """
    added = 0

    def redacted(value: JsonValue, path: tuple[str | int, ...]) -> JsonValue:
        nonlocal added
        try:
            answer = redact(PayloadField(schema_name, part, path, value))
        except EXIT_EXCEPTIONS:
            raise
        except BaseException as error:  # pytest.fail too: the agent must not see it
            failed(error)
            answer = FAILED
        if answer is value:
            return value
        copied, size = snapshot_value(answer)
        added += size
        return copied

    value = _map_values(payload.value, (), redacted)
    return payload._replace(value=value, size=payload.size + added)


def _map_values(
    value: Any, path: tuple[str | int, ...], change: Callable[[JsonValue, tuple[str | int, ...]], Any]
) -> Any:
    if isinstance(value, dict):
        return {name: _map_values(item, (*path, original_key(name)), change) for name, item in value.items()}
    if isinstance(value, list):
        return [_map_values(item, (*path, index), change) for index, item in enumerate(value)]
    return change(value, path)


# `prefactor-gen` writes these rules, as data, for a schema with `x-prefactor-redact`: one rule for each subschema whose
# values can contain a redacted value, by the subschema's JSON pointer. A target is True if the value itself is
# redacted, and otherwise the pointers of the subschemas that apply to it: several with `anyOf`, `allOf` and the like.
Target: TypeAlias = Sequence[str] | Literal[True]


class ObjectRule(TypedDict, total=False):
    """The targets of one subschema for the members of an object."""

    properties: Mapping[str, Target]
    patterns: Mapping[str, Target]
    others: Target


class ArrayRule(TypedDict, total=False):
    """The targets of one subschema for the items of an array."""

    first: Sequence[Target]
    items: Target


class ValueRule(TypedDict):
    """One rule: the JSON types that the value may have (`kinds`), and the targets for its members and items."""

    kinds: Sequence[str]
    objects: NotRequired[Sequence[ObjectRule]]
    arrays: NotRequired[Sequence[ArrayRule]]


class RedactionRules:
    """The redaction rules of one schema.

    If a schema redacts something inside a value, and the value has a JSON type that the schema does not expect, the
    value itself is replaced: where the secret is inside such a value is unknown.

    Args:
        rules: the rules by JSON pointer; "" is the whole payload.
    """

    def __init__(self, rules: Mapping[str, ValueRule]) -> None:
        self._rules = {pointer: _Rule(rule) for pointer, rule in rules.items()}

    def redact(self, payload: Payload) -> Payload:
        """The payload after redaction. Its `size` stays: it counts at least the size of the marker for every value."""
        if payload.unreadable:
            return payload._replace(value=dict.fromkeys(payload.value, REDACTED))
        return payload._replace(value=self._redacted(payload.value, [""]))

    def _redacted(self, value: Any, target: Target) -> Any:
        if target is True:
            return REDACTED
        rules = [self._rules[pointer] for pointer in target]
        if value is None or not any(rule.objects or rule.arrays for rule in rules):
            return value
        if isinstance(value, dict) and any(rule.objects for rule in rules):
            return {
                name: self._redacted(item, _merged(_member_targets(rules, original_key(name))))
                for name, item in value.items()
            }
        if isinstance(value, list) and any(rule.arrays for rule in rules):
            return [self._redacted(item, _merged(_item_targets(rules, index))) for index, item in enumerate(value)]
        return value if any(_json_type(value) in rule.types for rule in rules) else REDACTED


RulesByName: TypeAlias = dict[str, Mapping[PayloadPart, RedactionRules]]
"""Redaction rules by span type."""


class _Rule:
    def __init__(self, rule: ValueRule) -> None:
        self.types = frozenset(rule["kinds"])
        self.objects = [_MemberTargets(each) for each in rule.get("objects", ())]
        self.arrays = rule.get("arrays", ())


class _MemberTargets:
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


def _member_targets(rules: Sequence[_Rule], name: str) -> Iterator[Target]:
    return (target for rule in rules for members in rule.objects for target in members.targets(name))


def _item_targets(rules: Sequence[_Rule], index: int) -> Iterator[Target]:
    for rule in rules:
        for items in rule.arrays:
            first = items.get("first", ())
            yield first[index] if index < len(first) else items.get("items", ())


def _merged(targets: Iterator[Target]) -> Target:
    pointers: dict[str, None] = {}
    for target in targets:
        if target is True:
            return True
        pointers.update(dict.fromkeys(target))
    return list(pointers)


def _matcher(pattern: str) -> Callable[[str], bool]:
    """A function that tests whether a name matches a pattern, in linear time: the names of a payload are not trusted.

    A pattern that cannot be matched in linear time, such as one with a look-ahead, matches every name.
    """
    from prefactor_schema.patterns import matcher  # noqa: PLC0415 - few schemas have patterns

    return matcher(pattern) or (lambda _name: True)


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"
