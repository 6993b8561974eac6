"""Read YAML text into nodes with places, with the values of JSON only."""

from __future__ import annotations

import math
import re
from contextlib import nullcontext, suppress

import yaml

from prefactor_gen.diagnostics import DiagnosticError, Place
from prefactor_gen.limits import MAX_DEPTH, MAX_YAML_BYTES
from prefactor_gen.nodes import JsonValue, ListNode, ObjectNode, child_pointer
from prefactor_gen.rules import LIMIT_EXCEEDED, UNREADABLE_SOURCE

__all__ = ["parse_yaml"]

# YAML 1.2's core schema, not 1.1's: `no`, `on` and `2026-01-01` are text, as a JSON Schema's author expects.
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_SLOWLY = 100_000
# To YAML 1.1, and so to the parser, they are line breaks, which become spaces; to YAML 1.2 they are characters.
_CONFLICT = re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE)
_BREAKS = re.compile("[\x85\u2028\u2029]")
# JSON's types; `timestamp`, `merge` and `value` are what YAML 1.1 makes of the plain texts 2026-01-01, << and =.
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
        DiagnosticError: the text is not YAML, repeats a key, uses aliases, tags or keys that JSON has not, or is
            nested too deeply; with line and column.
    """
    if len(text) > MAX_YAML_BYTES:
        message = f"a YAML file has at most {MAX_YAML_BYTES:,} characters; divide it, or write it as JSON"
        raise DiagnosticError([LIMIT_EXCEEDED.at(Place(source), message)])
    if (line_break := _BREAKS.search(text)) is not None:
        raise _ambiguous(text, line_break.start(), source)
    try:
        root = _composed(text)
    except yaml.MarkedYAMLError as error:
        if (marker := _CONFLICT.search(text)) is not None:
            line = text.count("\n", 0, marker.start()) + 1
            message = "not valid YAML: a merge conflict is not resolved"
            raise DiagnosticError([UNREADABLE_SOURCE.at(Place(source, "", line, 1), message)]) from None
        mark = error.problem_mark or error.context_mark
        place = Place(source, "", mark.line + 1, mark.column + 1) if mark else Place(source)
        if "nesting depth" in str(error.problem):  # libyaml has a limit of its own
            raise _nested(place) from None
        raise DiagnosticError(
            [UNREADABLE_SOURCE.at(place, f"not valid YAML: {error.problem or error.context}")]
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise _nested(Place(source)) from None
        raise DiagnosticError([UNREADABLE_SOURCE.at(Place(source), f"not valid YAML: {error}")]) from None
    if root is None:
        raise DiagnosticError([UNREADABLE_SOURCE.at(Place(source), "expected a document, found an empty file")])
    return _Converter(source).convert(root, "", 0)


def _ambiguous(text: str, position: int, source: str) -> DiagnosticError:
    line_start = text.rfind("\n", 0, position) + 1
    place = Place(source, "", text.count("\n", 0, position) + 1, position - line_start + 1)
    code = f"{ord(text[position]):04x}"
    message = f"readers of YAML differ on U+{code.upper()}: to some it ends a line; write \\u{code} in double quotes"
    return DiagnosticError([UNREADABLE_SOURCE.at(place, message)])


def _nested(place: Place) -> DiagnosticError:
    return DiagnosticError([LIMIT_EXCEEDED.at(place, f"nested deeper than {MAX_DEPTH} levels")])


def _composed(text: str) -> yaml.Node | None:
    """The document as nodes, by libyaml where it is there; what it refuses, the slower parser in Python tells."""
    fast = getattr(yaml, "CSafeLoader", None)
    if fast is not None:
        # A large text would take the parser in Python a minute.
        with suppress(yaml.YAMLError) if len(text) < _SLOWLY else nullcontext():
            return yaml.compose(text, Loader=fast)
    return yaml.compose(text, Loader=yaml.SafeLoader)


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
            raise DiagnosticError([UNREADABLE_SOURCE.at(place, f"expected a JSON value, found the tag {node.tag}")])
        if id(node) in self.seen:
            raise DiagnosticError(
                [UNREADABLE_SOURCE.at(place, "YAML aliases are not read here: use $ref and $defs to share a schema")]
            )
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place, depth)
        if isinstance(node, yaml.SequenceNode):
            places = [self.place(item, child_pointer(pointer, index)) for index, item in enumerate(node.value)]
            items = [self.convert(item, at.pointer, depth + 1) for item, at in zip(node.value, places, strict=True)]
            return ListNode(items, place=place, item_places=places)
        return self.scalar(node, place)

    def mapping(self, node: yaml.MappingNode, place: Place, depth: int) -> ObjectNode:
        result = ObjectNode(place=place)
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                at = self.place(key_node, place.pointer)
                raise DiagnosticError([UNREADABLE_SOURCE.at(at, "expected text as a key, found a collection")])
            key = self.text(key_node, self.place(key_node, place.pointer))
            member = child_pointer(place.pointer, key)
            at = self.place(key_node, member)
            if key in result:
                raise DiagnosticError([UNREADABLE_SOURCE.at(at, f"the key {key!r} stands twice in one mapping")])
            result.key_places[key] = at
            result[key] = self.convert(value_node, member, depth + 1)
        return result

    def scalar(self, node: yaml.Node, place: Place) -> JsonValue:
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101  # the third and last kind of node
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
            message = "expected text that UTF-8 can hold, found a lone surrogate"
            raise DiagnosticError([UNREADABLE_SOURCE.at(place, message)])
        return text

    @staticmethod
    def number(kind: type[int | float], text: str, place: Place) -> int | float:
        try:
            value = kind(text)
        except ValueError:  # more digits than Python converts
            value = math.inf
        if abs(value) == math.inf:
            raise DiagnosticError([UNREADABLE_SOURCE.at(place, "expected a number that fits a double")])
        return value
