"""Writes text and data as Python source. Every text of a definition goes through here before it gets into code."""

from __future__ import annotations

import re

from prefactor_gen.documents.nodes import JsonValue

__all__ = ["docstring", "python_literal", "quote", "visible"]

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quote(text: str) -> str:
    """The text as a double-quoted literal. What does not print (controls, marks of direction) is escaped.

    What prints as nothing is escaped by `render`, with all that it prints.
    """
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{"".join(_ESCAPES.get(char) or visible(char) for char in text)}"'


def docstring(text: str, indent: str = "    ") -> str:
    """The text as a docstring. Line breaks are kept, and the lines are indented."""
    escaped = "".join(
        char if char == "\n" else "\\\\" if char == "\\" else visible(char)
        for char in text.strip().replace("\t", "    ")
    )
    lines = [line.rstrip() for line in escaped.split("\n")]
    first, *rest = lines
    body = "\n".join([first, *(f"{indent}{line}" if line else "" for line in rest)])
    body = re.sub(r'"(?="|\Z)', r"\"", body)  # quotes inside or at the end must not end the docstring
    return f'"""{body}\n{indent}"""' if rest else f'"""{body}"""'


def python_literal(value: JsonValue, indent: int = 0) -> str:
    """JSON data as a literal, one member on each line, in the order of the source."""
    pad, inner = "    " * indent, "    " * (indent + 1)
    if isinstance(value, dict):
        if not value:
            return "{}"
        members = "".join(f"{inner}{quote(key)}: {python_literal(item, indent + 1)},\n" for key, item in value.items())
        return f"{{\n{members}{pad}}}"
    if isinstance(value, list):
        if not value:
            return "[]"
        items = [python_literal(item, indent + 1) for item in value]
        if all(not isinstance(item, dict | list) for item in value) and sum(map(len, items)) + 2 * len(items) < 80:
            return f"[{', '.join(items)}]"
        return f"[\n{''.join(f'{inner}{item},{chr(10)}' for item in items)}{pad}]"
    return quote(value) if isinstance(value, str) else repr(value)


def visible(char: str) -> str:
    """The character, or its escape sequence if it is not printable."""
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
