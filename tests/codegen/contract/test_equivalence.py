"""Another way to write the same schema is no change."""

from __future__ import annotations

from typing import Any

import pytest
from tests.codegen.contract.comparing import TEXT, changes, changes_of_params, definitions, span_type, told

from prefactor_gen.comparison.verdicts import Verdict, compare_schemas

NULL = {"type": "null"}
PERSON = {"type": "object", "properties": {"name": TEXT, "age": {"type": "integer"}}, "required": ["name"]}
ADDRESS = {"type": "object", "properties": {"street": TEXT}, "additionalProperties": False}
DRAFT_07 = "http://json-schema.org/draft-07/schema#"
DRAFT_04 = "http://json-schema.org/draft-04/schema#"


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def tree(name: str, keyword: str = "$defs") -> dict[str, Any]:
    node = {"type": "object", "properties": {"value": TEXT, "children": {"items": {"$ref": f"#/{keyword}/{name}"}}}}
    return {"properties": {"root": {"$ref": f"#/{keyword}/{name}"}}, "type": "object", keyword: {name: node}}


EQUIVALENT: dict[str, tuple[Any, Any]] = {
    "type list, anyOf": ({"type": ["string", "null"]}, {"anyOf": [TEXT, NULL]}),
    "type list, oneOf": ({"type": ["string", "null"]}, {"oneOf": [NULL, TEXT]}),
    "type list, order": ({"type": ["string", "null"]}, {"type": ["null", "string"]}),
    "all types": (True, {"type": ["string", "null", "number", "boolean", "object", "array"]}),
    "const, enum": ({"const": "a"}, {"enum": ["a"]}),
    "const, null": ({"const": None}, NULL),
    "enum, order": ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    "enum, constants": ({"enum": ["a", "b"]}, {"oneOf": [{"const": "a"}, {"const": "b"}]}),
    "enum, boolean": ({"enum": [True, False]}, {"type": "boolean"}),
    "enum and type": ({"enum": ["a", "b"]}, {"enum": ["a", "b"], "type": "string"}),
    "numbers": ({"const": 1}, {"const": 1.0}),
    "large numbers": ({"maximum": 10**20}, {"maximum": 1e20}),
    "integers above": ({"type": "integer", "minimum": 1}, {"type": "integer", "exclusiveMinimum": 0}),
    "multiples": ({"type": "integer"}, {"type": "number", "multipleOf": 1}),
    "only possible value": ({"type": "integer", "minimum": 1, "maximum": 1}, {"const": 1}),
    "allOf around": (PERSON, {"allOf": [PERSON]}),
    "allOf, split": (PERSON, {"allOf": [{"required": ["name"]}, {**PERSON, "required": []}]}),
    "allOf, twice": (PERSON, {"allOf": [PERSON, PERSON]}),
    "anyOf, one": (PERSON, {"anyOf": [PERSON]}),
    "double not": (PERSON, {"not": {"not": PERSON}}),
    "order of options": ({"anyOf": [PERSON, TEXT]}, {"anyOf": [TEXT, PERSON]}),
    "nested options": ({"anyOf": [TEXT, NULL, PERSON]}, {"anyOf": [{"anyOf": [PERSON, TEXT]}, NULL]}),
    "nothing required": ({"required": []}, True),
    "no fewer than none": (TEXT, {"type": "string", "minLength": 0}),
    "items of any kind": ({"type": "array"}, {"type": "array", "items": True}),
    "condition": ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"dependentRequired": {"a": ["b"]}}),
    "condition, schema": (
        {"dependentRequired": {"a": ["b"]}},
        {"dependentSchemas": {"a": {"required": ["b"]}}},
    ),
    "closed": (ADDRESS, {"type": "object", "properties": {"street": TEXT}, "unevaluatedProperties": False}),
    "impossible property": ({"properties": {"a": False}}, {"not": {"required": ["a"], "type": "object"}}),
    "false": (False, {"not": {}}),
    "unknown annotation": (TEXT, {"type": "string", "x-owner": "team", "$comment": "why"}),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EQUIVALENT.values(), ids=EQUIVALENT.keys())
