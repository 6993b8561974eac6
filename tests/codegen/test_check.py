"""`prefactor-gen check`: its output formats, `--strict`, and `--explain`."""

from __future__ import annotations

import json

import pytest
from tests.codegen.schemas import REGISTRY
from tests.codegen.support import Project, run_process

from prefactor_gen.diagnostics.rules import RULES

WRONG = """\
span_schemas:
  agent:
    properties:
      x: {type: strnig}
      "y,z%": {$ref: "no:where.yaml"}
"""
WARNED = "span_type_schema: []\n"
FINE = """\
span_schemas:
  agent:
    type: object
    properties:
      tags: {type: array, items: {type: string}, uniqueItems: true}
      day: {type: string, format: date}
      never: false
    not: {required: [tags, day]}
"""


def test_a_mistake_with_its_line(project: Project) -> None:
    project.write("schemas/a.yaml", WRONG)
    result = project.run("check", "schemas")
    lines = result.out.splitlines()
    assert result.code == 1
    assert lines[0].startswith("schemas/a.yaml:4:11 /span_schemas/agent/properties/x/type: error PG006: ")
    assert lines[1:3] == ["          x: {type: strnig}", "              ^"]
    assert lines[-1] == "2 errors, 0 warnings"
    assert not (project.root / "generated").exists()


def test_as_json(project: Project) -> None:
    project.write("schemas/a.yaml", WRONG)
    result = project.run("check", "schemas", "--format", "json")
    first, second = json.loads(result.out)
    assert result.code == 1
    assert (first["code"], first["severity"], first["source"]) == ("PG006", "error", "schemas/a.yaml")
    assert (first["line"], first["column"], first["pointer"]) == (4, 11, "/span_schemas/agent/properties/x/type")
    assert second["code"] == "PG008"


def test_as_annotations_of_github(project: Project) -> None:
    project.write("schemas/a,b:c.yaml", WRONG)
    result = project.run("check", "schemas", "--format", "github")
    first, second = result.out.splitlines()
    assert first.startswith("::error file=schemas/a%2Cb%3Ac.yaml,line=4,col=11,title=PG006::")
    assert second.endswith("(/span_schemas/agent/properties/y,z%25/$ref)")


@pytest.mark.slow
def test_github_annotations_in_a_subfolder_of_a_repository(project: Project) -> None:
    """GitHub expects paths that are relative to the root of the repository."""
    (project.root / ".git").mkdir()
    config = '[tool.prefactor-gen]\npackage = "made"\nsources = ["schemas", "located:registry"]\n'
    project.write("services/agent/pyproject.toml", config)
    project.write("services/agent/schemas/a.yaml", WRONG)
    project.write("services/agent/src/located.py", f"{REGISTRY}registry.register('x', {{'type': 'strin'}})\n")
    done = run_process("check", "--format", "github", cwd=project.root / "services" / "agent")
    files = [line.split(",")[0].removeprefix("::error file=services/agent/") for line in done.stdout.splitlines()]
    assert files == ["schemas/a.yaml", "schemas/a.yaml", "src/located.py"], done.stderr


def test_nothing_is_wrong(project: Project) -> None:
    project.write("schemas/a.yaml", FINE.replace(", format: date", ""))
    result = project.run("check", "schemas", "--strict")
    assert (result.code, result.out, result.err) == (0, "no problems found\n", "")
    assert json.loads(project.run("check", "schemas", "--format", "json").out) == []


def test_a_warning_fails_only_when_strict(project: Project) -> None:
    project.write("schemas/a.yaml", FINE)
    project.write("schemas/b.yaml", WARNED)
    assert project.run("check", "schemas").code == 0
    result = project.run("check", "schemas", "--strict")
    assert result.code == 1
    assert result.out.splitlines()[-1] == "0 errors, 1 warning, 1 note"


def test_it_checks_what_the_project_configures(project: Project) -> None:
    project.configure()
    project.write("schemas/a.yaml", WRONG)
    assert "PG006" in project.run("check").out


def test_explain_lists_what_checks_each_keyword(project: Project) -> None:
    project.write("schemas/a.yaml", FINE)
    result = project.run("check", "schemas", "--explain")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "agent params: types enforce items, properties, type (4)",
        "    /not: checked against the schema itself",
        "    /properties/tags/uniqueItems: checked against the schema itself",
        "    /properties/day/format: not enforced",
        "    /properties/never/false: checked against the schema itself",
        "    /not/required: checked against the schema itself",
    ]
    assert project.run("check", "schemas", "--explain", "agent").out == result.out


def test_control_characters_in_explained_names_are_escaped(project: Project) -> None:
    project.span_types(**{"a\x1b[31m": {"properties": {"x\n\x1b[2J": {"format": "date"}}}})
    assert project.run("check", "schemas", "--explain").out.splitlines() == [
        "a\\x1b[31m params: types enforce properties",
        "    /properties/x\\n\\x1b[2J/format: not enforced",
    ]


def test_explain_something_unknown(project: Project) -> None:
    project.write("schemas/a.yaml", FINE)
    result = project.run("check", "schemas", "--explain", "PG999")
    assert result.code == 2
    assert "'PG999' is neither a rule nor a span type of these definitions" in result.err


def test_explain_reports_mistakes_first(project: Project) -> None:
    project.write("schemas/a.yaml", WRONG)
    result = project.run("check", "schemas", "--explain")
    assert result.code == 1
    assert "PG006" in result.out


@pytest.mark.parametrize("rule", sorted(RULES))
def test_each_rule_is_explained(rule: str, project: Project) -> None:
    result = project.run("check", "--explain", rule)
    assert result.code == 0
    assert result.out.startswith(f"{rule}: {RULES[rule].summary}\n\n")
    assert " ".join(result.out.split()).endswith(RULES[rule].explanation)
