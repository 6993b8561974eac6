"""Text of definitions for readers: what nobody sees becomes an escape sequence, and no character rules the page."""

from __future__ import annotations

import re

from prefactor_gen.diagnostics.invisible import escape_invisible

__all__ = ["MARK", "capitalized", "one_line", "paragraphs", "shown", "with_code"]

MARK = "<!-- Written by prefactor-gen docs. Do not edit: change the definitions, and run it again. -->"
"""A line at the top of each page, by which a later run knows that it may replace the file."""

_BREAK = re.compile(r"\r\n?|[\u2028\u2029\u0085\x0b\x0c]")
_EMPTY_LINES = re.compile(r"\n\s*\n")
_WITH_CODE = re.compile(r"(Pattern: |Names match )`(.*)`(\.)", re.DOTALL)
_LIST = re.compile(r"^\s*([-*+•]|\d+[.)])\s", re.MULTILINE)


def shown(text: str) -> str:
    """The text, with line breaks as they are, any other space as a plain one, and escapes for what does not print."""
    if text.isascii() and text.isprintable():
        return text
    lines = _BREAK.sub("\n", escape_invisible(text))
    return "".join(char if char == "\n" or char.isprintable() else _replaced(char) for char in lines)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text: empty lines are between them. In a list, line breaks are kept."""
    found = (part.strip() for part in _EMPTY_LINES.split(shown(text)))
    return [part if _LIST.search(part) else " ".join(part.split()) for part in found if part]


def one_line(text: str) -> str:
    """The text on one line."""
    return " ".join(shown(text).split())


def capitalized(text: str) -> str:
    """The text with a large first letter."""
    return text[:1].upper() + text[1:]


def with_code(fact: str) -> tuple[str, str, str]:
    """A sentence about values in three parts: the middle one is code, such as a pattern; often, it is empty."""
    found = _WITH_CODE.fullmatch(fact)
    return (found[1], found[2], found[3]) if found else (fact, "", "")


def _replaced(char: str) -> str:
    return " " if char.isspace() else char.encode("unicode_escape", "surrogatepass").decode()
