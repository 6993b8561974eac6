"""Messages for the errors of the engine. Its own messages contain values, which must not be logged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from prefactor_schema.keywords import MAPS
from prefactor_schema.mismatch import Mismatch, Step
from prefactor_schema.suggestions import did_you_mean

if TYPE_CHECKING:
    from jsonschema_rs import ValidationErrorKind

__all__ = [
    "NO_OPTION",
    "SEVERAL_OPTIONS",
    "Finding",
    "condition_of",
    "is_of_type",
    "messages",
    "one_of",
    "type_names",
    "type_of",
]

_MAX_CHARS = 200
_MAX_NAMES = 100
_MAX_SUGGESTIONS = 3
_WITH_ARTICLE = {
    "array": "an array", "boolean": "a boolean", "integer": "an integer", "null": "null", "number": "a number",
    "object": "an object", "string": "a string",
}  # fmt: skip
NO_OPTION = "Input should match one of the options"
SEVERAL_OPTIONS = "Input should match exactly one option of oneOf, but matches several"
_MESSAGES = {
    "AdditionalItems": "Input has more items than are allowed",
    "AnyOf": NO_OPTION,
    "FalseSchema": "No value is allowed here",
    "OneOfMultipleValid": SEVERAL_OPTIONS,
    "OneOfNotValid": NO_OPTION,
    "UnevaluatedItems": "Input has more items than are allowed",
    "UniqueItems": "Items should be unique",
}
_BOUNDS = {
    "exclusiveMaximum": "be less than {}",
    "exclusiveMinimum": "be greater than {}",
    "format": "have the format {}",
    "maximum": "be at most {}",
    "maxItems": "have at most {} item",
    "maxLength": "have at most {} character",
    "maxProperties": "have at most {} field",
    "minimum": "be at least {}",
    "minItems": "have at least {} item",
    "minLength": "have at least {} character",
    "minProperties": "have at least {} field",
    "multipleOf": "be a multiple of {}",
}
_PATTERN_LIMITS = frozenset({"BacktrackLimitExceeded", "RegexEngineFailure"})


@dataclass(frozen=True)
class Finding:
    """An error of the engine, with what its message needs.

    Attributes:
        kind: The engine's kind of error.
        keyword: The keyword that failed.
        schema: The schema that has this keyword.
        value: The value that was checked.
        patterns: The original patterns, by the patterns of the engine's schema.
    """

    kind: ValidationErrorKind
    keyword: str
    schema: Mapping[str, Any]
    value: Any
    patterns: Mapping[str, str]


def messages(finding: Finding, condition: Step | None) -> Iterator[Mismatch]:
    """The mismatches of an error. The path of a missing member is its own name.

    Args:
        finding: The error.
        condition: The `then` or `else` that applies the schema, if there is one.
    """
    if type(finding.kind).__name__ in _PATTERN_LIMITS:
        yield Mismatch((), "its pattern takes too many steps on this text", checked=False)
        return
    because = f", because of {condition}" if condition else ""
    yield from (Mismatch(where, f"{message}{because}") for where, message in _messages(finding))


def _messages(finding: Finding) -> Iterator[tuple[tuple[Step, ...], str]]:
    kind: Any = finding.kind  # one of the engine's classes, which have different attributes
    rule = finding.schema.get(finding.keyword)
    match type(kind).__name__:
        case "Required":
            member = _requiring_member(finding, kind.property)
            yield (kind.property,), f"Field required because {member} is present" if member else "Field required"
        case "Type":
            yield (), f"Input should be {type_names(kind.types)}, found {type_of(finding.value)}"
        case "Constant":
            yield (), f"Input should be {_shown(kind.expected_value)}"
        case "Enum":  # the list in the schema: the engine would copy its own
            yield (), f"Input should be {one_of(rule if isinstance(rule, list) else kind.options)}"
        case "AdditionalProperties" | "UnevaluatedProperties":
            yield from _not_allowed(kind.unexpected, finding.schema)
        case "FalseSchema" if finding.keyword == "additionalProperties" and isinstance(finding.value, dict):
            yield from _not_allowed(finding.value, finding.schema)
        case name if name in _MESSAGES:
            yield (), _MESSAGES[name]
        case "Pattern":
            pattern = kind.pattern
            yield (), f"Input should match the pattern {_shown(finding.patterns.get(pattern, pattern))}"
        case _ if finding.keyword in _BOUNDS:
            yield (), f"Input should {_bound(finding.keyword, rule)}"
        case _:
            yield (), f"Input should match {_shown({finding.keyword: kind.value if rule is None else rule})}"


def condition_of(path: Iterable[Step]) -> Step | None:
    """The innermost `then` or `else` in a path through a schema. A property with such a name does not count."""
    condition, steps = None, iter(path)
    for step in steps:
        if step in MAPS:
            next(steps, None)
        elif step in {"then", "else"}:
            condition = step
    return condition


def type_of(value: object) -> str:
    """The JSON Schema type of a value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "an integer" if isinstance(value, int) else "a number"
    return "a string" if isinstance(value, str) else "an array" if isinstance(value, list) else "an object"


def is_of_type(value: object, name: object) -> bool:
    """Whether a value has a type of JSON Schema."""
    found = type_of(value)
    if isinstance(value, float) and name == "integer":
        return value.is_integer()
    return found == _WITH_ARTICLE.get(str(name)) or (name == "number" and found == "an integer")


def type_names(types: Iterable[str]) -> str:
    """Names of types as text: `a string, a number or null`."""
    names = [_WITH_ARTICLE.get(name, name) for name in dict.fromkeys(types)]
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def one_of(values: Sequence[object]) -> str:
    """Values as text: `one of 'a', 'b'`. Of a long list, only the beginning."""
    if len(values) == 1:
        return _shown(values[0])
    text = ""
    for index, value in enumerate(values):
        shown = _shown(value)
        if len(text) + len(shown) > _MAX_CHARS:
            return f"one of {text}, and {len(values) - index:,} more" if text else f"one of {len(values):,} values"
        text += f", {shown}" if text else shown
    return f"one of {text}"


def _bound(keyword: str, rule: object) -> str:
    text = _BOUNDS[keyword].format(_shown(rule))
    return text if rule == 1 or text.endswith(_shown(rule)) else f"{text}s"


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MAX_CHARS else f"{text[:_MAX_CHARS]}…"


def _requiring_member(finding: Finding, name: str) -> str | None:
    """The member of the value that requires the missing one, for `dependentRequired`."""
    rule = finding.schema.get(finding.keyword)
    if finding.keyword not in {"dependentRequired", "dependencies"} or not isinstance(rule, Mapping):
        return None
    requiring = (each for each, required in rule.items() if isinstance(required, list) and name in required)
    return next((each for each in requiring if isinstance(finding.value, dict) and each in finding.value), None)


def _not_allowed(names: Iterable[str], schema: Mapping[str, Any]) -> Iterator[tuple[tuple[Step, ...], str]]:
    properties = schema.get("properties")
    known = list(islice(properties, _MAX_NAMES)) if isinstance(properties, Mapping) else []
    for index, name in enumerate(islice(names, _MAX_NAMES)):
        hint = did_you_mean(name[:_MAX_CHARS], known) if index < _MAX_SUGGESTIONS else ""
        yield (name,), f"Field is not allowed{hint}"
