import copy
from collections.abc import Callable
from typing import Any

import pytest

from prefactor_core import SchemaRegistry
from prefactor_schema.schema_hash import schema_version_hash

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
    assert registry.list_schemas() == ["old"]
    assert registry.has_schema("old")
    assert registry.has_schema("new")
    assert not registry.has_schema("q")
    assert registry.get("old") == PARAMS
    assert registry.get("new") is None
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


def test_a_name_is_registered_once_in_each_form() -> None:
    registry = SchemaRegistry()
    registered: dict[str, Callable[[str, dict[str, Any]], None]] = {
        "Params schema": registry.register,
        "Result schema": registry.register_result,
        "Span type schema": registry.register_type,
        "Quality schema": registry.register_quality_schema,
    }
    for kind, register in registered.items():
        register("name", PARAMS)
        with pytest.raises(ValueError, match=f"^{kind} 'name' is already registered$"):
            register("name", RESULT)
    assert registry.to_agent_schema_version("v1") == {
        "external_identifier": "v1",
        "span_schemas": {"name": PARAMS},
        "span_result_schemas": {"name": PARAMS},
        "span_type_schemas": [{"name": "name", "params_schema": PARAMS}],
        "quality_schemas": [{"name": "name", "schema": PARAMS}],
    }


def test_register_unsafe_replaces_what_register_gave_and_no_type() -> None:
    registry = SchemaRegistry()
    registry.register("name", PARAMS)
    registry.register_type("name", PARAMS)
    registry.register_unsafe("name", RESULT)
    registry.register_unsafe("new", RESULT)
    assert registry.get("name") == RESULT
    assert registry.list_schemas() == ["name", "new"]
    assert registry.to_agent_schema_version("v1")["span_type_schemas"] == [{"name": "name", "params_schema": PARAMS}]


def test_definitions_are_copied_in_and_out() -> None:
    registry = SchemaRegistry()
    schema = copy.deepcopy(PARAMS)
    registry.register_type("name", schema)
    registry.register("name", schema)
    schema["properties"].clear()
    (registry.get("name") or {}).clear()
    registry.to_agent_schema_version("v1")["span_type_schemas"][0].clear()
    assert registry.get("name") == PARAMS
    assert registry.to_agent_schema_version("v1")["span_type_schemas"] == [{"name": "name", "params_schema": PARAMS}]


def names(registry: SchemaRegistry) -> list[str]:
    return [entry["name"] for entry in registry.to_agent_schema_version("v1").get("span_type_schemas", [])]


def test_merge_takes_all_or_nothing() -> None:
    registry, other = SchemaRegistry(), SchemaRegistry()
    registry.register_type("a", PARAMS)
    other.register("a", PARAMS)
    other.register_type("b", PARAMS)
    other.register_quality_schema("q", RESULT)
    registry.merge(other)
    assert names(registry) == ["a", "b"]
    assert registry.list_schemas() == ["a"]
    before = registry.to_agent_schema_version("v1")
    with pytest.raises(ValueError, match=r"span_schemas/a, span_type_schemas/b, quality_schemas/q"):
        registry.merge(other)
    third = SchemaRegistry()
    third.register_type("c", PARAMS)
    third.register_type("b", RESULT)
    with pytest.raises(ValueError, match="span_type_schemas/b"):
        registry.merge(third)
    assert registry.to_agent_schema_version("v1") == before


def test_from_definitions_round_trip() -> None:
    registry = SchemaRegistry.from_definitions(DEFINITIONS)
    assert names(registry) == ["b", "a"]
    assert registry.has_schema("a")
    assert registry.content_hash == schema_version_hash(DEFINITIONS)
    assert schema_version_hash(registry.to_agent_schema_version("other")) == registry.content_hash


def test_from_definitions_of_the_older_form() -> None:
    registry = SchemaRegistry.from_definitions({"span_schemas": {"x": PARAMS}, "span_result_schemas": {"x": RESULT}})
    assert registry.get("x") == PARAMS


def test_from_definitions_refuses_names_that_are_there_twice() -> None:
    with pytest.raises(ValueError, match="'b'"):
        SchemaRegistry.from_definitions({"span_type_schemas": DEFINITIONS["span_type_schemas"][:1] * 2})


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
    merged = hand_made.content_hash
    assert merged == schema_version_hash(hand_made.to_agent_schema_version("v1"))
    assert merged not in {None, changed}
    hand_made.register("c", PARAMS)
    assert hand_made.content_hash not in {None, changed, merged}


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
