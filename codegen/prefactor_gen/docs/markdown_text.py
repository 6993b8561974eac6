"""Text in Markdown, so that no character of it is markup.

For the dialects of CommonMark, GitHub, GitLab and Python-Markdown: a character is escaped by a backslash where all of
them know that, otherwise by a character reference. References never are markup, in none of them.
"""

from __future__ import annotations

import re

from prefactor_gen.docs.visible_text import one_line, shown

__all__ = ["code", "code_block", "escaped"]

_BACKSLASH = re.compile(r"[\\`*_{}\[\]#!]")
_REFERENCE = re.compile(r"[&<>|~$^]|(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)  # with what makes links of plain text
_LINE_START = re.compile(r"^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)]")
_PLAIN_CODE = re.compile(r"[\w .,:;/@#$%^&*()\[\]{}=+?!'\"<>-]+")


def escaped(text: str) -> str:
    """The text on one line, as Markdown that shows it."""
    text = _BACKSLASH.sub(r"\\\g<0>", one_line(text))
    return _LINE_START.sub(_reference, _REFERENCE.sub(_reference, text))


def code(text: str) -> str:
    """The text on one line, as code."""
    text = one_line(text)
    if _PLAIN_CODE.fullmatch(text) and text == text.strip():
        return f"`{text}`"
    return f"<code>{escaped(text)}</code>"


def code_block(text: str, language: str = "") -> str:
    """The text as a block of code, with a fence that is longer than any in it."""
    text = shown(text)
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"
