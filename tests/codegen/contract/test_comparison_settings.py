"""`[tool.prefactor-gen.diff]`: whom changes must not break, and which are allowed."""

from __future__ import annotations

import json

import pytest
from tests.codegen.contract.repository import CONFIGURATION, Repository, definitions
from tests.codegen.support import Project

pytestmark = pytest.mark.slow

TABLE = "[tool.prefactor-gen.diff]"
OLD = definitions(billing_refund={}, lab_try={})
NEW = definitions(lab_new={})


@pytest.fixture
def changed(project: Project) -> Project:
    """A project that has lost two span types since `main`; `configured` gives it settings."""
    repository = Repository(project.root)
    repository.commit(pyproject=CONFIGURATION, schemas__spans=OLD)
    repository.write(schemas__spans=NEW)
    return project


def configure(project: Project, settings: str) -> None:
    project.write("pyproject.toml", f'{CONFIGURATION}{TABLE}\nagainst = "main"\n{settings}')


WRONG = {
    "no-table": ("[tool.prefactor-gen]\ndiff = 1", "expected a table in [tool.prefactor-gen.diff], found int"),
    "key": (f"{TABLE}\nagaints = 'main'", "unknown key 'againts' in [tool.prefactor-gen.diff]; expected against, "),
    "against": (f"{TABLE}\nagainst = 3", 'expected against = "origin/main" in [tool.prefactor-gen.diff], found 3'),
    "compatibility": (f"{TABLE}\ncompatibility = 'foward'", "found 'foward'; did you mean 'forward'?"),
    "types": (f"{TABLE}\ntypes = 'warning'", 'expected types = "note" or "error" in [tool.prefactor-gen.diff]'),
    "undeclared": (f"{TABLE}\nundeclared = true", 'expected undeclared = "ignore" or "count"'),
    "grace": (
        f"{TABLE}\ngrace = -1",
        "expected a number of at least 0 in grace of [tool.prefactor-gen.diff]",
    ),
    "versions": (f"{TABLE}\nversions = true", "expected a number of at least 1 in versions"),
    "span-types": (f"{TABLE}\nspan-types = []", 'expected "lab:*" = "none" in [tool.prefactor-gen.diff.span-types]'),
    "glob": (f"{TABLE}\nspan-types = {{ 'a' = 'all' }}", 'expected "a" = "full" or "backward" or "forward" or "none"'),
    "allow": (f"{TABLE}\nallow = ['PD001 a']", 'expected "PD207 …" = "why" in [tool.prefactor-gen.diff.allow]'),
    "rule": (f"{TABLE}\nallow = {{ 'pd001 a' = 'x' }}", "found 'pd001 a'; did you mean 'PD001'?"),
    "whole-rule": (f"{TABLE}\nallow = {{ 'PD101' = 'x' }}", "found 'PD101'; what PD101 may change is missing"),
    "glob-of-rules": (f"{TABLE}\nallow = {{ 'PD1* a' = 'x' }}", "as `prefactor-gen diff` prints it"),
    "reason": (f"{TABLE}\nallow = {{ 'PD001 a' = ' ' }}", "expected the reason why 'PD001 a' is allowed"),
    "placeholder": (
        f"{TABLE}\nallow = {{ 'PD001 a' = 'why' }}",
        "expected the reason in place of \"why\" for 'PD001 a'",
    ),
    "no-reason": (f"{TABLE}\nallow = {{ 'PD001 a' = 'Why?' }}", 'expected the reason in place of "Why?" for'),
    "todo": (f"{TABLE}\nallow = {{ 'PD001 a' = 'TODO' }}", 'expected the reason in place of "TODO" for'),
    "own-rule": (f"{TABLE}\nallow = {{ 'PD901 a' = 'x' }}", "found 'PD901 a'; PD901 cannot be allowed"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_setting_is_one_line(project: Project, wrong: str) -> None:
    table, message = WRONG[wrong]
    lines = table.replace("[tool.prefactor-gen]\n", "")
    project.write("pyproject.toml", f'[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n{lines}\n')
    done = project.run("diff", "x")
    (line,) = done.err.splitlines()
    assert (done.code, done.out) == (2, "")
    assert line.startswith("prefactor-gen: pyproject.toml: ")
    assert message in line


def test_nobody_is_protected_in_a_laboratory(changed: Project) -> None:
    configure(changed, '[tool.prefactor-gen.diff.span-types]\n"lab:*" = "none"\n')
    done = changed.run("diff")
    assert done.code == 1
    assert "error PD001 " in done.out
    assert "no span type matches" not in done.out
    lab = done.out.partition("lab:try")[2]
    assert lab.startswith("  schemas/spans.yaml")
    assert lab.splitlines()[1].startswith("  note PD001 ")
    configure(changed, 'compatibility = "none"\n')
    assert changed.run("diff").code == 0


def test_a_glob_that_matches_nothing_is_told(changed: Project) -> None:
    configure(changed, '[tool.prefactor-gen.diff.span-types]\n"biling:*" = "none"\n')
    line = "  no span type matches 'biling:*' in [tool.prefactor-gen.diff.span-types]"
    assert changed.run("diff").out.splitlines()[1] == line


@pytest.mark.parametrize(("compatibility", "breaks"), [("backward", "writers"), ("forward", "readers")])
def test_only_some_are_protected(changed: Project, compatibility: str, breaks: str) -> None:
    configure(changed, f'compatibility = "{compatibility}"\n')
    done = changed.run("diff")
    assert f"({breaks})" in done.out
    assert f": breaks {breaks}\n" in done.out


def test_a_change_is_allowed_by_the_line_that_is_printed(changed: Project) -> None:
    configure(changed, '[tool.prefactor-gen.diff.span-types]\n"lab:*" = "none"\n')
    line = changed.run("diff").out.splitlines()[-1].removeprefix("to allow: ")
    assert line == '"PD001 billing:refund" = "why"'
    line = line.replace("why", "Nobody reads it.")
    configure(changed, f'span-types = {{ "lab:*" = "none" }}\n[tool.prefactor-gen.diff.allow]\n{line}\n')
    done = changed.run("diff")
    assert (done.code, "(allowed: Nobody reads it.)" in done.out) == (0, True)
    (found,) = (each for each in json.loads(changed.run("diff", "--format", "json").out)["changes"] if each["allowed"])
    assert (found["id"], found["level"], found["breaks"], found["allowed"]) == ("PD001", "note", [], "Nobody reads it.")


def test_several_lines_to_allow(changed: Project) -> None:
    configure(changed, "")
    assert changed.run("diff").out.endswith(
        "to allow some, add them to [tool.prefactor-gen.diff.allow]:\n"
        '  "PD001 billing:refund" = "why"\n'
        '  "PD001 lab:try" = "why"\n'
    )


def test_an_allowance_that_is_not_needed_is_told(changed: Project) -> None:
    """It would allow the same change later. Another OLD than the configured one may need it."""
    configure(changed, 'compatibility = "none"\n[tool.prefactor-gen.diff.allow]\n"PD001 gone:long ago" = "once"\n')
    done = changed.run("diff", "--format", "github")
    place = "::warning file=pyproject.toml,line=9,col=1,title=PD901::"
    assert f"{place}gone:long: no change needs the allowance 'PD001 gone:long ago'; remove it\n" in done.out
    assert (done.code, changed.run("diff", "--strict").code) == (0, 1)
    assert "PD901" not in changed.run("diff", "HEAD").out
    assert "PD901" in changed.run("diff", "main").out


def test_an_allowance_is_no_change_of_a_span_type(changed: Project) -> None:
    """Nor can it be allowed itself, nor is it worth a comment of each pull request."""
    changed.write("schemas/spans.yaml", OLD)
    configure(changed, '[tool.prefactor-gen.diff.allow]\n"PD001 billing:refund" = "once"\n')
    done = changed.run("diff", "--strict")
    assert (done.code, "none of 2 span types changed" in done.out, "to allow" in done.out) == (1, True, False)
    shown = changed.run("diff", "--format", "markdown").out
    assert "warning PD901 no change needs" in shown
    assert "\n|" not in shown


def test_the_table_has_a_schema_for_editors(project: Project) -> None:
    schema = json.loads(project.run("schema", "config").out)
    table = schema["properties"]["tool"]["properties"]["prefactor-gen"]["properties"]["diff"]
    assert table["properties"]["compatibility"]["enum"] == ["full", "backward", "forward", "none"]
    assert table["additionalProperties"] is False
