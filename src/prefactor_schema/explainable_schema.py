"""A schema prepared for explanations: its unions are conditions, and its errors can be listed part by part.

The engine lists the errors of each option of a union, and of each union inside an option. On a value of ten levels this
takes seconds; the time doubles with each level. So a union becomes a condition (`if: {anyOf: …}, else: false`): the
engine checks it, but lists no errors inside it. `explanation` then asks for the errors of single options.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from prefactor_schema.engine import Schema, compile_schema, registry_of
from prefactor_schema.engine_schema import TOO_LONG, EngineSchema, rewritten
from prefactor_schema.keywords import MAPS, UNIONS
from prefactor_schema.locations import item_at, pointer_of, resources, steps_of
from prefactor_schema.messages import Finding
from prefactor_schema.mismatch import Step

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

__all__ = ["ExplainableSchema", "Union"]

_MAX_ERRORS = 20
"""How many errors of a value are listed."""
_MAX_REFERENCES = 3
"""How many references in a row are followed to an option."""
_REQUIRING = ("dependentRequired", "dependencies")
_UNION_IN = ("if",)
_UNION_IN_NOT = ("not", "not")  # for drafts without `if`


class Union(NamedTuple):
    """A union in the schema: its keyword, the number of its options, and the URI of the list of them."""

    keyword: str
    options: int
    uri: str


class ExplainableSchema:
    """A schema whose errors can be listed without those inside unions.

    Args:
        schema: The schema as the engine checks it.
        original: The schema as it was written.
        uri: The URI of the schema.
        assert_formats: Whether formats are checked.

    Attributes:
        most_names: The most members that one keyword of the schema requires.
    """

    def __init__(self, schema: EngineSchema, original: Schema, uri: str, *, assert_formats: bool) -> None:
        self.uri = uri
        self.most_names = _most_names(original)
        self._engine_schema = schema
        self._assert_formats = assert_formats
        self._inner = _UNION_IN if schema.has_if else _UNION_IN_NOT
        self._schema = rewritten(schema.schema, self._with_conditions)
        self._schema = rewritten(self._schema, self._with_moved_reference)
        self._resources = dict(resources(self._schema, uri))
        self._originals = dict(resources(original, uri))
        self._registry = registry_of(uri, self._schema, schema.draft)
        self._validators: dict[str, Validator] = {}

    def errors(self, uri: str, value: object, *, only_first: bool) -> list[ValidationError]:
        """The first errors of a value in the part of the schema that has this URI."""
        validator = self._validators.get(uri)
        if validator is None:
            validator = self._validators[uri] = compile_schema(
                {"$ref": uri},
                self._engine_schema.draft,
                linear=self._engine_schema.linear,
                registry=self._registry,
                assert_formats=self._assert_formats,
            )
        if not only_first:
            return list(islice(validator.iter_errors(value), _MAX_ERRORS))
        import jsonschema_rs

        try:
            validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return [error]
        return []

    def union_at(self, uri: str, steps: Sequence[Step]) -> Union | None:
        """The union whose condition fails with an error at this place; None for other errors."""
        condition = item_at(self._resource(uri), steps[:-1])
        union = item_at(condition, self._inner)
        keyword = next((each for each in UNIONS if isinstance(union, dict) and union.keys() == {each}), None)
        if keyword is None or condition != self._as_condition(union):
            return None
        return Union(keyword, len(union[keyword]), f"{uri}#{pointer_of([*steps[:-1], *self._inner, keyword])}")

    def option(self, union: Union, index: int) -> Any:
        """An option of a union. References inside the schema are followed."""
        uri, _, pointer = union.uri.partition("#")
        option = item_at(self._resource(uri), [*steps_of(pointer), index])
        for _ in range(_MAX_REFERENCES):
            if not isinstance(option, Mapping) or not str(option.get("$ref", "")).startswith("#"):
                break
            option = item_at(self._resource(uri), steps_of(str(option["$ref"])[1:]))
        return option

    def finding(self, error: ValidationError, uri: str, steps: Sequence[Step], value: object) -> Finding:
        """An error with the schema that has its keyword, as it was written."""
        original = item_at(self._original(uri), steps[:-1])
        rewritten_schema = item_at(self._resource(uri), steps[:-1])
        is_name = len(steps) > 1 and steps[-2] in MAPS
        keyword = "" if is_name or not steps else str(steps[-1])
        schema = original if isinstance(original, Mapping) and keyword in original else rewritten_schema
        originals = self._engine_schema.originals
        return Finding(error.kind, keyword, schema if isinstance(schema, Mapping) else {}, value, originals)

    def is_length_condition(self, uri: str, steps: Sequence[Step]) -> bool:
        """Whether the error is in the condition that limits the length of a text that a pattern is matched with."""
        return bool(item_at(self._resource(uri), [*steps[:-2], "else"]) == TOO_LONG)

    def uri_of_part(self, pointer: str) -> str:
        """The URI of a part of the schema, by its pointer in the schema as it was written."""
        return f"{self.uri}#{self._moved(pointer)}"

    def _resource(self, uri: str) -> Any:
        # The engine normalises some URIs, so the only resource there is needs no look-up.
        return next(iter(self._resources.values())) if len(self._resources) == 1 else self._resources.get(uri)

    def _original(self, uri: str) -> Any:
        return next(iter(self._originals.values())) if len(self._originals) == 1 else self._originals.get(uri)

    def _as_condition(self, union: dict[str, Any]) -> dict[str, Any]:
        """A union as a condition: the engine lists no errors inside it."""
        return {"if": union, "else": False} if self._inner == _UNION_IN else {"not": {"not": union}}

    def _with_conditions(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Moves the unions of a schema into conditions in its `allOf`."""
        unions = [{keyword: schema.pop(keyword)} for keyword in UNIONS if isinstance(schema.get(keyword), list)]
        branches = schema.get("allOf", [])
        if unions and isinstance(branches, list):
            schema["allOf"] = [*branches, *map(self._as_condition, unions)]
        return schema

    def _with_moved_reference(self, schema: dict[str, Any]) -> dict[str, Any]:
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            schema["$ref"] = f"#{self._moved(reference[1:])}"
        return schema

    def _moved(self, pointer: str) -> str:
        """The new place of a part of the schema: `_with_conditions` has moved the options of unions."""
        node: Any = self._schema
        moved: list[Step] = []
        is_map = False
        for step in steps_of(pointer):
            steps: list[Step] = [step]
            if not is_map and step in UNIONS and isinstance(node, dict) and step not in node:
                branches = node.get("allOf", [])
                holds_union = (step in (item_at(each, self._inner) or ()) for each in branches)
                index = next((index for index, found in enumerate(holds_union) if found), 0)
                steps = ["allOf", index, *self._inner, step]
            node = item_at(node, steps)
            moved.extend(steps)
            is_map = not is_map and step in MAPS
        return pointer_of(moved)


def _most_names(schema: Any) -> int:
    most, pending = 0, [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, Mapping):
            maps = [node[keyword] for keyword in _REQUIRING if isinstance(node.get(keyword), Mapping)]
            lists = [node.get("required"), *(each for names in maps for each in names.values())]
            most = max([most, *(len(each) for each in lists if isinstance(each, list))])
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return most
