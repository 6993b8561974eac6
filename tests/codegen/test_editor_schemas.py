"""The JSON Schemas for editors accept and refuse what prefactor-gen accepts and refuses."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
import yaml
from jsonschema.exceptions import best_match
from jsonschema.validators import Draft7Validator
from tests.codegen.schemas import OBJECT, WRONG_SHAPES
from tests.codegen.support import CASES, GOLDEN, Project
from tests.support.processes import ROOT

DEFINITIONS = sorted([*GOLDEN.glob("*/definitions/*.*"), *(ROOT / "schemas" / "spans").glob("*")])
RISK: dict[str, Any] = {
    "action_profile": {},
    "params_data_categories": {},
    "result_data_categories": {},
}


@pytest.fixture
def editor(project: Project) -> Any:
    def schema(what: str) -> Draft7Validator:
        found = json.loads(project.run("schema", what).out)
        Draft7Validator.check_schema(found)
        return Draft7Validator(found)

    return schema


def span_type(**more: Any) -> dict[str, Any]:
    return {"span_type_schemas": [{"name": "a", "params_schema": OBJECT, **more}]}


def test_the_definitions_of_this_repository_are_valid(editor: Any) -> None:
    validator = editor("definitions")
    checked = 0
    for path in DEFINITIONS:
        definitions = yaml.safe_load(path.read_text("utf-8"))
        if isinstance(definitions, dict) and any(key.endswith("_schemas") for key in definitions):
            assert best_match(validator.iter_errors(definitions)) is None, path
            checked += 1
    assert checked > 8
    assert validator.is_valid({"span_schemas": {name: case["schema"] for name, case in CASES.items()}})


WRONG: dict[str, Any] = {
    "nothing": {},
    "unknown-section": {"span_type_schema": [], "span_schemas": {}},
    "no-list": {"span_type_schemas": {}},
    "no-name": {"span_type_schemas": [{"params_schema": OBJECT}]},
    "empty-name": {"span_type_schemas": [{"name": " ", "params_schema": OBJECT}]},
    "no-params": {"span_type_schemas": [{"name": "a"}]},
    "unknown-key": span_type(summary="x"),
    "title": span_type(title=1),
    "misspelt-type": span_type(result_schema={"type": "objekt"}),
    "params": {"span_type_schemas": [{"name": "a", "params_schema": "object"}]},
    "nested": span_type(result_schema={**OBJECT, "properties": {"x": {"minLength": -1}}}),
    "redact": span_type(result_schema={**OBJECT, "properties": {"x": {"x-prefactor-redact": "yes"}}}),
    "risk": span_type(data_risk={**RISK, "other": {}}),
    "risk-word": span_type(data_risk={**RISK, "params_data_categories": {"contact_information": "perhaps"}}),
    "no-object": span_type(result_schema={"type": "array"}),
    "no-object-among-types": {"span_schemas": {"a": {"type": ["array", "null"]}}},
    "allow": span_type(**{"x-prefactor-allow": {"PG001": "because"}}),
    "allow-without-reason": span_type(**{"x-prefactor-allow": {"PG020": " "}}),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_a_refused_file_is_wrong_in_the_editor_too(name: str, editor: Any, project: Project) -> None:
    project.write("schemas/a.json", WRONG[name])
    assert project.generate().code == 1
    assert not editor("definitions").is_valid(WRONG[name])


def test_every_place_of_a_wrong_file_is_marked(editor: Any, project: Project) -> None:
    project.write("a.yaml", WRONG_SHAPES)
    found = json.loads(project.run("check", "a.yaml", "--format", "json").out)
    wrong = {each["pointer"] for each in found if each["code"] == "PG002"}
    marked = {
        "".join(f"/{step}" for step in error.absolute_path)
        for error in editor("definitions").iter_errors(yaml.safe_load(WRONG_SHAPES))
    }
    assert len(wrong) > 10
    # A missing or an unknown key is marked at the object.
    assert {place for place in wrong if not {place, place.rpartition("/")[0]} & marked} == set()


def test_a_payload_may_be_null_too(editor: Any) -> None:
    assert editor("definitions").is_valid(span_type(result_schema={"type": ["null", "object"]}))


def test_a_file_may_name_its_schema(editor: Any, project: Project) -> None:
    definitions = {"$schema": "../.prefactor/definitions.schema.json", **span_type()}
    project.write(".prefactor/definitions.schema.json", project.run("schema", "definitions").out)
    project.write("schemas/a.json", definitions)
    result = project.generate()
    assert (result.code, result.err) == (0, "")
    assert "$schema" not in project.files()["__definitions__.py"]
    assert editor("definitions").is_valid(definitions)


def test_the_configuration(editor: Any) -> None:
    validator = editor("config")
    assert validator.is_valid(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8")))
    assert validator.is_valid({"tool": {"prefactor-gen": {"sources": ["schemas"]}, "other": 1}})
    wrongs: list[dict[str, Any]] = [
        {},
        {"sources": []},
        {"sources": ["a"], "packages": "b"},
        {"sources": ["a"], "package": "a-b"},
    ]
    for wrong in wrongs:
        assert not validator.is_valid({"tool": {"prefactor-gen": wrong}}), wrong
