"""What the keywords of a schema say about a value, as short sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, is_same
from prefactor_gen.json_schema.json_types import types_of

__all__ = ["facts_of", "one_line", "shortened", "shown_value"]

_LONGEST = 60
_SIZES = (
    ("string", "minLength", "maxLength", "character"),
    ("array", "minItems", "maxItems", "item"),
    ("object", "minProperties", "maxProperties", "member"),
)
_WORD = re.compile(r"(?!(true|false|null)\Z)[^\W\d]([\w.:/@+-]*\w)?")


def facts_of(schemas: Sequence[ObjectNode], *, shows_values: bool) -> list[str]:
    """`Default: 3.`, `0 to 9.` and so on, for a value that all these schemas describe.

    Args:
        schemas: the schemas; where they differ, the first one counts, and of bounds the strictest.
        shows_values: whether a default and an example are shown.
    """
    values = schemas if shows_values else ()
    return [*_default(values), *_sizes(schemas), *_range(schemas), *_annotations(schemas), *_example(values)]


def one_line(text: str) -> str:
    """The text with the escapes of JSON for line breaks and the like."""
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def shortened(text: str) -> str:
    """The text, cut if it is too long for a docstring."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _default(schemas: Iterable[ObjectNode]) -> Iterator[str]:
    """The default, unless it is certainly none of the values: then it is somebody's mistake, which a warning tells."""
    for each in [each for each in schemas if "default" in each][:1]:
        value = each["default"]
        is_typed = not each.types or types_of(value) & {*each.types}
        if is_typed and ("enum" not in each or any(is_same(value, item) for item in each.list_at("enum"))):
            yield f"Default: {shown_value(value)}."


def _example(schemas: Iterable[ObjectNode]) -> Iterator[str]:
    found = [example for each in schemas for example in each.list_at("examples")]
    found += [each["example"] for each in schemas if "example" in each]  # OpenAPI's
    yield from [f"Example: {shown_value(each)}." for each in found[:1]]


def _sizes(schemas: Sequence[ObjectNode]) -> Iterator[str]:
    types = {name for each in schemas for name in each.types}
    for type_name, least, most, noun in _SIZES:
        low, high = _strictest(schemas, least, max), _strictest(schemas, most, min)
        if not types or type_name in types:
            yield from _between(low or None, high, f" {noun}")
    if any(each.get("uniqueItems") is True for each in schemas):
        yield "No item twice."


def _range(schemas: Sequence[ObjectNode]) -> Iterator[str]:
    types = {name for each in schemas for name in each.types}
    if types and not types & {"integer", "number"}:
        return
    low, high = _strictest(schemas, "minimum", max), _strictest(schemas, "maximum", min)
    above, below = _strictest(schemas, "exclusiveMinimum", max), _strictest(schemas, "exclusiveMaximum", min)
    if above is not None and (low is None or above >= low):
        yield f"More than {shown_value(above)}."
        low = None
    if below is not None and (high is None or below <= high):
        yield f"Less than {shown_value(below)}."
        high = None
    yield from _between(low, high)
    yield from [f"Multiple of {shown_value(each['multipleOf'])}." for each in schemas if "multipleOf" in each][:1]


def _annotations(schemas: Sequence[ObjectNode]) -> Iterator[str]:
    names = [name for each in schemas if isinstance(name := each.get("format"), str)]
    patterns = [pattern for each in schemas if isinstance(pattern := each.get("pattern"), str)]
    yield from [f"Format: {shown_value(name)}." for name in names[:1]]
    yield from [f"Pattern: `{shortened(one_line(pattern))}`." for pattern in patterns[:1]]
    for keyword, text in (("readOnly", "Read only."), ("writeOnly", "Write only.")):
        if any(each.get(keyword) is True for each in schemas):
            yield text


def _strictest(
    schemas: Iterable[ObjectNode], keyword: str, choose: Callable[[list[int | float]], int | float]
) -> int | float | None:
    values = (each.get(keyword) for each in schemas)
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return choose(numbers) if numbers else None


def _between(low: float | None, high: float | None, noun: str = "") -> Iterator[str]:
    """`1 to 80 characters.`"""
    plural = noun and (noun if (low if high is None else high) == 1 else f"{noun}s")
    if low is not None and low == high:
        yield f"Exactly {shown_value(low)}{plural}."
    elif low is not None and high is not None:
        yield f"{shown_value(low)} to {shown_value(high)}{plural}."
    elif low is not None:
        yield f"At least {shown_value(low)}{plural}."
    elif high is not None:
        yield f"At most {shown_value(high)}{plural}."


def shown_value(value: JsonValue) -> str:
    """A value in one line, as JSON; a single word has no quotes."""
    if isinstance(value, str) and len(value) <= _LONGEST and _WORD.fullmatch(value):
        return value
    if isinstance(value, str | ObjectNode | ListNode):
        return shortened(json.dumps(value, ensure_ascii=False))
    return json.dumps(value)
