"""Texts of answers, for errors and log records: one line of bounded length. Nothing here raises."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

__all__ = ["MESSAGE_CHARS", "NAME_CHARS", "bounded_copy", "error_text", "json_text", "one_line", "problem_text"]

MESSAGE_CHARS = 500
NAME_CHARS = 100

_ERROR_CHARS = 2000
_PROBLEM_CHARS = 200
_PROBLEMS = 5
_MAX_DEPTH = 8
_MAX_VALUES = 1000
_CUT = "…"


def one_line(value: object, limit: int) -> str:
    """The text of a value on one line: what a terminal or a reader of logs would act on is escaped, the rest is cut.

    Escaped are line breaks, other control characters, bidirectional marks, and characters without a visible form.
    """
    line = _text_of(value)[: limit + 1]
    if not (line.isascii() and line.isprintable()):
        line = "".join(map(_visible, line))
    return line if len(line) <= limit else line[:limit] + _CUT


def error_text(error: BaseException) -> str:
    """The text of an error, or the name of its type if it has none."""
    return one_line(error, _ERROR_CHARS) or type(error).__name__


def problem_text(problem: object) -> str:
    """The problem of a field. The API sends it as a text, an object with a message, or a list of these."""
    if isinstance(problem, list):
        return one_line(", ".join(map(_single_problem, problem[:_PROBLEMS])), _PROBLEMS * _PROBLEM_CHARS)
    return _single_problem(problem)


def bounded_copy(value: Any, hide: Callable[[str], str] = str) -> Any:
    """A bounded copy of a JSON value: its texts and names are one line; what is too deep or too much is left out.

    Args:
        value: The value.
        hide: Called for each text and name before it is cut.
    """
    return _copy(value, hide, _MAX_DEPTH, [_MAX_VALUES])


def json_text(value: object, limit: int) -> str:
    """A JSON value as text, which is one line: a text as it is, any other value as Python writes it."""
    return one_line(value if isinstance(value, str) else bounded_copy(value), limit)


def _single_problem(problem: object) -> str:
    message = problem.get("message") if isinstance(problem, dict) else None
    return json_text(message if isinstance(message, str) else problem, _PROBLEM_CHARS)


def _copy(value: Any, hide: Callable[[str], str], depth: int, values_left: list[int]) -> Any:
    values_left[0] -= 1
    if isinstance(value, str):
        return one_line(hide(value), MESSAGE_CHARS)
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return _CUT
    if isinstance(value, list):
        copied: list[Any] = []
        for item in value:
            if values_left[0] <= 0:
                return [*copied, _CUT]
            copied.append(_copy(item, hide, depth - 1, values_left))
        return copied
    members: dict[str, Any] = {}
    for name, member in value.items():
        if values_left[0] <= 0:
            return {**members, _CUT: _CUT}
        members[one_line(hide(_text_of(name)), NAME_CHARS)] = _copy(member, hide, depth - 1, values_left)
    return members


def _visible(char: str) -> str:
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return char.encode("unicode_escape").decode("ascii")


def _text_of(value: object) -> str:
    try:
        return str(value)
    except Exception:
        return type(value).__name__
