"""`formats = "assert"`: payloads are compared with the formats of their schemas."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema.validators import Draft202012Validator
from pydantic import ValidationError
from tests.codegen.support import Project, load_package

from prefactor_core import SchemaRegistry
from prefactor_core._snapshot import Payload
from prefactor_core._span_schemas import in_package
from prefactor_gen.keywords import CHECKED_FORMATS

VALUES = [
    "2026-11-27", "2026-11-27T12:00:00Z", "2026-11-27T12:00:00", "12:00:00Z", "P1D", "a@b.example", "a.example", "-a",
    "127.0.0.1", "::1", "https://a.example/?q#f", "//a/b", "a b", "/a/b", "1/a", "^a+$", "(", "{x}", "{x", "",
    "é.example", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000", "1",
]  # fmt: skip


# Where jsonschema takes what is none: { repeats nothing in ECMA 262, and a URI template has no spaces.
TAKEN_BY_JSONSCHEMA = {("regex", "{x}"), ("regex", "{x"), ("uri-template", "a b"), ("uri-template", "^a+$")}


def configured(project: Project, formats: str = "assert") -> None:
    settings = f'sources = ["schemas"]\npackage = "made"\nformats = "{formats}"\n'
    project.write("pyproject.toml", f"[tool.prefactor-gen]\n{settings}")


def schema_of(name: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": {"type": ["string", "integer"], "format": name}}}


@pytest.mark.parametrize("name", sorted(CHECKED_FORMATS - {"iri", "iri-reference"}))  # jsonschema cannot, here
def test_a_format_is_checked_as_jsonschema_does(name: str, project: Project) -> None:
    configured(project)
    project.span_types(agent=schema_of(name))
    assert project.run().err == ""
    params = load_package(project.package.parent, "made").AgentParams
    oracle = Draft202012Validator(schema_of(name), format_checker=Draft202012Validator.FORMAT_CHECKER)
    taken: dict[bool, int] = {True: 0, False: 0}
    for value in [*VALUES, 1]:
        try:
            params(x=value)
        except ValidationError:
            found = False
        else:
            found = True
        expected = oracle.is_valid({"x": value}) and (name, value) not in TAKEN_BY_JSONSCHEMA
        assert found == expected, value
        taken[found] += 1
    assert min(taken.values()) > 0


def test_only_where_it_is_configured(project: Project) -> None:
    configured(project, "annotate")
    project.span_types(agent=schema_of("date"))
    assert project.run().code == 0
    load_package(project.package.parent, "made").AgentParams(x="never")
    before = project.files()
    configured(project)
    assert project.run("--check").code == 1, "another setting makes other code"
    assert project.run().code == 0
    with pytest.raises(ValidationError, match=r'x\n  Input should match {"format": "date"}'):
        load_package(project.package.parent, "made").AgentParams(x="never")
    configured(project, "annotate")
    assert project.run().code == 0
    assert project.files() == before


def test_who_enforces_it(project: Project) -> None:
    configured(project)
    schema = schema_of("date")
    schema["properties"]["y"] = {"not": {"format": "uuid"}}
    schema["properties"]["z"] = {"contentEncoding": "base64"}
    project.span_types(agent=schema)
    told = project.run("check", "--explain").out
    assert "/properties/x/format: checked against the schema itself" in told
    assert "/properties/y/not/format: checked against the schema itself" in told
    assert "/properties/z/contentEncoding: not enforced" in told


def test_what_nobody_checks_is_told_in_every_run(project: Project) -> None:
    configured(project)
    project.span_types(agent=schema_of("pasword"), other={"type": "object"})
    found = project.run().findings
    assert len(found) == 1
    assert (
        "/properties/x/format: warning PG030: the format 'pasword' cannot be checked; expected one of date" in found[0]
    )
    project.span_types(agent=schema_of("pasword"), other={"type": "object", "title": "O"})
    assert project.run().findings == found


def test_it_holds_for_spans_that_are_opened_by_name(project: Project) -> None:
    configured(project)
    project.span_types(agent=schema_of("iri"))
    assert project.run().code == 0
    module = load_package(project.package.parent, "made")
    registry = SchemaRegistry()
    registry.merge(module.registry)
    schemas = registry._span_types.span_type("agent")
    assert schemas is not None
    assert schemas.mismatches("params", Payload({"x": "https://é.example/"})) == ()
    assert [str(each) for each in schemas.mismatches("params", Payload({"x": "a b"}))] == [
        'x: Input should match {"format": "iri"}'
    ]


def test_packages_of_earlier_versions(project: Project) -> None:
    """They gave the formats to each part, and had no setting among the definitions."""
    configured(project)
    project.span_types(agent=schema_of("date"))
    assert project.run().code == 0
    for name, text in project.files().items():
        written = text.replace("ASSERT_FORMATS = True\n", "")
        written = written.replace(', "params_schema", "")', ', "params_schema", "", formats=("date",))')
        (project.package / name).write_text(written, "utf-8")
    module = load_package(project.package.parent, "made")
    with pytest.raises(ValidationError):
        module.AgentParams(x="never")
    schemas = in_package("made", "agent")
    assert schemas is not None
    assert schemas.mismatches("params", Payload({"x": "never"}))
    in_package.cache_clear()


def test_another_word(project: Project) -> None:
    configured(project, "yes")
    project.span_types(agent=schema_of("date"))
    result = project.run()
    assert result.code == 2
    assert """expected formats = "annotate" or "assert" in [tool.prefactor-gen], found 'yes'""" in result.err
