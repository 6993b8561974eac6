"""In draft-07 the keywords beside a `$ref` do not apply, and `prefixItems` is not a keyword: every stage agrees."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from tests.codegen.schemas import DRAFT_07
from tests.codegen.support import Finding, Made, Project

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
    assert "'token' is no property of 'x'" in finding


def test_open_beside_a_reference_does_not_open_what_it_leads_to(project: Project) -> None:
    schema = definition(x=account(additionalProperties=True))
    (finding,) = template_findings(project, schema, "{{ x.token }}")
    assert "'token' is no property of 'x'" in finding


def test_defaults_in_a_schema_beside_a_reference_are_not_checked(project: Project) -> None:
    wrong = {"type": "integer", "default": "text"}
    project.span_types(agent=definition(x=account(properties={"n": wrong})))
    assert project.generate().findings == []
    project.span_types(agent=definition(x=account(default=1)))
    (finding,) = project.generate().findings
    assert "the default 1 does not match its schema" in finding


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
