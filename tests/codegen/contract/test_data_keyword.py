"""`x-prefactor-data` says which categories of data a value belongs to."""

# ruff: noqa: E501  # messages, whole

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema.validators import Draft7Validator
from tests.codegen.schemas import TEXT, properties
from tests.codegen.support import Project

MAIL = {**TEXT, "x-prefactor-data": ["contact_information"]}
INCLUDED = {
    "action_profile": {},
    "params_data_categories": {"contact_information": "included"},
    "result_data_categories": {},
}


def check(project: Project, params: dict[str, Any], risk: dict[str, Any] | None = None, **more: Any) -> list[str]:
    entry = {"name": "a", "title": "A", "description": "A.", "params_schema": params, "data_risk": risk, **more}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    found = json.loads(project.run("check", "schemas", "--format", "json").out)
    return [f"{each['code']} {each['message']}" for each in found if each["severity"] != "note"]


WRONG = {
    "text": ("contact_information", "expected a list of categories of data in x-prefactor-data, such as [contact_information]"),
    "empty": ([], "expected a list of categories of data in x-prefactor-data, such as [contact_information]"),
    "unknown": (["contact_info"], "expected a category of data in x-prefactor-data, found 'contact_info'; did you mean 'contact_information'?"),
    "classification": (["classification"], "expected a category of data in x-prefactor-data, found 'classification'; there are personal_identifiers, "),
    "number": ([1], "expected a category of data in x-prefactor-data, found 1; there are "),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_list_of_categories_is_refused(case: str, project: Project) -> None:
    value, message = WRONG[case]
    (found,) = check(project, properties(mail={**TEXT, "x-prefactor-data": value}), INCLUDED)
    assert found.startswith(f"PG015 {message}")
    editor = Draft7Validator(json.loads(project.run("schema", "definitions").out))
    for data, is_valid in ((value, False), (["contact_information"], True)):
        entry = {"name": "a", "params_schema": properties(mail={"x-prefactor-data": data})}
        assert editor.is_valid({"span_type_schemas": [entry]}) is is_valid


def test_data_risk_has_to_include_the_category(project: Project) -> None:
    undeclared = "PG037 'mail' has contact_information, but params_data_categories of 'a' says {}: write contact_information: included"
    excluded = {**INCLUDED, "params_data_categories": {"contact_information": "excluded"}}
    assert check(project, properties(mail=MAIL)) == [undeclared.format("unknown")]
    assert check(project, properties(mail=MAIL), excluded) == [undeclared.format("excluded")]
    assert check(project, properties(mail=MAIL), INCLUDED) == []
    assert check(project, properties(mail={**MAIL, "x-prefactor-redact": True})) == []
    assert check(project, properties(mail={**MAIL, "x-prefactor-allow": {"PG037": "our own address"}})) == []


def test_the_name_is_not_guessed_by_where_the_schema_says_it(project: Project) -> None:
    assert check(project, properties(email=TEXT))[0].startswith("PG020 ")
    assert check(project, properties(email=MAIL), INCLUDED) == []
    other = {**TEXT, "x-prefactor-data": ["organisational_confidential"]}
    assert [each[:5] for each in check(project, properties(email=other), INCLUDED)] == ["PG037"]


def test_a_result_has_categories_of_its_own(project: Project) -> None:
    (found,) = check(project, properties(), INCLUDED, result_schema=properties(mail=MAIL))
    assert "'mail' has contact_information, but result_data_categories of 'a' says unknown" in found


def test_every_place_of_a_payload(project: Project) -> None:
    """Through references, joined schemas, branches, items, maps, and a type that contains itself."""
    params = {
        "properties": {
            "next": {"$ref": "#"},
            "people": {"items": {"$ref": "#/$defs/Person"}},
            "pair": {"prefixItems": [TEXT, MAIL]},
            "labels": {"additionalProperties": MAIL},
            "choice": {"anyOf": [TEXT, {"properties": {"to": MAIL}}]},
            "joined": {"allOf": [properties(cc=TEXT), properties(cc=MAIL)]},
        },
        "$defs": {"Person": properties(mail=MAIL), "Unused": MAIL},
    }
    found = {each.split("'")[1] for each in check(project, params)}
    assert found == {"people[].mail", "pair[1]", "labels.*", "choice.to", "joined.cc"}


def test_generated_classes_are_the_same(project: Project) -> None:
    """But for the schema, which is sent to the API as it is."""
    modules = []
    for schema in (TEXT, MAIL):
        project.span_types(agent=properties(mail=schema, to={"allOf": [properties(to=schema), properties(cc=TEXT)]}))
        assert project.generate().code == 0
        modules.append(project.files()["_agent.py"])
    assert modules[0] == modules[1]
    assert project.files()["__definitions__.py"].count("x-prefactor-data") == 2


def test_a_finding_stands_where_the_schema_says_the_category(project: Project) -> None:
    """Of several schemas for one value, the one that names it; with the line of the section that leaves it out."""
    project.write(
        "schemas/a.yaml",
        "span_type_schemas:\n"
        "  - name: a\n"
        "    data_risk: { action_profile: {}, params_data_categories: {}, result_data_categories: {} }\n"
        "    params_schema:\n"
        "      additionalProperties: { x-prefactor-data: [contact_information] }\n"
        "      if: { required: [z] }\n"
        "      then: { properties: { z: { x-prefactor-data: [authentication_and_secrets] } } }\n"
        "      propertyNames: { x-prefactor-data: [personal_identifiers] }\n",
    )
    found = [line for line in project.run("check", "schemas").out.splitlines() if " PG037: " in line]
    places = {(line.split(":")[1], line.split("'")[1], line.partition(" has ")[2].partition(",")[0]) for line in found}
    assert places == {
        ("5", "z", "contact_information"),
        ("5", "*", "contact_information"),
        ("7", "z", "authentication_and_secrets"),
        ("8", "* (name)", "personal_identifiers"),
    }
    assert all(line.endswith("included (line 3)") for line in found)


def test_findings_at_one_place_name_the_span_types(project: Project) -> None:
    params = {"properties": {"mail": {"$ref": "b.json"}}}
    entries = [{"name": f"s{number}", "params_schema": params} for number in range(7)]
    project.write("schemas/a.json", {"span_type_schemas": entries})
    project.write("schemas/b.json", MAIL)
    assert (
        "and 6 more of this kind at this place: 's1', 's2', 's3', 's4', 's5', 's6'"
        in project.run("check", "schemas").out
    )
