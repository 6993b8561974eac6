r"""Regular expressions of JSON Schemas, written so that the engine reads them as ECMA 262 does.

The engine has two ways to match. The linear one reads ECMA 262, but takes `\b` for the edge of a word in any alphabet.
The backtracking one, which look-around and references need, reads `\d`, `\w`, `\s` and `.` as Rust does. Both refuse a
few expressions that ECMA 262 has (`[^]`, `[\b]`, `\0`, `\k<name>`, halves of a character). What differs is written out
here; it was compared with Node.js.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from prefactor_schema.engine import compile_schema

__all__ = ["BacktrackingPattern", "PatternProblem", "engine_pattern", "matcher", "pattern_problem", "written_linear"]

MAX_TEXT = 20_000
"""Characters of a text that is compared with a pattern that begins with `^`, and needs backtracking."""
MAX_TEXT_TO_SEARCH = 5_000
"""The same for other patterns: each place of the text is tried."""

_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a character in two halves
_ESCAPE = rf"{_PAIR}|\\u[0-9a-fA-F]{{4}}|\\u\{{[0-9a-fA-F]+\}}|\\c[A-Za-z]|\\[pP]\{{[^}}]*\}}|\\."
_PIECE = re.compile(rf"\\k<[^>]*>|\\[1-9][0-9]*|{_ESCAPE}|\(\?<(?![=!])[^>]*>|\(\??|(?:\+|\{{1,\}})[+?]?|.", re.DOTALL)
_CLASS = re.compile(r"\[\^?(?:\\.|[^\]\\])*\]", re.DOTALL)
_IN_CLASS = re.compile(rf"{_ESCAPE}|.", re.DOTALL)
_DIGIT = ((0x30, 0x39),)
_WORD = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE = (
    (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
    (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
)  # fmt: skip
_LAST = 0x10FFFF
_EDGES = {
    r"\b": "(?:(?<=[{w}])(?![{w}])|(?<![{w}])(?=[{w}]))",
    r"\B": "(?:(?<=[{w}])(?=[{w}])|(?<![{w}])(?![{w}]))",
}


class BacktrackingPattern(NamedTuple):
    """A pattern that needs backtracking, and how many characters a text may have that is compared with it."""

    text: str
    max_text: int


class PatternProblem(NamedTuple):
    """Why the engine does not take a pattern.

    Attributes:
        message: why.
        position: where, counted in characters from 0, if that is known.
        is_error: it is no pattern at all; otherwise it is one, and is not checked.
    """

    message: str
    position: int | None = None
    is_error: bool = True


@lru_cache(10_000)
def written_linear(pattern: str) -> str:
    """The pattern as the linear engine must have it, if it has it at all."""
    return _Writer(pattern, linear=True).written()


@lru_cache(10_000)
def engine_pattern(pattern: str) -> str | BacktrackingPattern | None:
    """The pattern for an engine that takes both kinds: as text where that matches it in linear time.

    None for one that cannot be compiled, and is one of ECMA 262.
    """
    written = written_linear(pattern)
    if "(?-u:" not in written and _compiles(written):
        return written
    writer = _Writer(pattern, linear=False)
    written = writer.written()
    if _compiles(written, linear=False):
        anchored = pattern.startswith("^") and not writer.has_alternatives
        return BacktrackingPattern(written, MAX_TEXT if anchored else MAX_TEXT_TO_SEARCH)
    return pattern if _error(pattern) else None


@lru_cache(10_000)
def matcher(pattern: str) -> Callable[[str], bool] | None:
    """Whether a text has what the pattern says, somewhere; None where that may take more than linear time."""
    try:
        return compile_schema({"pattern": written_linear(pattern)}).is_valid
    except ValueError:
        return None


def pattern_problem(pattern: str) -> PatternProblem | None:
    """Why the engine does not take a pattern; None for one that it takes."""
    if _compiles(written_linear(pattern)):
        return None
    found = engine_pattern(pattern)
    if isinstance(found, BacktrackingPattern):
        return None
    return _error(pattern) or PatternProblem("too large, or it repeats a look-around", is_error=False)


def _error(pattern: str) -> PatternProblem | None:
    """Why this is no pattern of ECMA 262, as far as Python can tell."""
    # For Python; each character stays where it is.
    text = _NOT_IN_PYTHON.sub(lambda found: ("(" if found[0][0] == "(" else "a").ljust(len(found[0]), "a"), pattern)
    for foreign, message in _FOREIGN.items():
        if (found := re.search(foreign, text)) is not None:
            return PatternProblem(message, found.start())
    try:
        with warnings.catch_warnings(action="ignore"):  # of sets in sets, which Python may have one day
            re.compile(text)
    except re.error as error:
        return None if error.msg.startswith("look-behind") else PatternProblem(error.msg, error.pos)
    except (OverflowError, RecursionError):
        return None
    return None


# What ECMA 262 has and Python has not: groups with names, and escapes and classes of characters.
_NOT_IN_PYTHON = re.compile(r"\(\?<(?![=!])[^>]*>|\\[pPu]\{[^}]*\}|\\k<[^>]*>|\\c[A-Za-z]|\[\^?\]")
# What other regular expressions have and ECMA 262 has not, and what to write instead.
_FOREIGN = {
    r"\(\?P=": r"ECMA 262 writes \k<name>",
    r"\(\?\(": "ECMA 262 has no conditions: write an alternative for each case",
    r"\(\?#": "ECMA 262 has no comments: leave it out, and use $comment",
    r"\(\?>": "ECMA 262 has no atomic groups: write (?:…)",
    r"\\Z": r"\Z means nothing in ECMA 262: write $",
    r"\\[aNU]": "no escape of ECMA 262: write the character itself",
    r"(?<!\\)\{(?!\d+(,\d*)?\})": r"nothing that this repeats: write \{ for the character",
}


def _compiles(pattern: str, *, linear: bool = True) -> bool:
    try:
        compile_schema({"pattern": pattern}, linear=linear)
    except ValueError:
        return False
    return True


class _Writer:
    """Writes a pattern as one of the engines must have it."""

    def __init__(self, pattern: str, *, linear: bool) -> None:
        self.linear = linear
        self.pieces = list(_pieces(pattern))
        self.names = _names_of_groups(self.pieces)
        self.has_alternatives = "|" in self.pieces
        self.refers_back = any(re.fullmatch(r"\\[1-9][0-9]*|\\k<.*", piece) for piece in self.pieces)

    def written(self) -> str:
        return "".join(map(self._written, self.pieces, [*self.pieces[1:], ""]))

    def _written(self, piece: str, after: str) -> str:
        if piece[0] == "[":
            return _class(piece)
        if piece in _EDGES:
            return r"(?-u:\b)" if self.linear and piece == r"\b" else _EDGES[piece].format(w=_members(_WORD))
        if piece in {"+", "{1,}"}:
            # Where patterns backtrack, the engine takes X+Y?X+ for X+. What is lazy matches the same texts.
            return f"{piece}(?=)" if self.refers_back else f"{piece}?"
        if self.linear:
            return _escape(piece)
        if piece.startswith("(?<"):
            return "("
        if piece.startswith(r"\k<") and piece[3:-1] in self.names:
            number = f"\\{self.names[piece[3:-1]]}"
            return f"{number}(?:)" if after.isdecimal() else number
        if piece == ".":
            return r"[^\n\r\u2028\u2029]"
        ranges = _ranges(piece)
        return _escape(piece) if ranges is None else f"[{_members(ranges)}]"


def _pieces(pattern: str) -> Iterator[str]:
    """A pattern in pieces: escapes, whole classes, beginnings of groups, quantifiers, characters."""
    at = 0
    while at < len(pattern):
        found = (_CLASS if pattern[at] == "[" else _PIECE).match(pattern, at) or _PIECE.match(pattern, at)
        assert found is not None  # noqa: S101 - one character is a piece
        yield found[0]
        at = found.end()


def _class(text: str) -> str:
    """A class of characters, in which nothing is an operator, and no half characters are."""
    start = "[^" if text.startswith("[^") else "["
    pieces = [found[0] for found in _IN_CLASS.finditer(text[len(start) : -1])] if text.endswith("]") else []
    written: list[str] = []
    while pieces:
        ends = 3 if len(pieces) > 2 and pieces[1] == "-" else 1
        members, pieces = pieces[:ends:2], pieces[ends:]
        if not any(map(_is_half, members)):
            written.append("-".join(map(_member, members)))
    if written or not text.endswith("]"):
        return f"{start}{''.join(written)}]" if written else text
    return r"[\s\S]" if start == "[^" else r"[^\s\S]"


def _member(piece: str) -> str:
    if piece in {"[", "&", "~", "-", "^"}:
        return f"\\x{ord(piece):02x}"
    if piece == r"\b":
        return r"\x08"
    ranges = _ranges(piece)
    return _escape(piece) if ranges is None else _members(ranges)


def _is_half(piece: str) -> bool:
    return re.fullmatch(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", piece) is not None


def _escape(piece: str) -> str:
    """An escape that one of the engines does not have, as one that it has."""
    if _is_half(piece):  # no text has half a character
        return r"[^\s\S]"
    if piece.startswith(r"\u") and len(piece) == 12:
        high, low = int(piece[2:6], 16), int(piece[8:], 16)
        return f"\\u{{{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):x}}}"
    if piece.startswith(r"\c") and len(piece) == 3:
        return f"\\x{ord(piece[2]) % 32:02x}"
    return {r"\0": r"\x00", r"\/": "/", r"\_": "_", r"\<": "<", r"\>": ">"}.get(piece, piece)


def _names_of_groups(pieces: Iterable[str]) -> dict[str, int]:
    """The numbers of the groups that have names."""
    groups = [piece for piece in pieces if piece == "(" or piece.startswith("(?<")]
    return {piece[3:-1]: number for number, piece in reversed([*enumerate(groups, 1)]) if piece != "("}


def _ranges(escape: str) -> tuple[tuple[int, int], ...] | None:
    r"""The characters of `\d` and the like."""
    ranges = {r"\d": _DIGIT, r"\w": _WORD, r"\s": _SPACE}.get(escape.lower())
    if ranges is None or escape == escape.lower():
        return ranges
    starts = [0, *(last + 1 for _, last in ranges)]
    ends = [*(first - 1 for first, _ in ranges), _LAST]
    return tuple(zip(starts, ends, strict=True))


def _members(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(f"\\u{{{first:x}}}-\\u{{{last:x}}}" for first, last in ranges)
