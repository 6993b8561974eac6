"""The messages about a value that does not match its schema: path, expectation and JSON type, but never the value."""

# ruff: noqa: E501  # a case a line

from __future__ import annotations

from typing import Any

import pytest
from tests.codegen.schemas import DRAFT_07, option

from prefactor_schema import JsonSchema


def mismatches(schema: Any, value: object, *, pointer: str = "") -> list[str]:
    return [str(each) for each in JsonSchema(schema).part(pointer).mismatches(value)]


SHAPES = {
    "properties": {
        "shape": {
            "oneOf": [
                option("circle", r={"type": "number"}),
                option("rect", w={"type": "number"}, next={"$ref": "#"}),
                {"type": "null"},
            ]
        }
    }
}
CLOSED = {"type": "object", "properties": {"tier": {}, "to": {}}, "required": ["to"], "additionalProperties": False}

CASES: dict[str, tuple[Any, Any, list[str]]] = {
    "type": ({"type": "integer"}, "a secret", ["Input should be an integer, found a string"]),
    "types": ({"type": ["string", "null", "boolean"]}, [], ["Input should be null, a boolean or a string, found an array"]),
    "required": (CLOSED, {}, ["to: Field required"]),
    "a misspelled name": (CLOSED, {"to": 1, "teir": 1}, ["teir: Field is not allowed; did you mean 'tier'?"]),
    "another name": (CLOSED, {"to": 1, "x": 1}, ["x: Field is not allowed"]),
    "const": ({"const": "a"}, "secret", ["Input should be 'a'"]),
    "enum": ({"enum": ["a", 1, None]}, "secret", ["Input should be one of 'a', 1, null"]),
    "a long enum": ({"enum": ["x" * 150, "y" * 150]}, "s", [f"Input should be one of '{'x' * 150}', and 1 more"]),
    "bounds": ({"minLength": 2, "maxLength": 3}, "secret", ["Input should have at most 3 characters"]),
    "a short array": ({"minItems": 1}, [], ["Input should have at least 1 item"]),
    "a small object": ({"minProperties": 2}, {"a": 1}, ["Input should have at least 2 fields"]),
    "a small number": ({"minimum": 0, "exclusiveMinimum": 0}, -1, ["Input should be at least 0", "Input should be greater than 0"]),
    "a large number": ({"exclusiveMaximum": 1.5}, 2, ["Input should be less than 1.5"]),
    "a fraction": ({"multipleOf": 0.01}, 0.001, ["Input should be a multiple of 0.01"]),
    "pattern": ({"pattern": r"^\d\b"}, "secret", [r"Input should match the pattern '^\\d\\b'"]),
    "pattern with a look-ahead": ({"pattern": r"^(?!\d)\w"}, "-", [r"Input should match the pattern '^(?!\\d)\\w'"]),
    "uniqueItems": ({"uniqueItems": True}, [1, 1.0], ["Items should be unique"]),
    "false": ({"properties": {"a": False}}, {"a": "secret"}, ["a: No value is allowed here"]),
    "items": ({"prefixItems": [{}], "items": False}, [1, 2], ["1: No value is allowed here"]),
    "unevaluated": ({"properties": {"a": {}}, "unevaluatedProperties": False}, {"b": 1}, ["b: Field is not allowed"]),
    "contains": ({"contains": {"type": "integer"}}, ["a"], ['Input should match {"contains": {"type": "integer"}}']),
    "maxContains": ({"contains": True, "maxContains": 1}, [1, 2], ['Input should match {"maxContains": 1}']),
    "names": ({"propertyNames": {"maxLength": 2}}, {"abc": 1}, ['Input should match {"propertyNames": {"maxLength": 2}}']),
    "names by options": (
        {"propertyNames": {"anyOf": [{"maxLength": 2}, {"pattern": "^x"}]}},
        {"abc": 1},
        ['Input should match {"propertyNames": {"anyOf": [{"maxLength": 2}, {"pattern": "^x"}]}}'],
    ),
    "a member that is called as a keyword": (
        {"properties": {"additionalProperties": False, "then": {"type": "string"}}},
        {"additionalProperties": "secret", "then": 1},
        ["additionalProperties: No value is allowed here", "then: Input should be a string, found an integer"],
    ),
    "names of members, which are no schemas": (
        {"dependentRequired": {"contentEncoding": ["content"], "anyOf": ["b"]}},
        {"contentEncoding": "base64"},
        ["content: Field required because contentEncoding is present"],
    ),
    "a schema with an unusual name": (
        {"$id": "My {{schema}}", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
        {"a": 1},
        ["a: Input should be a string or null, found an integer"],
    ),
    "unknown keywords": (
        {"properties": {"a": {"type": "string"}}, "x-table": {"oneOf": ["a"], "allOf": None, "pattern": 1}},
        {"a": 1},
        ["a: Input should be a string, found an integer"],
    ),
    "many options": (
        {"oneOf": [option(f"k{number}", **{f"p{number}": {"type": "string"}}) for number in range(300)]},
        {"kind": "k7", "p7": 1},
        ["p7: Input should be a string, found an integer"],
    ),
    "not": ({"not": {"type": "string"}}, "secret", ['Input should match {"not": {"type": "string"}}']),
    "then": ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, ["b: Field required, because of then"]),
    "beside": ({"dependentRequired": {"a": ["b", "c"]}}, {"a": 1, "c": 1}, ["b: Field required because a is present"]),
    "beside, in draft-07": ({"$schema": DRAFT_07, "dependencies": {"a": ["b"]}}, {"a": 1}, ["b: Field required because a is present"]),
    "the option that a constant names": (SHAPES, {"shape": {"kind": "circle"}}, ["shape.r: Field required"]),
    "an option inside one": (
        SHAPES,
        {"shape": {"kind": "rect", "w": 1, "next": {"shape": {"kind": "circle", "r": "secret"}}}},
        ["shape.next.shape.r: Input should be a number, found a string"],
    ),
    "no option": (SHAPES, {"shape": {"kind": "secret"}}, ["shape: 'kind' should be one of 'circle', 'rect'"]),
    "what all options need": (SHAPES, {"shape": {}}, ["shape.kind: Field required"]),
    "another type than the options": (SHAPES, {"shape": 1}, ["shape: Input should be an object or null, found an integer"]),
    "options that are constants": (
        {"anyOf": [{"const": "a"}, {"const": "b"}, {"type": "null"}]}, "secret", ["Input should be 'a' or 'b'"]
    ),
    "options with one mistake each": (
        {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {},
        ["Input should match one of the options: a: Field required, or b: Field required"],
    ),
    "several options": ({"oneOf": [{}, {}]}, 1, ["Input should match exactly one option of oneOf, but matches several"]),
    "a union under a condition": (
        {"if": True, "then": {"properties": {"x": {"anyOf": [{"type": "string"}, {"minimum": 4, "type": "integer"}]}}}},
        {"x": 1},
        ["x: Input should be at least 4, because of then"],
    ),
    "a union in a part with an $id": (
        {"properties": {"x": {"$id": "b.json", "anyOf": [{"type": "string"}, {"$ref": "#/$defs/n"}],
                              "$defs": {"n": {"type": "integer"}}}}},
        {"x": None},
        ["x: Input should be a string or an integer, found null"],
    ),
    "a union at unusual names": (
        {"properties": {'a%b"c/d~': {"anyOf": [{"type": "string"}, {"minimum": 4, "type": "integer"}]}}},
        {'a%b"c/d~': 1},
        ['a%b"c/d~: Input should be at least 4'],
    ),
    "a union that references lead into": (
        {"anyOf": [{"type": "string"}, {"items": {"$ref": "#/anyOf/0"}, "type": "array"}]},
        [1],
        ["0: Input should be a string, found an integer"],
    ),
    "a union beside unevaluatedProperties": (
        {"anyOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}], "unevaluatedProperties": False},
        {"c": 1},
        ["c: Field is not allowed"],
    ),
    "several places": (
        {"properties": {"a": {"type": "string"}, "b": {"items": {"type": "string"}}}},
        {"a": 1, "b": [1, "x", None]},
        ["a: Input should be a string, found an integer", "b.0: Input should be a string, found an integer",
         "b.2: Input should be a string, found null"],
    ),
    "draft-04": (
        {"$schema": "http://json-schema.org/draft-04/schema#", "anyOf": [{"minimum": 2, "exclusiveMinimum": True}]},
        2,
        ["Input should be at least 2"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_messages(case: str) -> None:
    schema, value, expected = CASES[case]
    found = mismatches(schema, value)
    assert found == expected
    assert "secret" not in "".join(found)


def test_a_part_of_a_schema() -> None:
    schema = {"$defs": {"a/b": {"$ref": "#/$defs/n"}, "n": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}}
    assert mismatches(schema, "x", pointer="/$defs/a~1b") == ["Input should be an integer or null, found a string"]
    assert mismatches(schema, 1, pointer="/$defs/a~1b") == []


@pytest.mark.parametrize("schema", [{"format": "date"}, {"$schema": DRAFT_07, "format": "date"}])
def test_formats_are_checked_when_asked_for(schema: dict[str, Any]) -> None:
    assert mismatches(schema, "never") == []
    found = JsonSchema(schema, assert_formats=True).mismatches("never")
    assert [str(each) for each in found] == ["Input should have the format 'date'"]


@pytest.mark.parametrize(
    ("keyword", "value"), [("contentEncoding", "base64"), ("contentMediaType", "application/json")]
)
def test_the_content_of_a_text_is_not_checked(keyword: str, value: str) -> None:
    assert mismatches({"$schema": DRAFT_07, keyword: value}, "{") == []


def test_the_first_mismatch_of_a_large_value_is_reported() -> None:
    assert mismatches({"items": {"type": "string"}}, list(range(100_000))) == [
        "0: Input should be a string, found an integer"
    ]
    wrong = [{"x": 1}] * 30_000
    assert mismatches({"items": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["a"]}]}}, wrong) == [
        "0.a: Field required"
    ]


def test_at_most_twenty_mismatches_are_reported() -> None:
    assert len(mismatches({"items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, [1] * 100)) == 20
