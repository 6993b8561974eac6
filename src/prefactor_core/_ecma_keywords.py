"""jsonschema's validators with patterns as ECMA 262 reads them, in linear time where that is possible.

And with multiples of the decimals that are written, not of the doubles next to them: 19.99 is a multiple of 0.01.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from prefactor_core._patterns import matcher

__all__ = ["with_exact_keywords"]


@cache
def with_exact_keywords(kind: type[Validator]) -> type[Validator]:
    """The validator class with its own keywords that look at patterns, and its own multiples and additional items.

    A schema with `$schema` would get jsonschema's class again where a reference leads to it: leave that key out.
    """
    keywords = {
        "additionalItems": _additional_items,
        "additionalProperties": _additional_properties,
        "multipleOf": _multiple_of,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "unevaluatedProperties": _unevaluated_properties,
    }
    known = {name: keyword for name, keyword in keywords.items() if name in kind.VALIDATORS}
    extended: type[Validator] = extend(kind, known)  # type: ignore[no-untyped-call]
    return extended


def _multiple_of(_validator: Validator, step: float, value: object, _schema: object) -> Iterator[ValidationError]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if (_written(value) / _written(step)).denominator != 1:
        yield ValidationError("it is no multiple")


def _written(number: float) -> Fraction:
    return Fraction(number if isinstance(number, int) else repr(number))


def _pattern(_validator: Validator, pattern: str, value: object, _schema: object) -> Iterator[ValidationError]:
    if isinstance(value, str) and not matcher(pattern)(value):
        yield ValidationError("the pattern does not match")


def _pattern_properties(
    validator: Validator, patterns: Mapping[str, Any], value: object, _schema: object
) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for pattern, subschema in patterns.items():
            for name in filter(matcher(pattern), value):
                yield from _of_member(validator, subschema, value[name], name, pattern)


def _additional_items(
    validator: Validator, subschema: Any, value: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    first = schema.get("items")
    if not isinstance(value, list) or not isinstance(first, list):  # jsonschema raises where items is true or false
        return
    for index, item in enumerate(value[len(first) :], len(first)):
        if subschema is False:
            yield ValidationError("the item is not allowed")
            return
        yield from _of_member(validator, subschema, item, index)


def _additional_properties(
    validator: Validator, subschema: Any, value: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for name in value.keys() - _named(schema, value):
            if subschema is False:
                yield ValidationError("the property is not allowed")
                return
            yield from _of_member(validator, subschema, value[name], name)


def _unevaluated_properties(
    validator: Validator, subschema: Any, value: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for name in value.keys() - set(_evaluated(validator, schema, value, top=True)):
            if not validator.evolve(schema=subschema).is_valid(value[name]):
                yield ValidationError("the property is not allowed")
                return


def _of_member(
    validator: Validator, subschema: Any, value: object, name: str | int, pattern: str | None = None
) -> Iterator[ValidationError]:
    found: Iterator[ValidationError] = validator.descend(  # type: ignore[attr-defined]  # of each class that there is
        value, subschema, path=name, schema_path=pattern
    )
    return found


def _named(schema: Mapping[str, Any], value: Mapping[str, object]) -> set[str]:
    """The properties that the schema names, by their names or by a pattern."""
    matches: list[Callable[[str], bool]] = [matcher(pattern) for pattern in schema.get("patternProperties", ())]
    by_name = schema.get("properties", {}).keys()
    return {name for name in value if name in by_name or any(each(name) for each in matches)}


def _evaluated(validator: Validator, schema: Any, value: Mapping[str, object], *, top: bool = False) -> Iterator[str]:
    """The properties that the schema, which the value matches, speaks of."""
    if not isinstance(schema, dict):
        return
    if "additionalProperties" in schema or ("unevaluatedProperties" in schema and not top):
        yield from value
        return
    yield from _named(schema, value)
    for inner, part in _in_place(validator, schema, value):
        yield from _evaluated(inner, part, value)


def _in_place(validator: Validator, schema: Mapping[str, Any], value: object) -> Iterator[tuple[Validator, Any]]:
    """The schemas that speak of the same value, and that it matches."""
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            found = validator._resolver.lookup(schema[keyword])  # type: ignore[attr-defined]
            yield validator.evolve(schema=found.contents, _resolver=found.resolver), found.contents
    yield from ((validator, part) for part in _chosen(validator, schema, value))


def _chosen(validator: Validator, schema: Mapping[str, Any], value: Any) -> Iterable[Any]:
    def matches(part: Any) -> bool:
        return validator.evolve(schema=part).is_valid(value)

    for name, part in schema.get("dependentSchemas", {}).items():
        if name in value:
            yield part
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from filter(matches, schema.get(keyword, ()))
    if "if" in schema:
        holds = matches(schema["if"])
        if holds:
            yield schema["if"]
        yield schema.get("then" if holds else "else", True)
