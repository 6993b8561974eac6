"""Takes out of a foreign schema what describes no payload, redacts passwords, and adds what every schema has."""

from __future__ import annotations

from collections.abc import Mapping

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import JsonValue, ObjectNode, from_python
from prefactor_gen.importing.texts import repeats
from prefactor_gen.json_schema.drafts import DRAFT_2019_09, DRAFT_2020_12, draft_of, names_own_metaschema
from prefactor_gen.json_schema.keywords import REDACT
from prefactor_gen.json_schema.subschemas import map_subschemas

__all__ = ["Note", "clean_schema", "payload_path"]

Note = tuple[str, str]
"""What is to be told about a place in a payload: its path, and a message."""

_OUR_PREFIX = "x-prefactor-"
_MAY_BE_NULL = frozenset({"const", "default", "example"})
_SAY_THE_TYPE = frozenset({"$ref", "allOf", "anyOf", "oneOf", "type"})
_WITHOUT_FRAGMENT = (DRAFT_2019_09, DRAFT_2020_12)


def clean_schema(
    schema: Mapping[str, object], *, is_ours: bool, is_payload: bool = True
) -> tuple[ObjectNode, list[Note]]:
    """A schema as a definition file has it, and what is to be told about that.

    Args:
        schema: the schema of params or of a result.
        is_payload: it is the schema of a whole payload, which is an object.
        is_ours: it may have the keywords of prefactor-gen. In a foreign schema, they would control the generator, but
            `x-prefactor-redact: true` only hides a value.

    Raises:
        DiagnosticError: it holds something that JSON cannot express, or is nested too deeply.
    """
    node = from_python(schema, Place(""))
    assert isinstance(node, ObjectNode)  # noqa: S101  # it is made of a mapping
    cleaner = _Cleaner(is_ours=is_ours)
    return cleaner.schema(cleaner.root(node) if is_payload else node, ("", "")), cleaner.notes


def payload_path(pointer: str) -> str:
    """The place in a payload that a pointer in its schema is about: `customer.id`, `tags[]`, `labels.*`."""
    path, keys = "", iter(pointer.split("/")[1:])
    for key in keys:
        if key in {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}:
            name = next(keys, "").replace("~1", "/").replace("~0", "~")
            path += f".{name}" if path else name
        elif key == "items":
            path += "[]"
        elif key == "additionalProperties":
            path += ".*" if path else "*"
    return path


class _Cleaner:
    def __init__(self, *, is_ours: bool) -> None:
        self.is_ours = is_ours
        self.notes: list[Note] = []

    def root(self, node: ObjectNode) -> ObjectNode:
        """The root of a schema with a draft that is known, with `type`, and without a title that is a class name."""
        title = node.get("title")
        if isinstance(title, str) and title.isidentifier():
            node = node.without({"title"})
        if "$schema" in node:
            node = self.with_known_draft(node)
        if _SAY_THE_TYPE.isdisjoint(node):
            node = node.with_items([("type", "object"), *node.items()])
        return node

    def with_known_draft(self, node: ObjectNode) -> ObjectNode:
        draft = draft_of(node)
        if draft is None or names_own_metaschema(node):
            self.notes.append(("", "$schema names no draft of JSON Schema that is known; it is read as 2020-12"))
            return node.without({"$schema"})
        return node.with_member("$schema", draft if draft in _WITHOUT_FRAGMENT else f"{draft}#")

    def schema(self, node: ObjectNode, keys: tuple[str, ...], path: str = "") -> ObjectNode:
        """A schema and its subschemas, at a path in the payload; `keys` lead to it from the schema around it."""
        title = node.get("title")
        if isinstance(title, str) and keys[-1] and repeats(title, keys[-1]):
            node = node.without({"title"})
        node = node.without({key for key in node if self.is_refused(key, node[key], path)})
        if node.get("format") == "password" and not self.is_ours:
            self.notes.append((path, "format: password: the value is recorded as [redacted]"))
            node = node.without({"format"}).with_member(REDACT, True)

        def visit(item: JsonValue, inner: tuple[str, ...]) -> JsonValue:
            if not isinstance(item, ObjectNode):
                return item
            step = payload_path("/" + "/".join(each.replace("/", "~1") for each in inner))
            joined = f"{path}.{step}" if path and step and step != "[]" else path + step
            return self.schema(item, inner, joined)

        return map_subschemas(node, visit)

    def is_refused(self, key: str, value: JsonValue, path: str) -> bool:
        if value is None and key not in _MAY_BE_NULL:
            self.notes.append((path, f"{key} is null, which is no value that it may have; left out"))
            return True
        if key.startswith(_OUR_PREFIX) and not self.is_ours and not (key == REDACT and value is True):
            self.notes.append((path, f"{key} is for definitions of your own; left out"))
            return True
        return False
