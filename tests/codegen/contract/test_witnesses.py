"""A value that shows a change is found where there is one, and jsonschema takes it on one side only."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema.validators import Draft202012Validator
from tests.codegen.contract.comparing import changes_of_params

from prefactor_gen.comparison.verdicts import Verdict, compare_schemas

pytestmark = pytest.mark.slow

TEXT, NUMBER = {"type": "string"}, {"type": "number"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            {"if": {"required": ["a"]}, "then": {"properties": {"b": {}}}, "unevaluatedProperties": False},
            {"properties": {"a": {}, "b": {}}, "additionalProperties": False},
            id="what was evaluated in some values only",
        ),
        pytest.param(
            {"type": "array", "items": TEXT, "minItems": 1},
            {"type": "array", "contains": TEXT},
            id="all items, one item",
        ),
        pytest.param(
            {"type": "array", "prefixItems": [TEXT], "items": NUMBER},
            {"type": "array", "prefixItems": [TEXT, NUMBER]},
            id="items after a tuple",
        ),
        pytest.param({"maxContains": 2, "contains": NUMBER}, {"maxContains": 3, "contains": NUMBER}, id="one more"),
        pytest.param({"pattern": "."}, {"minLength": 1}, id="a line feed"),
        pytest.param(
            {"properties": {"a": {"patternProperties": {"^x-": TEXT}}}},
            {"properties": {"a": {}}},
            id="the name matches a pattern",
        ),
        pytest.param(
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}, {"properties": {"c": TEXT}, "required": ["c"]}]},
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}, {"required": ["c"]}]},
            id="options that overlap",
        ),
    ],
)
def test_a_value_that_only_the_new_schema_takes(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = compare_schemas(old, new)
    assert found.widening is Verdict.BREAKS
    assert Draft202012Validator(new).is_valid(found.is_valid)
    assert not Draft202012Validator(old).is_valid(found.is_valid)
    assert compare_schemas(new, old).narrowing is Verdict.BREAKS


def test_a_schema_that_is_not_valid_proves_nothing() -> None:
    invalid = {"properties": {"a": {"description": None}}}
    assert compare_schemas(invalid, {}).narrowing is not Verdict.BREAKS
    assert compare_schemas({}, {"properties": {"a": {"type": "text"}}}).narrowing is Verdict.UNPROVEN


def test_many_changes_of_one_object() -> None:
    old, new = (
        {"type": "object", "properties": {f"p{index}": member for index in range(300)}, "required": ["p0", "p1", "p2"]}
        for member in (TEXT, {"type": "string", "maxLength": 9})
    )
    found = changes_of_params(old, new)
    assert len(found) == 300
    assert sum(each.witness is not None for each in found) > 50
