"""Draft-07 ignores the keywords beside a `$ref`, and does not have those of later drafts: every stage agrees."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from tests.codegen.schemas import DRAFT_07
from tests.codegen.support import Finding, Made, Project, is_valid

from prefactor_core._payloads.snapshot import Payload
from prefactor_gen.json_schema.keywords import REDACT

SECRET: dict[str, Any] = {"type": "string", REDACT: True}
ACCOUNT: dict[str, Any] = {"type": "object", "properties": {"key": SECRET, "name": {"type": "string"}}}


def definition(**properties: Any) -> dict[str, Any]:
    return {
        "$schema": DRAFT_07,
        "type": "object",
        "properties": properties,
        "definitions": {"Account": ACCOUNT, "Name": {"type": "string"}},
    }


def account(**beside: Any) -> dict[str, Any]:
    return {"$ref": "#/definitions/Account", **beside}


def recorded(module: ModuleType, value: Any) -> Any:
    rules = module.SPAN_TYPES["agent"]._redaction_rules["params"]
    return rules.redact(Payload({"x": value})).value["x"]


def template_findings(project: Project, schema: dict[str, Any], template: str) -> list[Finding]:
    entry = {"name": "agent", "title": "A", "description": "A.", "params_schema": schema, "template": template}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    return project.generate().findings


@pytest.mark.parametrize(
    "beside", [{"type": ["object", "string"]}, {"anyOf": [{"type": "string"}, {"type": "object"}]}, {"const": "text"}]
)
def test_types_beside_a_reference_do_not_keep_a_value_from_redaction(beside: dict[str, Any], made: Made) -> None:
    module = made(agent=definition(x=account(**beside)))
    assert recorded(module, {"key": "a", "name": "b"}) == {"key": "[redacted]", "name": "b"}
    assert recorded(module, "not an account: it may hold the key") == "[redacted]"


def test_prefix_items_do_not_keep_an_item_from_redaction(made: Made) -> None:
    module = made(agent=definition(x={"type": "array", "prefixItems": [{"type": "string"}], "items": SECRET}))
    assert recorded(module, ["a", "b"]) == ["[redacted]", "[redacted]"]


def test_redaction_beside_a_reference_is_honoured(made: Made) -> None:
    module = made(agent=definition(x={"$ref": "#/definitions/Name", REDACT: True}))
    assert recorded(module, "a") == "[redacted]"


def test_redaction_in_a_schema_beside_a_reference_is_refused(project: Project) -> None:
    project.span_types(agent=definition(x=account(properties={"token": SECRET})))
    (finding,) = project.generate().findings
    assert "error PG014" in finding
    assert "it is under properties, which draft-07 ignores beside a $ref" in finding


def test_definitions_beside_a_reference_may_be_redacted(made: Made) -> None:
    inner = {"$ref": "#/properties/x/definitions/Inner", "definitions": {"Inner": ACCOUNT}}
    assert recorded(made(agent=definition(x=inner)), {"key": "a"}) == {"key": "[redacted]"}


def test_a_template_cannot_show_a_property_that_stands_beside_a_reference(project: Project) -> None:
    schema = definition(x=account(properties={"token": {"type": "string"}}))
    (finding,) = template_findings(project, schema, "{{ x.name }} {{ x.token }}")
    assert "PG018" in finding
    assert "'token' is not a property of 'x'" in finding


def test_open_beside_a_reference_does_not_open_what_it_leads_to(project: Project) -> None:
    schema = definition(x=account(additionalProperties=True))
    (finding,) = template_findings(project, schema, "{{ x.token }}")
    assert "'token' is not a property of 'x'" in finding


def test_defaults_in_a_schema_beside_a_reference_are_not_checked(project: Project) -> None:
    wrong = {"type": "integer", "default": "text"}
    project.span_types(agent=definition(x=account(properties={"n": wrong})))
    assert project.generate().findings == []
    project.span_types(agent=definition(x=account(default=1)))
    (finding,) = project.generate().findings
    assert "this default does not match its schema" in finding


def test_explain_says_that_keywords_beside_a_reference_are_not_enforced(project: Project) -> None:
    project.span_types(agent=definition(x={"$ref": "#/definitions/Name", "maxLength": 3, "not": {"const": "a"}}))
    assert project.run("check", "schemas", "--explain").out.splitlines() == [
        "agent params: types enforce $ref, properties (2), type (5)",
        "    /properties/x/maxLength: not enforced",
        "    /properties/x/not: not enforced",
        "    /properties/x/not/const: not enforced",
    ]


def test_a_reference_in_a_schema_beside_a_reference_needs_no_target(project: Project) -> None:
    project.span_types(agent=definition(x=account(properties={"y": {"$ref": "#/nowhere"}})))
    assert project.generate().code == 0


def test_keywords_beside_a_reference_to_the_metaschema_do_not_apply(made: Made) -> None:
    model = made(agent=definition(x={"$ref": DRAFT_07, "type": "string"})).AgentParams
    assert model.model_validate({"x": {"type": "object"}}).x == {"type": "object"}


LINTED: dict[str, dict[str, Any]] = {
    "unknown-format": {"properties": {"y": {"type": "string", "format": "date-tiem"}}},
    "required-without-property": {"properties": {"y": {}}, "required": ["z"]},
    "required-without-property-below": {"properties": {"y": {"properties": {"z": {}}, "required": ["w"]}}},
    "look-alikes": {"properties": {"userId": {}, "user_id": {}}},
    "personal-data": {"properties": {"email": {"type": "string"}}},
    "unchecked-pattern": {"pattern": "^(.{0,1000}){0,1000}$"},
    "unchecked-pattern-below": {"properties": {"y": {"pattern": "^(.{0,1000}){0,1000}$"}}},
}


@pytest.mark.slow
@pytest.mark.parametrize("case", LINTED)
def test_nothing_is_warned_of_beside_a_reference(case: str, project: Project) -> None:
    project.span_types(agent=definition(x=LINTED[case]))
    assert project.generate().findings
    project.span_types(agent=definition(x=account(**LINTED[case])))
    assert project.generate().findings == []


def test_nothing_is_noted_beside_a_reference(project: Project) -> None:
    beside = {"properties": {"y": {"type": "object"}, "z": {"type": "string", "contentEncoding": "base64"}}}
    project.span_types(agent=definition(x=account(**beside)))
    assert project.run("check", "schemas").out == "no problems found\n"


def test_a_misspelled_redaction_beside_a_reference_is_refused(project: Project) -> None:
    project.span_types(agent=definition(x=account(properties={"token": {"x-prefactor-redcat": True}})))
    (finding,) = project.generate().findings
    assert "error PG015: 'x-prefactor-redcat'" in finding


def test_a_type_beside_the_reference_of_the_root_does_not_apply(project: Project) -> None:
    project.span_types(agent={**definition(), "$ref": "#/definitions/Account", "type": "string"})
    assert project.generate().findings == []


@pytest.mark.parametrize("reference", ["other.json", "missing.json", "../outside.json", "https://example.com/a.json"])
@pytest.mark.parametrize(
    "ignoring", [lambda part: account(properties={"y": part}), lambda part: {"prefixItems": [part]}], ids=["ref", "new"]
)
def test_files_are_not_read_for_an_ignored_reference(ignoring: Any, reference: str, project: Project) -> None:
    project.write("schemas/other.json", {"type": "object", "properties": {"unread": {"type": "string"}}})
    project.span_types(agent=definition(x=ignoring({"$ref": reference, "title": "ignored"})))
    result = project.generate()
    assert result.code == 0
    assert ["PG012" in finding and "other.json" in finding for finding in result.findings] == [True]
    assert "unread" not in project.files()["__definitions__.py"]
    assert project.load().AgentParams.model_validate({"x": {"y": 1}})


def test_files_are_not_read_for_an_ignored_reference_in_another_file(project: Project) -> None:
    shared = {"$ref": "#/a", "properties": {"y": {"$ref": "missing.json"}}}
    project.write("schemas/shared.json", {"x": shared, "a": {"type": "object"}})
    project.span_types(agent=definition(x={"$ref": "shared.json#/x"}))
    assert project.generate().findings == []


def test_a_reference_into_an_ignored_schema_applies_it(made: Made, project: Project) -> None:
    project.write("schemas/other.json", {"type": "integer", "minimum": 1, "not": {"const": 5}})
    ignored = {"token": SECRET, "inner": {"properties": {"n": {"$ref": "other.json"}}}}
    schema = definition(
        x=account(properties=ignored),
        y={"$ref": "#/properties/x/properties/token"},
        z={"$ref": "#/properties/x/properties/inner/properties/n"},
    )
    module = made(agent=schema)
    rules = module.SPAN_TYPES["agent"]._redaction_rules["params"]
    payload = {"x": {"token": "a"}, "y": "b"}
    assert rules.redact(Payload(payload)).value == {"x": {"token": "a"}, "y": "[redacted]"}
    assert is_valid(module.AgentParams, {"z": 1})
    assert not is_valid(module.AgentParams, {"z": 0})
    explained = project.run("check", "schemas", "--explain").out.splitlines()
    assert "    /properties/x/properties: not enforced" in explained
    assert "    /properties/x/properties/token/type: not enforced" not in explained
    assert "    /properties/x/properties/inner/properties: not enforced" in explained


def test_a_default_in_an_ignored_schema_that_a_reference_leads_to_is_checked(project: Project) -> None:
    wrong = {"type": "integer", "default": "text"}
    project.span_types(agent=definition(x=account(properties={"n": wrong}), y={"$ref": "#/properties/x/properties/n"}))
    (finding,) = project.generate().findings
    assert "PG026" in finding


NEWER: dict[str, Any] = {
    "prefixItems": [{"type": "string"}],
    "dependentSchemas": {"a": {"required": ["b"]}},
    "dependentRequired": {"a": ["b"]},
    "unevaluatedProperties": False,
    "unevaluatedItems": False,
    "minContains": 2,
    "maxContains": 1,
    "$dynamicRef": "#/definitions/Name",
}


@pytest.mark.parametrize("keyword", NEWER)
def test_a_keyword_of_a_later_draft_has_no_effect(keyword: str, made: Made, project: Project) -> None:
    module = made(agent=definition(x={keyword: NEWER[keyword]}))
    assert not hasattr(module.AgentParams, "__schema_part__")
    assert all(is_valid(module.AgentParams, {"x": value}) for value in ([1], {"a": 1}, "a", 1))
    assert f"    /properties/x/{keyword}: not enforced" in project.run("check", "schemas", "--explain").out.splitlines()


def test_redaction_in_a_keyword_of_a_later_draft_is_refused(project: Project) -> None:
    project.span_types(agent=definition(x={"type": "array", "prefixItems": [SECRET]}))
    (finding,) = project.generate().findings
    assert "error PG014" in finding
    assert "it is under prefixItems, which draft-07 does not have" in finding
