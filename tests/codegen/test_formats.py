"""`formats = "assert"`: payloads are checked against the formats of their schemas."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema.validators import Draft202012Validator
from pydantic import ValidationError
from tests.codegen.schemas import OBJECT, properties
from tests.codegen.support import Project, is_valid, only

from prefactor_core import SchemaRegistry
from prefactor_core._payloads.schemas import in_package
from prefactor_core._payloads.snapshot import Payload
from prefactor_gen.json_schema.keywords import CHECKED_FORMATS

VALUES = [
    "2026-11-27", "2026-11-27T12:00:00Z", "2026-11-27T12:00:00", "12:00:00Z", "P1D", "a@b.example", "a.example", "-a",
    "127.0.0.1", "::1", "https://a.example/?q#f", "//a/b", "a b", "/a/b", "1/a", "^a+$", "(", "{x}", "{x", "",
    "é.example", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000", "1",
]  # fmt: skip


# Values that only jsonschema accepts: { repeats nothing in ECMA 262, and a URI template has no spaces.
ACCEPTED_BY_JSONSCHEMA = {("regex", "{x}"), ("regex", "{x"), ("uri-template", "a b"), ("uri-template", "^a+$")}


def schema_of(name: str) -> dict[str, Any]:
    return properties(x={"type": ["string", "integer"], "format": name})


@pytest.mark.parametrize("name", sorted(CHECKED_FORMATS - {"iri", "iri-reference"}))  # jsonschema cannot, here
def test_a_format_is_checked_as_jsonschema_does(name: str, project: Project) -> None:
    project.configure(formats="assert")
    project.span_types(agent=schema_of(name))
    assert project.run().err == ""
    params = project.load().AgentParams
    oracle = Draft202012Validator(schema_of(name), format_checker=Draft202012Validator.FORMAT_CHECKER)
    accepted = {value for value in [*VALUES, 1] if is_valid(params, {"x": value})}
    expected = {value for value in [*VALUES, 1] if oracle.is_valid({"x": value})}
    assert accepted == expected - {value for format_name, value in ACCEPTED_BY_JSONSCHEMA if format_name == name}
    assert 0 < len(accepted) < len([*VALUES, 1]), "some values are accepted, and some are refused"


def test_only_where_it_is_configured(project: Project) -> None:
    project.configure(formats="annotate")
    project.span_types(agent=schema_of("date"))
    assert project.run().code == 0
    project.load().AgentParams(x="never")
    before = project.files()
    project.configure(formats="assert")
    assert project.run("--check").code == 1, "another setting makes other code"
    assert project.run().code == 0
    with pytest.raises(ValidationError, match=r"x\n  Input should have the format 'date'"):
        project.load().AgentParams(x="never")
    project.configure(formats="annotate")
    assert project.run().code == 0
    assert project.files() == before


def test_explain_says_what_checks_it(project: Project) -> None:
    project.configure(formats="assert")
    schema = schema_of("date")
    schema["properties"]["y"] = {"not": {"format": "uuid"}}
    schema["properties"]["z"] = {"contentEncoding": "base64"}
    project.span_types(agent=schema)
    explanation = project.run("check", "--explain").out
    assert "/properties/x/format: checked against the schema itself" in explanation
    assert "/properties/y/not/format: checked against the schema itself" in explanation
    assert "/properties/z/contentEncoding: not enforced" in explanation


def test_an_unknown_format_is_reported_in_every_run(project: Project) -> None:
    project.configure(formats="assert")
    project.span_types(agent=schema_of("pasword"), other=OBJECT)
    found = only(project.run().findings)
    assert "/properties/x/format: warning PG030: the format 'pasword' cannot be checked; expected one of date" in found
    project.span_types(agent=schema_of("pasword"), other={**OBJECT, "title": "O"})
    assert project.run().findings == [found]


def test_it_holds_for_spans_that_are_opened_by_name(project: Project) -> None:
    project.configure(formats="assert")
    project.span_types(agent=schema_of("iri"))
    assert project.run().code == 0
    module = project.load()
    registry = SchemaRegistry()
    registry.merge(module.registry)
    schemas = registry._span_types.span_type("agent")
    assert schemas is not None
    assert schemas.mismatches("params", Payload({"x": "https://é.example/"})) == ()
    assert [str(each) for each in schemas.mismatches("params", Payload({"x": "a b"}))] == [
        "x: Input should have the format 'iri'"
    ]


def test_packages_of_earlier_versions(project: Project) -> None:
    """They passed the formats to each part, and had no setting in `__definitions__`."""
    project.configure(formats="assert")
    project.span_types(agent=schema_of("date"))
    assert project.run().code == 0
    for name, text in project.files().items():
        written = text.replace("ASSERT_FORMATS = True\n", "")
        written = written.replace(', "params_schema", "")', ', "params_schema", "", formats=("date",))')
        (project.package / name).write_text(written, "utf-8")
    module = project.load()
    with pytest.raises(ValidationError):
        module.AgentParams(x="never")
    schemas = in_package("made", "agent")
    assert schemas is not None
    assert schemas.mismatches("params", Payload({"x": "never"}))
    in_package.cache_clear()


def test_a_wrong_setting(project: Project) -> None:
    project.configure(formats="yes")
    project.span_types(agent=schema_of("date"))
    result = project.run()
    assert result.code == 2
    assert """expected formats = "annotate" or "assert" in [tool.prefactor-gen], found 'yes'""" in result.err
