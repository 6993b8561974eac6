import copy
from typing import Any

import pytest

from prefactor_core import SchemaRegistry
from prefactor_core._schema_hash import schema_version_hash

PARAMS: dict[str, Any] = {"type": "object", "properties": {"model": {"type": "string"}}, "required": ["model"]}
RESULT: dict[str, Any] = {"type": "object", "properties": {"text": {"type": ["string", "null"], "default": None}}}
DEFINITIONS: dict[str, Any] = {
    "external_identifier": "v1",
    "span_type_schemas": [
        {"name": "b", "params_schema": PARAMS, "result_schema": RESULT, "title": "B", "template": None},
        {"name": "a", "params_schema": PARAMS},
    ],
    "quality_schemas": [{"name": "q", "schema": RESULT, "title": "Q"}],
}


def test_both_forms_and_quality_schemas() -> None:
    registry = SchemaRegistry()
    registry.register("old", PARAMS)
    registry.register_result("old", RESULT)
    registry.register_type("new", PARAMS, RESULT, "New", "A new one", "{{model}}", {"action_profile": {}})
    registry.register_type("bare", PARAMS)
    registry.register_quality_schema("q", RESULT, title="Q")
    assert registry.list_schemas() == ["old", "new", "bare"]
    assert registry.has_schema("old")
    assert registry.has_schema("new")
    assert not registry.has_schema("q")
    assert registry.get("new") == PARAMS
    assert registry.get("other") is None
    assert registry.to_agent_schema_version("v1") == {
        "external_identifier": "v1",
        "span_schemas": {"old": PARAMS},
        "span_result_schemas": {"old": RESULT},
        "span_type_schemas": [
            {
                "name": "new",
                "params_schema": PARAMS,
                "result_schema": RESULT,
                "title": "New",
                "description": "A new one",
                "template": "{{model}}",
                "data_risk": {"action_profile": {}},
            },
            {"name": "bare", "params_schema": PARAMS},
        ],
        "quality_schemas": [{"name": "q", "schema": RESULT, "title": "Q"}],
    }


def test_an_empty_registry_emits_no_forms() -> None:
    assert SchemaRegistry().to_agent_schema_version("v1") == {"external_identifier": "v1"}


def test_a_name_is_registered_once() -> None:
    registry = SchemaRegistry()
    registry.register("name", PARAMS)
    registry.register_quality_schema("name", PARAMS)
    for again in (registry.register, registry.register_type, registry.register_quality_schema):
        with pytest.raises(ValueError, match="'name' is already registered"):
            again("name", RESULT)
    registry.register_unsafe("name", RESULT)
    assert registry.get("name") == RESULT


def test_register_unsafe_replaces_a_type() -> None:
    registry = SchemaRegistry()
    registry.register_type("name", PARAMS)
    registry.register_unsafe("name", RESULT)
    assert registry.list_schemas() == ["name"]
    assert "span_type_schemas" not in registry.to_agent_schema_version("v1")


def test_definitions_are_copied_in_and_out() -> None:
    registry = SchemaRegistry()
    schema = copy.deepcopy(PARAMS)
    registry.register_type("name", schema)
    schema["properties"].clear()
    (registry.get("name") or {}).clear()
    registry.to_agent_schema_version("v1")["span_type_schemas"][0].clear()
    assert registry.get("name") == PARAMS


def test_merge_takes_all_or_nothing() -> None:
    registry, other = SchemaRegistry(), SchemaRegistry()
    registry.register_type("a", PARAMS)
    other.register_type("a", PARAMS)
    other.register_type("b", PARAMS)
    other.register_quality_schema("q", RESULT)
    registry.merge(other)
    assert registry.list_schemas() == ["a", "b"]
    for conflicting in ("a", "b"):
        third = SchemaRegistry()
        third.register_type("c", PARAMS)
        (third.register if conflicting == "a" else third.register_type)(conflicting, RESULT)
        with pytest.raises(ValueError, match=conflicting):
            registry.merge(third)
    assert registry.list_schemas() == ["a", "b"]


def test_from_definitions_round_trip() -> None:
    registry = SchemaRegistry.from_definitions(DEFINITIONS)
    assert registry.list_schemas() == ["b", "a"]
    assert registry.content_hash == schema_version_hash(DEFINITIONS)
    assert schema_version_hash(registry.to_agent_schema_version("other")) == registry.content_hash


def test_from_definitions_of_the_older_form() -> None:
    registry = SchemaRegistry.from_definitions({"span_schemas": {"x": PARAMS}, "span_result_schemas": {"x": RESULT}})
    assert registry.get("x") == PARAMS


def test_from_definitions_refuses_names_that_are_there_twice() -> None:
    with pytest.raises(ValueError, match="'b'"):
        SchemaRegistry.from_definitions({**DEFINITIONS, "span_schemas": {"b": PARAMS}})


def test_content_hash() -> None:
    hand_made = SchemaRegistry()
    hand_made.register_type("c", PARAMS)
    assert hand_made.content_hash is None
    registry = SchemaRegistry.from_definitions(DEFINITIONS, content_hash="sha256-given")
    assert registry.content_hash == "sha256-given"
    registry.register_type("d", PARAMS)
    changed = registry.content_hash
    assert changed not in {None, "sha256-given"}
    hand_made.merge(registry)
    assert hand_made.content_hash not in {None, changed}


def test_the_hash_is_that_of_the_content() -> None:
    same: dict[str, Any] = {
        "external_identifier": "another name",
        "quality_schemas": [{"title": "Q", "schema": RESULT, "name": "q", "template": None}],
        "span_type_schemas": list(reversed(DEFINITIONS["span_type_schemas"])),
        "span_schemas": {},
        "span_result_schemas": None,
    }
    assert schema_version_hash(same) == schema_version_hash(DEFINITIONS)
    changed = copy.deepcopy(DEFINITIONS)
    changed["span_type_schemas"][0]["result_schema"]["properties"]["text"].pop("default")
    assert schema_version_hash(changed) != schema_version_hash(DEFINITIONS)


def test_the_hash_is_stable_and_fits_an_identifier() -> None:
    assert schema_version_hash({}) == "sha256-44136fa355b3678a1146ad16f7e8649e"
    assert len(schema_version_hash(DEFINITIONS)) <= 64
