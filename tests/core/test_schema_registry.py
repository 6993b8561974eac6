import copy
from collections.abc import Callable
from typing import Any

import pytest

import prefactor_spans
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


@pytest.fixture
def registry_of_all_forms() -> SchemaRegistry:
    registry = SchemaRegistry()
    registry.register("old", PARAMS)
    registry.register_result("old", RESULT)
    registry.register_type("new", PARAMS, RESULT, "New", "A new one", "{{model}}", {"action_profile": {}})
    registry.register_type("bare", PARAMS)
    registry.register_quality_schema("q", RESULT, title="Q")
    return registry


def test_look_up_of_schemas(registry_of_all_forms: SchemaRegistry) -> None:
    registry = registry_of_all_forms
    assert registry.list_schemas() == ["old"]
    assert registry.has_schema("old")
    assert registry.has_schema("new")
    assert not registry.has_schema("q")
    assert registry.get("old") == PARAMS
    assert registry.get("new") is None
    assert registry.get("other") is None


def test_the_schema_version_has_both_forms_and_quality_schemas(registry_of_all_forms: SchemaRegistry) -> None:
    assert registry_of_all_forms.to_agent_schema_version("v1") == {
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


def test_the_schema_version_of_an_empty_registry() -> None:
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


def test_register_unsafe_replaces_a_params_schema_and_no_type() -> None:
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


@pytest.fixture
def other() -> SchemaRegistry:
    """A registry to merge: a params schema `a`, a span type `b` and a quality schema `q`."""
    other = SchemaRegistry()
    other.register("a", PARAMS)
    other.register_type("b", PARAMS)
    other.register_quality_schema("q", RESULT)
    return other


def test_merge(other: SchemaRegistry) -> None:
    registry = SchemaRegistry()
    registry.register_type("a", PARAMS)
    registry.merge(other)
    assert names(registry) == ["a", "b"]
    assert registry.list_schemas() == ["a"]


def test_merge_lists_all_names_that_are_taken(other: SchemaRegistry) -> None:
    registry = SchemaRegistry()
    registry.merge(other)
    with pytest.raises(ValueError, match="both registries define") as caught:
        registry.merge(other)
    assert str(caught.value).endswith(
        " define the params schema 'a', the span type 'b', the quality schema 'q' "
        "(span_schemas/a, span_type_schemas/b, quality_schemas/q)"
    )


def test_a_merge_that_is_refused_changes_nothing(other: SchemaRegistry) -> None:
    registry = SchemaRegistry()
    registry.register_type("c", PARAMS)
    registry.register_type("b", RESULT)
    before = registry.to_agent_schema_version("v1")
    with pytest.raises(ValueError, match="define the span type 'b'"):
        registry.merge(other)
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


def test_from_definitions_refuses_duplicate_names() -> None:
    with pytest.raises(ValueError, match="'b'"):
        SchemaRegistry.from_definitions({"span_type_schemas": DEFINITIONS["span_type_schemas"][:1] * 2})


def test_a_registry_without_definitions_has_no_content_hash() -> None:
    registry = SchemaRegistry()
    registry.register_type("c", PARAMS)
    assert registry.content_hash is None


def test_a_content_hash_that_is_given() -> None:
    registry = SchemaRegistry.from_definitions(DEFINITIONS, content_hash="sha256-given")
    assert registry.content_hash == "sha256-given"


def test_the_content_hash_changes_with_a_new_type() -> None:
    registry = SchemaRegistry.from_definitions(DEFINITIONS, content_hash="sha256-given")
    registry.register_type("d", PARAMS)
    assert registry.content_hash == schema_version_hash(registry.to_agent_schema_version("v1"))
    assert registry.content_hash != "sha256-given"


def test_the_content_hash_after_a_merge() -> None:
    definitions = SchemaRegistry.from_definitions(DEFINITIONS)
    registry = SchemaRegistry()
    registry.register_type("c", PARAMS)
    registry.merge(definitions)
    merged = registry.content_hash
    assert merged == schema_version_hash(registry.to_agent_schema_version("v1"))
    assert merged not in {None, definitions.content_hash}
    registry.register("c", PARAMS)
    assert registry.content_hash not in {None, definitions.content_hash, merged}


def test_the_hash_does_not_depend_on_order_and_empty_members() -> None:
    same: dict[str, Any] = {
        "external_identifier": "another name",
        "quality_schemas": [{"title": "Q", "schema": RESULT, "name": "q", "template": None}],
        "span_type_schemas": list(reversed(DEFINITIONS["span_type_schemas"])),
        "span_schemas": {},
        "span_result_schemas": None,
    }
    assert schema_version_hash(same) == schema_version_hash(DEFINITIONS)


def test_the_hash_depends_on_every_schema() -> None:
    changed = copy.deepcopy(DEFINITIONS)
    changed["span_type_schemas"][0]["result_schema"]["properties"]["text"].pop("default")
    assert schema_version_hash(changed) != schema_version_hash(DEFINITIONS)


def test_the_hash_is_stable_and_fits_an_identifier() -> None:
    assert schema_version_hash({}) == "sha256-44136fa355b3678a1146ad16f7e8649e"
    assert len(schema_version_hash(DEFINITIONS)) <= 64


def test_a_merged_registry_does_not_change_with_what_it_was_merged_from(registry_of_all_forms: SchemaRegistry) -> None:
    merged = SchemaRegistry()
    merged.merge(registry_of_all_forms)
    before = merged.to_agent_schema_version("v")
    registry_of_all_forms.register_unsafe("old", {"type": "object"})
    merged.to_agent_schema_version("v")["span_type_schemas"][0]["params_schema"]["properties"].clear()
    assert merged.to_agent_schema_version("v") == before
    assert registry_of_all_forms.get("old") == {"type": "object"}


def test_a_generated_registry_is_not_changed_through_what_it_returns() -> None:
    before = copy.deepcopy(prefactor_spans.registry.to_agent_schema_version("v"))
    returned = prefactor_spans.registry.to_agent_schema_version("v")
    for entry in returned["span_type_schemas"]:
        entry["params_schema"].clear()
    assert prefactor_spans.registry.to_agent_schema_version("v") == before


def test_an_object_that_a_schema_has_in_several_places_is_copied_once() -> None:
    """Otherwise a schema whose parts are shared on every level would grow with each level."""
    shared: dict[str, Any] = {"type": "string"}
    for _ in range(60):
        shared = {"anyOf": [shared, shared]}
    registry = SchemaRegistry()
    registry.register("deep", shared)
    assert registry.has_schema("deep")