def test_a_rewrite_of_a_value(one: Any, other: Any) -> None:
    for old, new in ((one, other), (other, one)):
        verdicts = compare_schemas(of(x=old), of(x=new))
        assert (verdicts.narrowing, verdicts.widening) == (Verdict.SAFE, Verdict.SAFE)


OF_DOCUMENTS: dict[str, tuple[Any, Any]] = {
    "$defs": (of(x=PERSON), {**of(x={"$ref": "#/$defs/P"}), "$defs": {"P": PERSON}}),
    "$defs, renamed": tuple({**of(x={"$ref": f"#/$defs/{name}"}), "$defs": {name: PERSON}} for name in "PQ"),  # type: ignore[dict-item]
    "definitions": (tree("a"), tree("b", "definitions")),
    "anchor": (of(x=PERSON), {**of(x={"$ref": "#p"}), "$defs": {"P": {"$anchor": "p", **PERSON}}}),
    "$id": (of(x=PERSON), {**of(x={"$ref": "p.json"}), "$defs": {"P": {"$id": "p.json", **PERSON}}}),
    "dynamic": (tree("a"), {
        **of(root={"$ref": "#/$defs/a"}),
        "$defs": {"a": {"$dynamicAnchor": "n", **of(value=TEXT, children={"items": {"$dynamicRef": "#n"}})}},
    }),
    "unrolled once": (tree("a"), {
        **of(root=of(value=TEXT, children={"items": {"$ref": "#/$defs/a"}})), "$defs": tree("a")["$defs"]
    }),
    "two for one": (tree("a"), {
        **of(root={"$ref": "#/$defs/a"}),
        "$defs": {
            name: of(value=TEXT, children={"items": {"$ref": f"#/$defs/{other}"}}) for name, other in ("ab", "ba")
        },
    }),
    "draft-07, tuple": (
        {"$schema": DRAFT_07, **of(x={"items": [TEXT, NULL], "additionalItems": False})},
        of(x={"prefixItems": [TEXT, NULL], "items": False}),
    ),
    "draft-07, dependencies": (
        {"$schema": DRAFT_07, "type": "object", "dependencies": {"a": ["b"], "c": {"required": ["d"]}}},
        {"type": "object", "dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}},
    ),
    "draft-07, beside a reference": (
        {"$schema": DRAFT_07, **of(x={"$ref": "#/definitions/t", "maxLength": 3}), "definitions": {"t": TEXT}},
        of(x=TEXT),
    ),
    "draft-04": (
        {"$schema": DRAFT_04, **of(x={"minimum": 0, "exclusiveMinimum": True})},
        of(x={"exclusiveMinimum": 0}),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), OF_DOCUMENTS.values(), ids=OF_DOCUMENTS.keys())
def test_a_rewrite_of_a_document(one: Any, other: Any) -> None:
    for old, new in ((one, other), (other, one)):
        assert told(changes_of_params(old, new)) == []
        verdicts = compare_schemas(old, new)
        assert (verdicts.narrowing, verdicts.widening) == (Verdict.SAFE, Verdict.SAFE)


def test_what_a_platform_leaves_out_is_no_change() -> None:
    written = span_type(of(), {"type": "object", "additionalProperties": False}, title="agent:step", description="")
    assert changes(definitions(written), definitions(span_type(of()))) == []


def test_the_order_of_everything_is_no_change() -> None:
    one = {"type": "object", "properties": {"a": TEXT, "b": NULL}, "required": ["a", "b"]}
    other = {"required": ["b", "a"], "properties": {"b": NULL, "a": TEXT}, "type": "object"}
    assert changes_of_params(one, other) == []
