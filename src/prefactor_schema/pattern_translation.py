r"""Translates the regular expressions of ECMA 262 into the syntax of the engine.

The engine has two ways to match. The linear one reads ECMA 262, but `\b` is the edge of a word in any alphabet. The
backtracking one, which look-around and back references need, reads `\d`, `\w`, `\s` and `.` as Rust does. Both refuse a
few expressions of ECMA 262: `[^]`, `[\b]`, `\0`, `\k<name>`, lone surrogates. The translation writes these in other
ways. It was compared with Node.js.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["Translation"]

_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a character as a pair of surrogates
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


class Translation:
    """A pattern in the engine's syntax.

    Args:
        pattern: The pattern in ECMA 262.
        linear: Whether it is for the linear way to match.

    Attributes:
        text: The pattern in the engine's syntax.
        has_alternatives: Whether it has alternatives (`|`).
    """

    def __init__(self, pattern: str, *, linear: bool) -> None:
        self._linear = linear
        self._pieces = list(_pieces(pattern))
        self._group_numbers = _group_numbers(self._pieces)
        self._has_references = any(re.fullmatch(r"\\[1-9][0-9]*|\\k<.*", piece) for piece in self._pieces)
        self.has_alternatives = "|" in self._pieces
        self.text = "".join(map(self._translated, self._pieces, [*self._pieces[1:], ""]))

    def _translated(self, piece: str, next_piece: str) -> str:
        if piece[0] == "[":
            return _class(piece)
        if piece in _EDGES:
            return r"(?-u:\b)" if self._linear and piece == r"\b" else _EDGES[piece].format(w=_members(_WORD))
        if piece in {"+", "{1,}"}:
            # The backtracking engine confuses X+Y?X+ with X+. A lazy quantifier matches the same texts.
            return f"{piece}(?=)" if self._has_references else f"{piece}?"
        if self._linear:
            return _escape(piece)
        if piece.startswith("(?<"):
            return "("
        if piece.startswith(r"\k<") and piece[3:-1] in self._group_numbers:
            number = f"\\{self._group_numbers[piece[3:-1]]}"
            return f"{number}(?:)" if next_piece.isdecimal() else number
        if piece == ".":
            return r"[^\n\r\u2028\u2029]"
        ranges = _ranges(piece)
        return _escape(piece) if ranges is None else f"[{_members(ranges)}]"


def _pieces(pattern: str) -> Iterator[str]:
    """The pieces of a pattern: escapes, whole classes, beginnings of groups, quantifiers, single characters."""
    at = 0
    while at < len(pattern):
        found = (_CLASS if pattern[at] == "[" else _PIECE).match(pattern, at) or _PIECE.match(pattern, at)
        assert found is not None  # noqa: S101 - any single character is a piece
        yield found[0]
        at = found.end()


def _class(text: str) -> str:
    """A character class without operators of the engine and without lone surrogates."""
    start = "[^" if text.startswith("[^") else "["
    pieces = [found[0] for found in _IN_CLASS.finditer(text[len(start) : -1])] if text.endswith("]") else []
    kept: list[str] = []
    while pieces:
        ends = 3 if len(pieces) > 2 and pieces[1] == "-" else 1
        members, pieces = pieces[:ends:2], pieces[ends:]
        if not any(map(_is_lone_surrogate, members)):
            kept.append("-".join(map(_member, members)))
    if kept or not text.endswith("]"):
        return f"{start}{''.join(kept)}]" if kept else text
    return r"[\s\S]" if start == "[^" else r"[^\s\S]"


def _member(piece: str) -> str:
    if piece in {"[", "&", "~", "-", "^"}:
        return f"\\x{ord(piece):02x}"
    if piece == r"\b":
        return r"\x08"
    ranges = _ranges(piece)
    return _escape(piece) if ranges is None else _members(ranges)


def _is_lone_surrogate(piece: str) -> bool:
    return re.fullmatch(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", piece) is not None


def _escape(piece: str) -> str:
    """An escape, replaced if the engine does not have it."""
    if _is_lone_surrogate(piece):  # no text has a lone surrogate
        return r"[^\s\S]"
    if piece.startswith(r"\u") and len(piece) == 12:
        high, low = int(piece[2:6], 16), int(piece[8:], 16)
        return f"\\u{{{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):x}}}"
    if piece.startswith(r"\c") and len(piece) == 3:
        return f"\\x{ord(piece[2]) % 32:02x}"
    return {r"\0": r"\x00", r"\/": "/", r"\_": "_", r"\<": "<", r"\>": ">"}.get(piece, piece)


def _group_numbers(pieces: Iterable[str]) -> dict[str, int]:
    """The numbers of the named groups, by name."""
    groups = [piece for piece in pieces if piece == "(" or piece.startswith("(?<")]
    return {piece[3:-1]: number for number, piece in reversed([*enumerate(groups, 1)]) if piece != "("}


def _ranges(escape: str) -> tuple[tuple[int, int], ...] | None:
    r"""The ranges of characters of `\d`, `\w`, `\s` and their negations; None for other escapes."""
    ranges = {r"\d": _DIGIT, r"\w": _WORD, r"\s": _SPACE}.get(escape.lower())
    if ranges is None or escape == escape.lower():
        return ranges
    starts = [0, *(last + 1 for _, last in ranges)]
    ends = [*(first - 1 for first, _ in ranges), _LAST]
    return tuple(zip(starts, ends, strict=True))


def _members(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(f"\\u{{{first:x}}}-\\u{{{last:x}}}" for first, last in ranges)
