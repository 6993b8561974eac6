r"""A parser of regular expressions as JSON Schema has them: ECMA 262 in its Unicode mode, with positions.

What this parses is also what Python must be able to read, so named groups and `\p{…}` are no part of it.
"""

from __future__ import annotations

import re
from typing import Never

from prefactor_core._ecma_tree import (
    Anchor,
    Characters,
    Choice,
    Group,
    Look,
    Node,
    Ranges,
    Reference,
    Repeat,
    Sequence,
    complement,
    joined,
)

__all__ = ["EcmaError", "parse"]

MAX_LENGTH = 20_000
MAX_DEPTH = 60
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_CONTROLS = {"f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_QUANTIFIER = re.compile(r"\*|\+|\?|\{([0-9]+)(,([0-9]*))?\}")


class EcmaError(Exception):
    """What is no regular expression of ECMA 262, or not one that Python could read.

    Args:
        message: what is wrong, and what to write instead where that is known.
        start: where it begins, counted in characters from 0.
        end: where it ends.
        elsewhere: other regular expressions have it, so that it is no mere slip.
    """

    def __init__(self, message: str, start: int, end: int, *, elsewhere: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.elsewhere = elsewhere


def parse(pattern: str) -> Node:
    """The tree of a pattern.

    Raises:
        EcmaError: it is none.
    """
    if len(pattern) > MAX_LENGTH:
        raise EcmaError(f"expected at most {MAX_LENGTH:,} characters, found {len(pattern):,}", 0, 0, elsewhere=True)
    return _Parser(pattern).whole()


def _of(text: str) -> Ranges:
    return joined((ord(char), ord(char)) for char in text)


_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = joined([*_of("\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"), (0x2000, 0x200A)])
_CLASSES = {
    "d": _DIGIT,
    "w": _WORD,
    "s": _SPACE,
    "D": complement(_DIGIT),
    "W": complement(_WORD),
    "S": complement(_SPACE),
}
_NO_LINE_END = complement(_of("\n\r\u2028\u2029"))

# What other regular expressions have, and what to write instead.
_FOREIGN_ESCAPES = {
    "A": "write ^",
    "Z": "write $",
    "z": "write $",
    "a": "write \\x07",
    "c": "write the character as \\xhh",
    "e": "write \\x1b",
    "G": "leave it out",
    "h": "write [0-9A-Fa-f] or [ \\t], as is meant",
    "k": "refer to the group by its number",
    "N": "write the character itself",
    "p": "write the characters themselves, as [A-Za-z]",
    "P": "write the characters themselves, as [^A-Za-z]",
    "R": "write (?:\\r\\n|\\n|\\r)",
    "U": "write the character itself",
}
_NO_CHARACTERS = frozenset("AGRZkz")
_FOREIGN_GROUPS = {
    "(?P": "names of groups differ: write (…), and \\1 for what it took",
    "(?<": "Python has no (?<name>…): write (…), and \\1 for what it took",
    "(?#": "ECMA 262 has no comments: leave it out, and use $comment",
    "(?(": "ECMA 262 has no conditions: write an alternative for each case",
    "(?>": "ECMA 262 has no atomic groups: write (?:…)",
}


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.groups = 0
        self.closed: set[int] = set()
        self.with_bracket: int | None = None

    def whole(self) -> Node:
        node = self.choice()
        if self.at < len(self.text):
            self.fail("this ) closes nothing: write \\) for the character", self.at)
        return node

    def fail(self, message: str, start: int, end: int | None = None, *, elsewhere: bool = False) -> Never:
        raise EcmaError(message, start, start + 1 if end is None else end, elsewhere=elsewhere)

    def ahead(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def take(self, text: str) -> bool:
        found = self.ahead(text)
        self.at += len(text) if found else 0
        return found

    def choice(self) -> Node:
        start = self.at
        options = [self.sequence()]
        while self.take("|"):
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Choice(start, self.at, tuple(options))

    def sequence(self) -> Node:
        start = self.at
        items: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            items.append(self.quantified(self.term()))
        return items[0] if len(items) == 1 else Sequence(start, self.at, tuple(items))

    def quantified(self, node: Node) -> Node:
        found = _QUANTIFIER.match(self.text, self.at)
        if found is None:
            return node
        if isinstance(node, Anchor | Look):
            self.fail(
                "ECMA 262 repeats no assertion: leave the quantifier out", node.start, found.end(), elsewhere=True
            )
        self.at = found.end()
        if self.ahead("+"):
            message = f"ECMA 262 has no possessive quantifiers: write {found[0]} without the +"
            self.fail(message, node.start, self.at + 1, elsewhere=True)
        self.take("?")
        least, most = _bounds(found)
        if most is not None and least > most:
            self.fail(f"{found[0]} asks for at least {least} and at most {most}", found.start(), found.end())
        return Repeat(node.start, self.at, node, least, most)

    def term(self) -> Node:
        start, char = self.at, self.text[self.at]
        if char == "(":
            return self.bracket()
        if char == "[":
            return self.characters_of_class()
        if char == "\\":
            return self.escape()
        self.at += 1
        if char in "^$":
            return Anchor(start, self.at, char)
        if char == ".":
            return Characters(start, self.at, _NO_LINE_END, alike=False)
        if char in "*+?":
            self.fail(f"there is nothing that this {char} repeats: write \\{char} for the character", start)
        if char in "{}]":
            self.lone(char, start)
        return Characters(start, self.at, _of(char))

    def lone(self, char: str, start: int) -> Never:
        if found := re.compile(r"\{,([0-9]*)\}").match(self.text, start):
            message = f"ECMA 262 wants a lower bound: write {{0,{found[1]}}}"
            self.fail(message, start, found.end(), elsewhere=True)
        if found := _QUANTIFIER.match(self.text, start):
            self.fail(
                f"there is nothing that this {found[0]} repeats: write \\{{ for the character", start, found.end()
            )
        if char == "]" and self.with_bracket is not None:
            instead = "write the characters of both in one, as [A-Za-z], or \\] for the character"
            self.fail(f"the class ends at the first ]: {instead}", self.with_bracket, self.at, elsewhere=True)
        self.fail(f"ECMA 262 takes no {char} by itself: write \\{char}", start, elsewhere=True)

    def bracket(self) -> Node:
        start, number = self.at, None
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"brackets are nested deeper than {MAX_DEPTH} levels", start, elsewhere=True)
        look = next((kind for kind in ("(?=", "(?!", "(?<=", "(?<!") if self.take(kind)), None)
        if look is None and not self.take("(?:"):
            self.plain_group(start)
            self.groups += 1
            number = self.groups
        body = self.choice()
        if not self.take(")"):
            self.fail("this ( is not closed", start)
        self.depth -= 1
        if number is not None:
            self.closed.add(number)
        if look is not None:
            return Look(start, self.at, body, behind="<" in look, negative="!" in look)
        return Group(start, self.at, body, number)

    def plain_group(self, start: int) -> None:
        self.at += 1
        if not self.ahead("?"):
            return
        known = next((kind for kind in _FOREIGN_GROUPS if self.text.startswith(kind, start)), None)
        if known is not None:
            self.fail(_FOREIGN_GROUPS[known], start, start + len(known), elsewhere=True)
        flags = re.compile(r"\(\?[a-zA-Z-]+[:)]").match(self.text, start)
        if flags is not None:
            message = "ECMA 262 has no flags inside a pattern: leave them out, and write both cases, as [Aa]"
            self.fail(message, start, flags.end(), elsewhere=True)
        self.fail("no group begins like this", start, start + 3)

    def escape(self) -> Node:
        start = self.at
        if self.at + 1 >= len(self.text):
            self.fail("a \\ at the end escapes nothing: write \\\\ for the character", start)
        char = self.text[start + 1]
        if char in "bB":
            self.at += 2
            return Anchor(start, self.at, f"\\{char}")
        if char in "123456789":
            return self.reference()
        ranges, alike = self.escaped("")
        return Characters(start, self.at, ranges, alike)

    def reference(self) -> Node:
        start = self.at
        found = re.compile(r"[0-9]+").match(self.text, start + 1)
        assert found is not None  # noqa: S101  # a digit is ahead
        self.at = found.end()
        number = int(found[0][:6])
        if number > 99 or number not in self.closed:
            message = f"\\{found[0]} is no group that ends before it: refer to one, or write a character as \\xhh"
            self.fail(message, start, self.at, elsewhere=True)
        return Reference(start, self.at, number)

    def escaped(self, more: str) -> tuple[Ranges, bool]:
        """The characters of an escape, and whether every engine reads it like that; `more` may be escaped here, too."""
        start, char = self.at, self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if char in _CLASSES and char:
            return _CLASSES[char], False
        if char in _CONTROLS and char:
            return _of(chr(_CONTROLS[char])), True
        if char and (char in _SYNTAX or char in more):
            return _of(char), True
        if char and char in "xu":
            return self.hexadecimal(start, 2 if char == "x" else 4), True
        if char == "0" and not self.text[self.at : self.at + 1].isdecimal():
            return ((0, 0),), False
        raise self.unknown(char, start, in_class=bool(more))

    def unknown(self, char: str, start: int, *, in_class: bool) -> EcmaError:
        if char.isdecimal():
            message = "ECMA 262 has no octal escapes: write the character as \\xhh"
        elif char in _FOREIGN_ESCAPES:
            instead = _FOREIGN_ESCAPES[char]
            if in_class and char in _NO_CHARACTERS:
                instead = "leave it out, for a class has characters only"
            message = f"\\{char} means something else or nothing in ECMA 262 or Python: {instead}"
        else:
            message = f"ECMA 262 has no escape \\{char}: write {char or 'a character behind it'}"
        elsewhere = not char.isalpha() or char in _FOREIGN_ESCAPES
        return EcmaError(message, start, start + 2, elsewhere=elsewhere)

    def hexadecimal(self, start: int, digits: int) -> Ranges:
        if digits == 4 and self.ahead("{"):
            self.fail("Python has no \\u{…}: write the character itself", start, start + 3, elsewhere=True)
        text = self.text[self.at : self.at + digits]
        if re.fullmatch(f"[0-9A-Fa-f]{{{digits}}}", text) is None:
            self.fail(f"expected {digits} hexadecimal digits", start, start + 2)
        self.at += digits
        code = int(text, 16)
        if 0xD800 <= code <= 0xDFFF:
            message = "Python reads one half of a character here: write the character itself"
            self.fail(message, start, self.at, elsewhere=True)
        return ((code, code),)

    def characters_of_class(self) -> Node:
        start = self.at
        self.at += 1
        negative = self.take("^")
        if self.ahead("]"):
            instead = "[\\s\\S] for any character" if negative else "(?!) for what never matches"
            message = f"Python reads a ] at the beginning as a character: write \\] for that, or {instead}"
            self.fail(message, start, self.at + 1, elsewhere=True)
        content = self.at
        ranges: list[tuple[int, int]] = []
        alike = True
        while not self.take("]"):
            more, same = self.member(start)
            ranges.extend(more)
            alike = alike and same
        alike = alike and not _reads_as_operator(self.text[content : self.at - 1])
        self.with_bracket = start if "[" in self.text[content : self.at - 1] else None
        found = joined(ranges)
        return Characters(start, self.at, complement(found) if negative else found, alike)

    def member(self, opening: int) -> tuple[Ranges, bool]:
        """A character or a range of a class."""
        start = self.at
        first, alike = self.one(opening)
        if not self.ahead("-") or self.text[self.at + 1 : self.at + 2] == "]":
            return first, alike
        self.at += 1
        last, same = self.one(opening)
        kinds = [ranges in _CLASSES.values() for ranges in (first, last)]
        if any(kinds):
            self.fail("a range goes from one character to one: write \\- for the character", start, self.at)
        if first[0][0] > last[0][0]:
            self.fail("this range is the wrong way round", start, self.at)
        return ((first[0][0], last[0][0]),), alike and same

    def one(self, opening: int) -> tuple[Ranges, bool]:
        if self.at >= len(self.text):
            self.fail("this [ is not closed", opening)
        if self.ahead("\\b"):
            self.at += 2
            return ((8, 8),), False
        if self.ahead("\\"):
            return self.escaped("-")
        self.at += 1
        return _of(self.text[self.at - 1]), True


def _bounds(quantifier: re.Match[str]) -> tuple[int, int | None]:
    text, least, more, most = quantifier[0], quantifier[1], quantifier[2], quantifier[3]
    if least is None:
        return (1 if text == "+" else 0), (1 if text == "?" else None)
    if more is None:
        return int(least[:9]), int(least[:9])
    return int(least[:9]), int(most[:9]) if most else None


def _reads_as_operator(content: str) -> bool:
    """Whether Rust might read more into the text of a class than its characters: sets in sets, differences."""
    return "[" in content or any(f"{char}{char}" in content for char in "&-~|") or "-" in _stray(content)


def _stray(content: str) -> str:
    """What is left of a class without escapes, ranges, and a - at either end."""
    return re.sub(r"\\.|[^\\]-[^\\]", "", content, flags=re.DOTALL).removeprefix("-").removesuffix("-")
