"""What is said to match nothing matches nothing: no value that is valid may prove it wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefactor_schema import JsonSchema
from prefactor_schema.unsatisfiable import Cause, Unsatisfiable, unsatisfiable_parts

SCALARS = st.sampled_from([None, True, False, 0, 1, 1.5, "", "a", "ab", "1"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
)
COUNTS = st.integers(0, 2)
LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["string", "number", "integer", "boolean", "null", "object", "array"]),
    "const": SCALARS,
    "enum": st.lists(SCALARS, min_size=1, max_size=2, unique_by=repr),
    "minimum": COUNTS,
    "maximum": COUNTS,
    "minLength": COUNTS,
    "maxLength": COUNTS,
    "minItems": COUNTS,
    "maxItems": COUNTS,
    "uniqueItems": st.booleans(),
    "required": st.lists(st.sampled_from("ab"), max_size=2, unique=True),
    "pattern": st.sampled_from(["^a", r"\d", "^(?!a)", "b$"]),
}


def _with_parts(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, min_size=1, max_size=2)
    members = st.dictionaries(st.sampled_from("ab"), parts, max_size=2)
    keywords = {
        **LEAVES, "allOf": several, "anyOf": several, "oneOf": several, "not": parts, "if": parts, "then": parts,
        "else": parts, "items": parts, "properties": members, "additionalProperties": parts, "contains": parts,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", r"^\D$"]), parts, max_size=1),
    }  # fmt: skip
    return st.fixed_dictionaries({}, optional=keywords)


SCHEMAS = st.recursive(st.booleans() | st.fixed_dictionaries({}, optional=LEAVES), _with_parts, max_leaves=6)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(SCHEMAS, st.lists(VALUES, min_size=5, max_size=20))
def test_a_part_that_is_said_to_match_nothing_has_no_valid_value(schema: Any, values: list[Any]) -> None:
    compiled = JsonSchema(schema)
    for pointer in unsatisfiable_parts(schema):
        part = compiled.part(pointer.replace("%", "%25"))
        assert not [value for value in values if not part.mismatches(value)]


def test_pointers_are_those_of_the_schema_and_not_of_the_engine() -> None:
    wrong = {"type": "string", "const": 1}
    found = unsatisfiable_parts({"patternProperties": {r"^\d/~$": wrong}, "properties": {"a%b": wrong}})
    pointers = [r"/patternProperties/^\d~1~0$", "/properties/a%b"]
    assert found == {pointer: Unsatisfiable((Cause(pointer, ("type", "const")),)) for pointer in pointers}


@pytest.mark.slow
def test_a_pattern_that_the_engine_cannot_match_has_the_schema_left_out() -> None:
    assert unsatisfiable_parts({"allOf": [{"pattern": ".{0,65535}{0,65535}"}, {"type": "string", "const": 1}]}) == {}
