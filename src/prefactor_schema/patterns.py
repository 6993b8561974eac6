"""Regular expressions of JSON Schemas: the engine's form of a pattern, and why a pattern is not accepted."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from prefactor_schema.engine import compile_schema
from prefactor_schema.pattern_translation import Translation

__all__ = ["BacktrackingPattern", "PatternProblem", "engine_pattern", "linear_pattern", "matcher", "pattern_problem"]

MAX_TEXT = 20_000
"""The most characters of a text that is matched with a backtracking pattern that begins with `^`."""
MAX_TEXT_TO_SEARCH = 5_000
"""The same for other backtracking patterns: they are tried at each position of the text."""


class BacktrackingPattern(NamedTuple):
    """A pattern that needs backtracking, and the most characters of a text that is matched with it."""

    text: str
    max_text: int


class PatternProblem(NamedTuple):
    """Why the engine cannot use a pattern.

    Attributes:
        message: The reason.
        position: The place, in characters from 0, if it is known.
        is_error: Whether the pattern is not valid; otherwise it is valid, but is not checked.
    """

    message: str
    position: int | None = None
    is_error: bool = True


@lru_cache(10_000)
def linear_pattern(pattern: str) -> str:
    """The pattern for matching in linear time, whether or not the engine accepts it."""
    return Translation(pattern, linear=True).text


@lru_cache(10_000)
def engine_pattern(pattern: str) -> str | BacktrackingPattern | None:
    """The pattern for a schema that has backtracking patterns, too.

    Returns:
        The pattern as text if it is matched in linear time; a BacktrackingPattern if it needs backtracking; None if it
        is valid in ECMA 262 but the engine cannot compile it; the pattern itself if it is not valid.
    """
    text = linear_pattern(pattern)
    if "(?-u:" not in text and _compiles(text):
        return text
    translation = Translation(pattern, linear=False)
    if _compiles(translation.text, linear=False):
        is_anchored = pattern.startswith("^") and not translation.has_alternatives
        return BacktrackingPattern(translation.text, MAX_TEXT if is_anchored else MAX_TEXT_TO_SEARCH)
    return pattern if _error(pattern) else None


@lru_cache(10_000)
def matcher(pattern: str) -> Callable[[str], bool] | None:
    """A function that searches a text for the pattern; None if that may take more than linear time."""
    try:
        return compile_schema({"pattern": linear_pattern(pattern)}).is_valid
    except ValueError:
        return None


def pattern_problem(pattern: str) -> PatternProblem | None:
    """Why the engine cannot use a pattern; None if it can."""
    if _compiles(linear_pattern(pattern)):
        return None
    found = engine_pattern(pattern)
    if isinstance(found, BacktrackingPattern):
        return None
    return _error(pattern) or PatternProblem("too large, or it repeats a look-around", is_error=False)


def _error(pattern: str) -> PatternProblem | None:
    """Why the pattern is not valid in ECMA 262, as far as Python's parser can find out."""
    # Replaced by text of the same length that Python can parse, so that positions stay the same.
    text = _NOT_IN_PYTHON.sub(lambda found: ("(" if found[0][0] == "(" else "a").ljust(len(found[0]), "a"), pattern)
    for foreign, message in _FOREIGN.items():
        if (found := re.search(foreign, text)) is not None:
            return PatternProblem(message, found.start())
    try:
        with warnings.catch_warnings(action="ignore"):  # about nested sets, which Python may support one day
            re.compile(text)
    except re.error as error:
        return None if error.msg.startswith("look-behind") else PatternProblem(error.msg, error.pos)
    except (OverflowError, RecursionError):
        return None
    return None


# Syntax that ECMA 262 has and Python does not: named groups, and some escapes and character classes.
_NOT_IN_PYTHON = re.compile(r"\(\?<(?![=!])[^>]*>|\\[pPu]\{[^}]*\}|\\k<[^>]*>|\\c[A-Za-z]|\[\^?\]")
# Syntax that Python or others have and ECMA 262 does not, and what to write instead.
_FOREIGN = {
    r"\(\?P=": r"ECMA 262 writes \k<name>",
    r"\(\?\(": "ECMA 262 has no conditions: write an alternative for each case",
    r"\(\?#": "ECMA 262 has no comments: leave it out, and use $comment",
    r"\(\?>": "ECMA 262 has no atomic groups: write (?:…)",
    r"\\Z": r"ECMA 262 has no \Z: write $",
    r"\\[aNU]": "not an escape of ECMA 262: write the character itself",
    r"(?<!\\)\{(?!\d+(,\d*)?\})": r"nothing to repeat: write \{ for the character",
}


def _compiles(pattern: str, *, linear: bool = True) -> bool:
    try:
        compile_schema({"pattern": pattern}, linear=linear)
    except ValueError:
        return False
    return True
