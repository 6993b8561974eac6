"""References as people have them: by the `$id` of another file, through anchors, and in every draft."""

from __future__ import annotations

from typing import Any

import pytest
from tests.codegen.schemas import DRAFT_07
from tests.codegen.support import Made, Project, is_valid, only

MONEY: dict[str, Any] = {
    "$id": "https://bank.example/types/money%20type.json",
    "type": "object",
    "required": ["cents"],
    "properties": {"cents": {"$ref": "#cents"}, "rest": {"$ref": "#"}, "unit": {"$ref": "unit.json#/$defs/a%25b~1c"}},
    "$defs": {
        "cents": {"$anchor": "cents", "type": "integer"},
        "unit": {"$id": "unit.json", "$defs": {"a%b/c": {"$ref": "#/$defs/text"}, "text": {"type": "string"}}},
    },
}


@pytest.mark.parametrize(
    "reference",
    [
        "https://bank.example/types/money%20type.json",
        "https://bank.example/types/money type.json#",
        "money.json",
        "order.json#/properties/total",
        "order.json#total",
    ],
)
def test_a_file_is_meant_by_its_id(reference: str, project: Project) -> None:
    project.write("schemas/money.json", MONEY)
    total = {"$anchor": "total", "$ref": "money type.json"}
    order = {"$id": "https://bank.example/types/order.json", "properties": {"total": total}}
    project.write("schemas/order.json", order)
    extra = {"$ref": "order.json"}
    project.span_types(agent={"type": "object", "properties": {"x": {"$ref": reference}, "extra": extra}})
    result = project.generate()
    assert (result.code, result.findings) == (0, [])
    model = project.load().AgentParams
    assert is_valid(model, {"x": {"cents": 1, "rest": {"cents": 2}, "unit": "EUR"}, "extra": {"total": {"cents": 3}}})
    for wrong in ({"cents": "1"}, {"cents": 1, "rest": {}}, {"cents": 1, "unit": 5}):
        assert not is_valid(model, {"x": wrong})


def test_two_files_with_one_id(project: Project) -> None:
    project.write("schemas/a.json", MONEY)
    project.write("schemas/b.json", MONEY)
    project.span_types(agent={"type": "object", "properties": {"a": {"$ref": "a.json"}, "b": {"$ref": "b.json"}}})
    found = only(project.generate().findings)
    assert found.startswith("schemas/b.json:1:")
    assert found.endswith("which is also the $id of schemas/a.json")
    assert (found.pointer, found.rule) == ("/$id", "PG008")


def test_a_misspelled_id(project: Project) -> None:
    project.write("schemas/money.json", MONEY | {"$id": "https://bank.example/money.json"})
    used = {"$ref": "money.json"}
    x = {"$ref": "https://bank.example/mony.json"}
    project.span_types(agent={"type": "object", "properties": {"x": x, "used": used}})
    assert only(project.generate().findings).endswith("did you mean 'https://bank.example/money.json'?")


@pytest.mark.parametrize("identifier", ["https://bank.example/spec.md#status", "#status", "spec.md#status"])
def test_an_id_with_a_fragment(identifier: str, made: Made) -> None:
    data = {"type": "object", "properties": {"tags": {"uniqueItems": True}, "again": {"$ref": "#status"}}}
    schema = {
        "$schema": DRAFT_07,
        "$id": identifier,
        "type": "object",
        "required": ["data"],
        "properties": {"data": data},
    }
    model = made(agent=schema).AgentParams
    assert is_valid(model, {"data": {"tags": [1, 2], "again": {"data": {}}}})
    assert not is_valid(model, {"data": {"tags": [1, 1]}})
    assert not is_valid(model, {"data": {"again": {}}})


D04, D06 = "http://json-schema.org/draft-04/schema#", "https://json-schema.org/draft-06/schema"
D19, D20 = "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/draft/2020-12/schema#"
TUPLE = {"items": [{"type": "string"}], "additionalItems": False}
ITEMS = {"items": [{"type": "string"}]}
DRAFTS: dict[str, tuple[dict[str, Any], list[Any], list[Any]]] = {
    "https-07": ({"$schema": "https://json-schema.org/draft-07/schema", **TUPLE}, [["a"]], [[1], ["a", "b"]]),
    "http-2020-12": ({"$schema": D20, "prefixItems": [{"type": "string"}]}, [["a", 1]], [[1]]),
    "exclusive-04": ({"$schema": D04, "type": "integer", "minimum": 0, "exclusiveMinimum": True}, [1], [0]),
    "inclusive-04": ({"$schema": D04, "maximum": 5, "exclusiveMaximum": False, "const": 9}, [5, 1], [6]),
    "id-04": (
        {
            "$schema": D04,
            "id": "http://a.example/y",
            "$ref": "other#/definitions/n",
            "definitions": {"o": {"id": "other", "definitions": {"n": {"type": "integer"}}}},
        },
        [1],
        ["a"],
    ),
    "const-06": ({"$schema": D06, "const": 1, "if": {}, "then": False, "exclusiveMinimum": 0}, [1], [2]),
    "tuple-2019": ({"$schema": D19 + "#", **TUPLE, "prefixItems": [False]}, [["a"]], [[1], ["a", "b"]]),
    "tuple-pointer-2019": (
        {"$schema": D19, "items": [{"type": "object", "properties": {"a": {"$ref": "#/properties/x/items/0"}}}]},
        [[{"a": {}}]],
        [[{"a": 1}]],
    ),
    "unevaluated-2019": (
        {"$schema": D19, "items": [{"type": "string"}], "unevaluatedItems": False},
        [["a"]],
        [["a", 1]],
    ),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_each_draft_means_itself(name: str, made: Made) -> None:
    schema, valid, invalid = DRAFTS[name]
    part = {key: value for key, value in schema.items() if key not in {"$schema", "id", "definitions"}}
    root = {key: value for key, value in schema.items() if key in {"$schema", "id", "definitions"}}
    model = made(agent={**root, "type": "object", "properties": {"x": part}}).AgentParams
    assert [value for value in valid if not is_valid(model, {"x": value})] == []
    assert [value for value in invalid if is_valid(model, {"x": value})] == []


@pytest.mark.parametrize("anchor", [True, False])
def test_recursion_in_2019_09(anchor: bool, made: Made) -> None:
    again = {"$recursiveRef": "#"}
    schema = {
        "$schema": D19,
        "$recursiveAnchor": anchor,
        "type": "object",
        "properties": {"x": again, "n": {"const": 1}},
    }
    model = made(agent=schema).AgentParams
    assert is_valid(model, {"x": {"x": {"n": 1}}})
    assert not is_valid(model, {"x": {"x": {"n": 2}}})
    assert not is_valid(model, {"x": 1})


@pytest.mark.parametrize("name", [name for name in DRAFTS if "pointer" not in name])
def test_files_of_different_drafts(name: str, project: Project) -> None:
    schema, valid, invalid = DRAFTS[name]
    project.write("schemas/part.json", schema)
    project.span_types(agent={"type": "object", "properties": {"x": {"$ref": "part.json"}}})
    assert project.generate().code == 0
    model = project.load().AgentParams
    assert [value for value in valid if not is_valid(model, {"x": value})] == []
    assert [value for value in invalid if is_valid(model, {"x": value})] == []


def test_a_misspelled_draft(project: Project) -> None:
    project.span_types(agent={"$schema": "https://json-schema.org/draft/2020-21/schema", "type": "object"})
    assert only(project.generate().findings).endswith("did you mean 'https://json-schema.org/draft/2020-12/schema'?")
