"""Reads YAML text into nodes with places. Only values that JSON has are accepted."""

from __future__ import annotations

import math
import re
from contextlib import nullcontext, suppress

import yaml

from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place
from prefactor_gen.diagnostics.limits import MAX_DEPTH, MAX_YAML_CHARACTERS
from prefactor_gen.diagnostics.rules import LIMIT_EXCEEDED, UNREADABLE_SOURCE
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, child_pointer

__all__ = ["parse_yaml"]

# YAML 1.2's core schema, not 1.1's: `no`, `on` and `2026-01-01` are text, as a JSON Schema's author expects.
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
# The parser in Python takes a minute for a much larger text.
_MAX_SLOW_CHARACTERS = 100_000
_CONFLICT = re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE)
# YAML 1.1 reads these as line breaks, and so the parser makes them spaces. In YAML 1.2 they are ordinary characters.
_BREAKS = re.compile("[\x85\u2028\u2029]")
# What to do about some messages of the parser.
_HINTS = {
    "expected <block end>": "; check the indentation of this line",
    "mapping values are not allowed here": "; put text that contains ': ' in quotes",
    "character '\\t' that cannot start any token": "; indent with spaces, not with tabs",
    "that cannot start any token": "; put text that begins with this character in quotes",
}
_TEMPLATE = re.compile(r":\s+\{[{%]")
_QUOTE_TEMPLATE = "; put text that begins with {{ or {% in quotes"
# JSON's types, and the tags that YAML 1.1 gives to the plain texts 2026-01-01 (timestamp), << (merge) and = (value).
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def parse_yaml(text: str, source: str) -> JsonValue:
    """Parse one YAML document that holds JSON values.

    Raises:
        DiagnosticError: the text is not YAML, repeats a key, uses aliases, or tags or keys that JSON does not have, or
            is nested too deeply; with line and column.
    """
    if len(text) > MAX_YAML_CHARACTERS:
        message = f"a YAML file has at most {MAX_YAML_CHARACTERS:,} characters; divide it, or write it as JSON"
        raise LIMIT_EXCEEDED.error(Place(source), message)
    if (line_break := _BREAKS.search(text)) is not None:
        raise _ambiguous(text, line_break.start(), source)
    try:
        root = _composed(text)
    except RecursionError:
        raise _nested(Place(source)) from None
    except yaml.YAMLError as error:
        raise _not_yaml(error, text, source) from None
    if root is None:
        raise UNREADABLE_SOURCE.error(Place(source), "expected a document, found an empty file")
    return _Converter(source).convert(root, "", 0)


def _not_yaml(error: yaml.YAMLError, text: str, source: str) -> DiagnosticError:
    if not isinstance(error, yaml.MarkedYAMLError):
        return UNREADABLE_SOURCE.error(Place(source), f"not valid YAML: {error}")
    if (marker := _CONFLICT.search(text)) is not None:
        line = text.count("\n", 0, marker.start()) + 1
        return UNREADABLE_SOURCE.error(Place(source, "", line, 1), "not valid YAML: a merge conflict is not resolved")
    at = error.problem_mark or error.context_mark
    place = Place(source, "", at.line + 1, at.column + 1) if at else Place(source)
    if "nesting depth" in str(error.problem):  # libyaml's own limit
        return _nested(place)
    problem = str(error.problem or error.context)
    hint = next((hint for text, hint in _HINTS.items() if text in problem), "")
    lines = text.splitlines()
    if at is not None and at.line < len(lines) and _TEMPLATE.search(lines[at.line]):  # the end is after the last line
        hint = _QUOTE_TEMPLATE
    return UNREADABLE_SOURCE.error(place, f"not valid YAML: {problem}{hint}")


def _ambiguous(text: str, position: int, source: str) -> DiagnosticError:
    line_start = text.rfind("\n", 0, position) + 1
    place = Place(source, "", text.count("\n", 0, position) + 1, position - line_start + 1)
    code = f"{ord(text[position]):04x}"
    message = f"some YAML parsers take U+{code.upper()} as a line break; write \\u{code} in double quotes"
    return UNREADABLE_SOURCE.error(place, message)


