"""Makes texts that match a pattern. They are only candidates: whoever uses them asks the engine."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from re import _constants as codes  # type: ignore[attr-defined]  # the only parser of patterns in the library
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, TypeAlias

__all__ = ["text_for"]

_AS_PATTERNS = {codes.CATEGORY_DIGIT: r"\d", codes.CATEGORY_WORD: r"\w", codes.CATEGORY_SPACE: r"\s"}
_MAX_REPEAT = 1_000
_CLASSES = {codes.CATEGORY_DIGIT: "1", codes.CATEGORY_WORD: "a", codes.CATEGORY_SPACE: " "}
_NOT_CLASSES = {codes.CATEGORY_NOT_DIGIT: "a", codes.CATEGORY_NOT_WORD: " ", codes.CATEGORY_NOT_SPACE: "a"}
_Items: TypeAlias = Iterable[tuple[object, Any]]  # what the parser returns has no types
_LETTERS = "a1A0 -_.é"


def text_for(pattern: str) -> str | None:
    """A short text that probably matches a pattern; None if Python cannot read the pattern."""
    try:
        with warnings.catch_warnings(action="ignore"):
            parsed = parser.parse(pattern)
        return _text(parsed, {})
    except (re.error, OverflowError, RecursionError, ValueError):
        return None


def _text(items: _Items, groups: dict[object, str]) -> str:
    return "".join(_one(code, value, groups) for code, value in items)


def _one(code: object, value: Any, groups: dict[object, str]) -> str:
    match code, value:
        case codes.LITERAL, int():
            return chr(value)
        case codes.NOT_LITERAL, int():
            return next(letter for letter in _LETTERS if ord(letter) != value)
        case codes.ANY, _:
            return "a"
        case codes.IN, list():
            return _of_set(value)
        case codes.BRANCH, (_, [first, *_]):
            return _text(first, groups)
        case codes.SUBPATTERN, (number, _, _, inner):
            groups[number] = _text(inner, groups)
            return groups[number]
        case codes.GROUPREF, _:
            return groups.get(value, "")
        case ((codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT), (int() as least, most, inner)):
            count = min(max(least, 1 if most else 0), _MAX_REPEAT)
            return _text(inner, groups) * count
        case _:  # a position, or a condition on what comes next
            return ""


def _of_set(items: list[tuple[object, Any]]) -> str:
    """A character of a set such as `[a-z]`."""
    if items and items[0][0] is codes.NEGATE:
        return next((letter for letter in _LETTERS if not any(_has(item, letter) for item in items[1:])), "~")
    code, value = items[0]
    if code is codes.RANGE and isinstance(value, tuple):
        return chr(value[0])
    if code is codes.LITERAL and isinstance(value, int):
        return chr(value)
    return {**_CLASSES, **_NOT_CLASSES}.get(value, "a")


def _has(item: tuple[object, Any], letter: str) -> bool:
    code, value = item
    if code is codes.LITERAL:
        return bool(value == ord(letter))
    if code is codes.RANGE and isinstance(value, tuple):
        return bool(value[0] <= ord(letter) <= value[1])
    return re.fullmatch(_AS_PATTERNS.get(value, "."), letter) is not None
