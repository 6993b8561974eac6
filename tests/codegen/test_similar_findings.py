"""Many findings of one kind in a file are one finding and a number."""

from __future__ import annotations

import json

import pytest
from tests.codegen.support import Project


def misspelled(count: int, *, other: str = "") -> str:
    lines = [f"  t{number}: {{type: object, minumum: {number}}}\n" for number in range(count)]
    return "span_schemas:\n" + "".join(lines) + other


def warnings(project: Project, *arguments: str) -> list[str]:
    return [line for line in project.run("check", "schemas", *arguments).out.splitlines() if ": warning PG" in line]


@pytest.mark.slow
def test_40_findings_of_one_kind(project: Project) -> None:
    project.write("schemas/a.yaml", misspelled(40))
    result = project.run("check", "schemas")
    one, excerpt, caret, count = result.out.splitlines()[:4]
    assert one.startswith("schemas/a.yaml:2:22 /span_schemas/t0/minumum: warning PG015: ")
    assert excerpt.strip() == "t0: {type: object, minumum: 0}"
    assert caret.strip() == "^"
    assert count == (
        "    and 39 more of this kind in this file: 3:22, 4:22, 5:22, 6:22 …; `prefactor-gen check --all` shows each"
    )
    assert result.out.splitlines()[-1].startswith("0 errors, 40 warnings")
    generated = project.generate()
    assert f"{count}\n" in generated.err
    assert generated.err.endswith("prefactor-gen: 0 errors, 40 warnings\n")
    assert generated.code == 0


def test_every_finding_is_shown_where_it_is_asked_for(project: Project) -> None:
    project.write("schemas/a.yaml", misspelled(8))
    assert len(warnings(project)) == 1
    assert len(warnings(project, "--all")) == 8
    assert len(json.loads(project.run("check", "schemas", "--format", "json").out)) >= 8
    assert project.run("check", "schemas", "--format", "github").out.count("::warning ") == 8


@pytest.mark.parametrize("count", [1, 5])
def test_a_few_are_all_shown(count: int, project: Project) -> None:
    project.write("schemas/a.yaml", misspelled(count))
    project.write("schemas/b.yaml", misspelled(count).replace("  t", "  u"))
    assert len(warnings(project)) == 2 * count


def test_another_kind_and_another_file_are_told_apart(project: Project) -> None:
    project.write(
        "schemas/a.yaml", misspelled(7, other="  last: {type: object, properties: {x: {}}, required: [gone]}\n")
    )
    project.write("schemas/b.yaml", misspelled(7).replace("  t", "  u"))
    found = [line.partition(":")[0] + line.partition("warning ")[2][:5] for line in warnings(project)]
    assert found == ["schemas/a.yamlPG015", "schemas/a.yamlPG016", "schemas/b.yamlPG015"]


def test_the_exit_code_counts_them_all(project: Project) -> None:
    project.write("schemas/a.yaml", misspelled(9))
    assert project.run("check", "schemas", "--strict").code == 1
