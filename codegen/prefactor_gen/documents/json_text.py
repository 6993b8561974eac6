"""Reads JSON text into nodes with places, which the standard library's parser does not keep."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from json.decoder import scanstring  # type: ignore[attr-defined]  # undocumented, and stable since 2.6
from typing import NoReturn

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.diagnostics.limits import MAX_DEPTH, MAX_VALUES
from prefactor_gen.diagnostics.rules import LIMIT_EXCEEDED, UNREADABLE_SOURCE
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, child_pointer

__all__ = ["parse_json"]

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null", re.ASCII)


def parse_json(text: str, source: str) -> JsonValue:
    """Parse a JSON document (RFC 8259).

    Raises:
        DiagnosticError: the text is not JSON, repeats a key, or exceeds a limit; with line and column.
    """
    reader = _Reader(text, source)
    value, end = reader.value(reader.skip(0), "", 0)
    end = reader.skip(end)
    if end != len(text):
        reader.fail("expected the end of the document", end)
    return value


class _Reader:
    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self.count = 0
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, position: int, pointer: str) -> Place:
        line = bisect_right(self.line_starts, position)
        return Place(self.source, pointer, line, position - self.line_starts[line - 1] + 1)

    def fail(self, message: str, position: int) -> NoReturn:
        found = repr(self.text[position : position + 20]) if position < len(self.text) else "the end of the file"
        raise UNREADABLE_SOURCE.error(self.place(position, ""), f"{message}, found {found}")

    def skip(self, position: int) -> int:
        match = _SPACE.match(self.text, position)
        return match.end() if match else position

    def value(self, position: int, pointer: str, depth: int) -> tuple[JsonValue, int]:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_VALUES:
            self.exceeded(depth, position)
        start = self.text[position : position + 1]
        if start == "{":
            return self.object(position, pointer, depth)
        if start == "[":
            return self.array(position, pointer, depth)
        if start == '"':
            return self.string(position)
        match = _SCALAR.match(self.text, position)
        if not match:
            self.fail("expected a JSON value", position)
        return self.scalar(match), match.end()

    def exceeded(self, depth: int, position: int) -> NoReturn:
        nested = f"nested deeper than {MAX_DEPTH} levels"
        message = nested if depth > MAX_DEPTH else f"the file has more than {MAX_VALUES:,} values; divide it"
        raise LIMIT_EXCEEDED.error(self.place(position, ""), message)

    def scalar(self, match: re.Match[str]) -> JsonValue:
        try:
            value: int | float | bool | None = json.loads(match[0])
        except ValueError:  # an integer longer than Python converts
            self.fail("expected a number with fewer digits", match.start())
        if isinstance(value, float) and value in {float("inf"), float("-inf")}:
            self.fail("expected a number in the range of a double", match.start())
        return value

    def string(self, position: int) -> tuple[str, int]:
        try:
            value, end = scanstring(self.text, position + 1, True)
        except json.JSONDecodeError as error:
            self.fail(error.msg, error.pos)
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            self.fail("expected text that can be encoded in UTF-8, found a lone surrogate", position)
        return value, end

    def object(self, start: int, pointer: str, depth: int) -> tuple[ObjectNode, int]:
        node = ObjectNode(place=self.place(start, pointer))
        position = self.skip(start + 1)
        if self.text[position : position + 1] == "}":
            return node, position + 1
        while True:
            if self.text[position : position + 1] != '"':
                self.fail("expected a key in double quotes", position)
            key_position = position
            key, position = self.string(position)
            if key in node:
                self.fail(f"the key {key!r} occurs twice in one object", key_position)
            position = self.skip(position)
            if self.text[position : position + 1] != ":":
                self.fail("expected ':'", position)
            member_pointer = child_pointer(pointer, key)
            node.key_places[key] = self.place(key_position, member_pointer)
            node[key], position = self.value(self.skip(position + 1), member_pointer, depth + 1)
            position, done = self.separator(position, "}")
            if done:
                return node, position

    def array(self, start: int, pointer: str, depth: int) -> tuple[ListNode, int]:
        node = ListNode(place=self.place(start, pointer))
        position = self.skip(start + 1)
        if self.text[position : position + 1] == "]":
            return node, position + 1
        while True:
            item_pointer = child_pointer(pointer, len(node))
            node.item_places.append(self.place(position, item_pointer))
            item, position = self.value(position, item_pointer, depth + 1)
            node.append(item)
            position, done = self.separator(position, "]")
            if done:
                return node, position

    def separator(self, position: int, close: str) -> tuple[int, bool]:
        position = self.skip(position)
        char = self.text[position : position + 1]
        if char == close:
            return position + 1, True
        if char != ",":
            self.fail(f"expected ',' or '{close}'", position)
        return self.skip(position + 1), False