def _nested(place: Place) -> DiagnosticError:
    return LIMIT_EXCEEDED.error(place, f"nested deeper than {MAX_DEPTH} levels")


def _composed(text: str) -> yaml.Node | None:
    """The document as nodes, parsed by libyaml if it is installed.

    If libyaml refuses a text, the parser in Python parses it again, because its messages are better.
    """
    fast = getattr(yaml, "CSafeLoader", None)
    if fast is not None:
        with suppress(yaml.YAMLError) if len(text) < _MAX_SLOW_CHARACTERS else nullcontext():
            return yaml.compose(text, Loader=fast)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _is_reread(node: yaml.Node, value: JsonValue) -> bool:
    """Whether a text without quotes has become another value than text."""
    return isinstance(node, yaml.ScalarNode) and not isinstance(value, str) and node.value != ""


class _Converter:
    def __init__(self, source: str) -> None:
        self.source = source
        self.seen: set[int] = set()

    def place(self, node: yaml.Node, pointer: str) -> Place:
        return Place(self.source, pointer, node.start_mark.line + 1, node.start_mark.column + 1)

    def convert(self, node: yaml.Node, pointer: str, depth: int) -> JsonValue:
        place = self.place(node, pointer)
        if depth > MAX_DEPTH:
            raise _nested(place)
        if node.tag not in _TAGS:
            raise UNREADABLE_SOURCE.error(place, f"expected a JSON value, found the tag {node.tag}")
        if id(node) in self.seen:
            raise UNREADABLE_SOURCE.error(place, "YAML aliases are not supported: use $ref and $defs to share a schema")
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place, depth)
        if isinstance(node, yaml.SequenceNode):
            places = [self.place(item, child_pointer(pointer, index)) for index, item in enumerate(node.value)]
            items = [self.convert(item, at.pointer, depth + 1) for item, at in zip(node.value, places, strict=True)]
            spelled = {
                index: item.value
                for index, (item, value) in enumerate(zip(node.value, items, strict=True))
                if _is_reread(item, value)
            }
            return ListNode(items, place=place, item_places=places, spelled=spelled)
        return self.scalar(node, place)

    def mapping(self, node: yaml.MappingNode, place: Place, depth: int) -> ObjectNode:
        result = ObjectNode(place=place)
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                at = self.place(key_node, place.pointer)
                hint = _QUOTE_TEMPLATE if isinstance(key_node, yaml.MappingNode) and key_node.flow_style else ""
                raise UNREADABLE_SOURCE.error(at, f"expected text as a key, found a collection{hint}")
            key = self.text(key_node, self.place(key_node, place.pointer))
            member = child_pointer(place.pointer, key)
            at = self.place(key_node, member)
            if key in result:
                raise UNREADABLE_SOURCE.error(at, f"the key {key!r} occurs twice in one mapping")
            result.key_places[key] = at
            result[key] = self.convert(value_node, member, depth + 1)
            if _is_reread(value_node, result[key]):
                result.spelled[key] = value_node.value
        return result

    def scalar(self, node: yaml.Node, place: Place) -> JsonValue:
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101  # there are three node classes
        text = self.text(node, place)
        if node.style:  # quoted or a block: always text
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return self.number(int, text, place)
        if _FLOAT.fullmatch(text):
            return self.number(float, text, place)
        return text

    @staticmethod
    def text(node: yaml.ScalarNode, place: Place) -> str:
        text: str = node.value
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            message = "expected text that can be encoded in UTF-8, found a lone surrogate"
            raise UNREADABLE_SOURCE.error(place, message)
        return text

    @staticmethod
    def number(convert: type[int | float], text: str, place: Place) -> int | float:
        try:
            value = convert(text)
        except ValueError:  # more digits than Python converts
            value = math.inf
        if abs(value) == math.inf:
            raise UNREADABLE_SOURCE.error(place, "expected a number in the range of a double")
        return value
