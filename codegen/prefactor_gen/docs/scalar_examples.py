"""Makes up texts and numbers that the keywords of a schema allow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_schema.patterns import matcher

__all__ = ["made_up_number", "made_up_text", "whole_number", "words_of"]

_MAX_TEXT = 200
_EXACT = 2**53
"""Numbers below this size are exact as a float."""
_OF_FORMAT: Mapping[str, str] = {
    "date": "2026-01-31", "date-time": "2026-01-31T09:30:00Z", "duration": "PT5M", "email": "name@example.com",
    "hostname": "example.com", "idn-email": "name@example.com", "idn-hostname": "example.com", "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1", "iri": "https://example.com/", "iri-reference": "/path", "json-pointer": "/path",
    "regex": "a+", "relative-json-pointer": "0", "time": "09:30:00Z", "uri": "https://example.com/",
    "uri-reference": "/path", "uri-template": "/path/{id}", "uuid": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
}  # fmt: skip
_TEXTS = (
    "a", "A", "1", "0", "ab", "AB", "12", "abc", "ABC", "123", "1234", "12345", "123456", "12345678", "1234567890",
    "a1", "A1", "A-1", "AB-1", "AB-12", "ABC-123", "ABC-1234", "a_b", "a-b", "a.b", "a:b", "a/b", "1.0", "1.0.0",
    "#1", "#0000ff", "en-GB", "+15550100", "+15550100000", "2026-01-31", "2026-01", "09:30", "id_1", "id-1",
    "DE89370400440532013000", "https://example.com/", "name@example.com", "example.com", "0" * 16, "a" * 16,
    "0" * 24, "0" * 32, "0" * 40, "0" * 64, *_OF_FORMAT.values(),
)  # fmt: skip
"""What simple patterns match."""


def made_up_text(schema: ObjectNode, name: str) -> str:
    """A text within the bounds; the words of the name, if that is possible."""
    found = schema.get("format")
    made = _OF_FORMAT.get(found, words_of(name)) if isinstance(found, str) else words_of(name)
    pattern = schema.get("pattern")
    least, most = whole_number(schema.get("minLength"), 0), whole_number(schema.get("maxLength"), _MAX_TEXT)
    if isinstance(pattern, str) and (matches := matcher(pattern)) is not None:
        return next((each for each in (made, *_TEXTS) if least <= len(each) <= most and matches(each)), made)
    if len(made) > most:
        return made[:most]
    return made if len(made) >= least or least > _MAX_TEXT else (made + " text" * least)[:least]


def made_up_number(schema: ObjectNode, *, is_integer: bool) -> int | float:
    """A number within the bounds: 1 or 0, if that is possible."""
    step = _number(schema, "multipleOf") or (1 if is_integer else 0)
    for each in _candidates(schema):
        made = math.ceil(each / step) * step if step > 0 else each
        if _is_in_range(made, schema) and (step <= 0 or Fraction(made) % Fraction(step) == 0):
            return int(made) if is_integer or made == int(made) else made
    return 1


def _candidates(schema: ObjectNode) -> Iterator[int | float]:
    yield from (1, 0)
    low = _number(schema, "exclusiveMinimum", "minimum")
    high = _number(schema, "exclusiveMaximum", "maximum")
    if low is not None and high is not None:
        yield (low + high) / 2
    for bound in (low, high):
        if bound is not None:
            yield from (bound, math.floor(bound) + 1, math.ceil(bound) - 1)


def _number(schema: ObjectNode, *keywords: str) -> int | float | None:
    """The value of the first keyword that is there, if it is not too large."""
    for value in (schema[keyword] for keyword in keywords if keyword in schema):
        return value if isinstance(value, int | float) and abs(value) < _EXACT else None
    return None


def _is_in_range(value: float, schema: ObjectNode) -> bool:
    least, above = _number(schema, "minimum"), _number(schema, "exclusiveMinimum")
    most, below = _number(schema, "maximum"), _number(schema, "exclusiveMaximum")
    return (
        (least is None or value >= least)
        and (above is None or value > above)
        and (most is None or value <= most)
        and (below is None or value < below)
    )


def whole_number(value: JsonValue, default: int) -> int:
    """A number of characters or items that a keyword says."""
    return int(value) if isinstance(value, int | float) else default


def words_of(name: str) -> str:
    """The name of a member as words."""
    return " ".join(name.replace("_", " ").replace("-", " ").split())[:_MAX_TEXT] or "text"
