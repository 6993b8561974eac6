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
