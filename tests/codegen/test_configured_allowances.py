"""Allowances in pyproject.toml, for schemas that are somebody else's; and what such schemas may have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.codegen.schemas import OBJECT, TEXT, properties
from tests.codegen.support import Project, only

from prefactor_gen.checks.allowances import ALLOWABLE
from prefactor_gen.diagnostics.rules import RULES
from prefactor_schema import JsonSchema

MAIL = {**OBJECT, "properties": {"email": TEXT}}


def allow(project: Project, *entries: Mapping[str, object]) -> None:
    """Write `pyproject.toml` with these entries."""
    lines = ['[project]\nname = "x"\n[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n']
    for entry in entries:
        lines += ["[[tool.prefactor-gen.allow]]\n", *(f"{key} = {json.dumps(value)}\n" for key, value in entry.items())]
    project.write("pyproject.toml", "".join(lines))


def mail(project: Project, file: str = "schemas/vendor/crm/mail.json", **names: Any) -> None:
    project.write(file, {"span_schemas": names or {"crm:mail": MAIL, "own:mail": MAIL}})


WHERE: dict[str, tuple[dict[str, object], list[str]]] = {
    "a file": ({"file": "schemas/vendor/crm/mail.json"}, []),
    "all files below": ({"file": "schemas/vendor/**/*.json"}, []),
    "all files below, and none between": ({"file": "schemas/vendor/crm/**/mail.json"}, []),
    "a star stays in its folder": ({"file": "schemas/vendor/*.json"}, ["crm:mail", "own:mail"]),
    "span types": ({"span-type": "crm:*"}, ["own:mail"]),
    "a span type in a file": ({"span-type": "crm:*", "file": "schemas/**"}, ["own:mail"]),
    "a span type in another file": ({"span-type": "crm:*", "file": "other/**"}, ["crm:mail", "own:mail"]),
}


@pytest.mark.parametrize("case", sorted(WHERE))
def test_a_rule_is_allowed_by_file_and_span_type(case: str, project: Project) -> None:
    where, left = WHERE[case]
    mail(project)
    allow(project, {"rule": "PG020", "reason": "Theirs.", **where})
    found = project.run("generate").findings
    assert [line.pointer.split("/")[2] for line in found if line.rule == "PG020"] == left
    assert [line.rule for line in found if line.rule != "PG020"] == (["PG025"] if len(left) > 1 else [])


def test_it_holds_for_every_command_and_from_every_folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    mail(project, "schemas/vendor/mail.json")
    allow(project, {"rule": "PG020", "reason": "Theirs.", "file": "schemas/vendor/*"})
    assert project.run("check", "--strict").code == 0
    assert project.run("check", "--strict", "schemas/vendor").code == 0
    assert "PG025" not in project.run("check", "--format", "json").out
    monkeypatch.setattr(project, "root", project.root / "schemas")
    assert project.run("check", "--strict", "vendor").code == 0


def test_an_entry_that_allows_nothing_is_told_if_everything_was_checked(project: Project) -> None:
    project.span_types(agent=properties(x=TEXT))
    allow(project, {"rule": "PG020", "reason": "Theirs.", "file": "vendor/*.json", "span-type": "crm:*"})
    line = only(project.run("generate").findings)
    assert line.position == "pyproject.toml"
    assert line.pointer == "/tool/prefactor-gen/allow/0"
    assert "warning PG025: PG020 does not occur in vendor/*.json and in the span type crm:*: remove" in line
    assert project.run("generate", "schemas", "--package", "made").findings == []
    project.span_types(agent={"type": "array"})
    assert only(project.run("generate").findings).rule == "PG007"  # later checks were left out


def test_a_file_without_definitions_and_a_referenced_schema_are_allowed(project: Project) -> None:
    project.write("schemas/vendor/unused.json", {"info": {}})
    project.write("schemas/vendor/used.json", {"properties": {"email": TEXT}, "swagger": "2.0"})
    project.span_types(agent=properties(x={"$ref": "vendor/used.json"}))
    rules = ["PG012", "PG015", "PG020"]
    allow(project, *({"rule": rule, "reason": "Theirs.", "file": "schemas/vendor/*"} for rule in rules))
    assert project.run("check", "--strict").code == 0


def test_an_error_that_must_stop_is_not_allowed(project: Project) -> None:
    project.span_types(**{"a-b": MAIL, "a_b": MAIL, "agent": {"type": "object"}})
    allow(project, {"rule": "PG012", "reason": "Theirs.", "file": "**"})
    project.write("schemas/spans.json", {"info": {}})
    result = project.run("generate")
    assert result.code == 1
    assert only(result.findings).rule == "PG012"


def test_an_error_that_a_definition_may_allow_is_allowed(project: Project) -> None:
    secret = {"type": "object", "properties": {"key": {"type": "string", "x-prefactor-redact": True}}}
    entry = {"name": "a", "title": "A", "description": "A.", "template": "{{ key }}", "params_schema": secret}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    allow(project, {"rule": "PG019", "reason": "The placeholder is meant.", "span-type": "a"})
    assert project.run("generate").code == 0
    allow(project)
    assert project.run("generate").code == 1, "what is in the cache was allowed"


WRONG: dict[str, tuple[dict[str, object], str]] = {
    "no reason": ({"rule": "PG020", "file": "a"}, "expected the reason why PG020 is allowed in"),
    "an empty reason": ({"rule": "PG020", "file": "a", "reason": " "}, "expected text in reason of"),
    "no place": ({"rule": "PG020", "reason": "x"}, 'expected file = "…" or span-type = "…" in'),
    "no rule": ({"file": "a", "reason": "x"}, "expected a rule, found nothing"),
    "a misspelled rule": ({"rule": "pg020", "file": "a", "reason": "x"}, "did you mean 'PG020'?"),
    "a rule that must stop": ({"rule": "PG009", "file": "a", "reason": "x"}, "PG009 cannot be allowed in"),
    "a misspelled key": ({"rule": "PG020", "files": "a", "reason": "x"}, "did you mean 'file'?"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_wrong_entry(case: str, project: Project) -> None:
    entry, message = WRONG[case]
    mail(project)
    allow(project, entry)
    result = project.run("generate")
    assert result.code == 2
    assert message in result.err
    assert "[[tool.prefactor-gen.allow]], entry 1" in result.err


def test_what_cannot_be_allowed_is_what_must_stop() -> None:
    # The definition is invalid, a name is taken twice or no name at all, a reference leads nowhere, a key steers the
    # generator, our own keywords are misused.
    assert set(RULES) - set(ALLOWABLE) == {
        "PG001", "PG002", "PG003", "PG004", "PG006", "PG007", "PG008", "PG009", "PG013", "PG014", "PG025", "PG036",
    }  # fmt: skip


def test_defaults_that_do_not_match_compile_with_a_warning_and_are_not_applied(project: Project) -> None:
    members = {
        "query": {"type": "string", "default": None},
        "ids": {"type": "array", "items": TEXT, "default": None},
        "limit": {"type": "integer", "default": "20"},
    }
    project.span_types(agent={"type": "object", "properties": members})
    result = project.generate()
    assert result.code == 0
    assert [(line.rule, line.severity) for line in result.findings] == [("PG026", "warning")] * 3
    assert project.load().AgentParams().model_dump(by_alias=True, exclude_unset=True) == {}
    allow(project, {"rule": "PG026", "reason": "Theirs.", "file": "schemas/**"})
    assert project.run("check", "--strict").code == 0


PATTERNS: dict[str, tuple[str, list[str], list[str]]] = {
    "classes of Unicode": (r"^[^\p{Cc}\p{Zl}/]{1,200}$", ["a b", "ß"], ["", "a/b", "a\n", "a\u2028"]),
    "letters": (r"^\p{Lu}\p{L}*$", ["Änne", "A"], ["änne", "A1"]),
    "named groups": (
        r"^(?<year>\d{4})-(?<month>\d\d)$",
        ["2026-01"],
        ["2026-1", "2026-\u0660\u0661"],
    ),
    "nested repetition": ("^(a+)+$", ["a", "aaa"], ["", "aab", "a\n", "a" * 50_000 + "!"]),
    "look-ahead": ("^(?!test)[a-z]+$", ["tes", "x"], ["test", "tests", "X"]),
    "host": (r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,}$", ["a.example"], ["a", "-a.example", "a" * 50_000]),
}


@pytest.mark.parametrize("case", sorted(PATTERNS))
def test_patterns_of_ecma_262_compile_and_have_its_verdicts(case: str, project: Project) -> None:
    pattern, valid, invalid = PATTERNS[case]
    schema = properties(x={"type": "string", "pattern": pattern})
    project.span_types(agent=schema)
    result = project.generate()
    assert result.code == 0
    assert result.findings == []
    model, compiled = project.load().AgentParams, JsonSchema(schema)
    for text in [*valid, *invalid]:
        assert (not compiled.mismatches({"x": text})) == (text in valid), text
        if text in valid:
            model(x=text)
        else:
            with pytest.raises(ValueError, match="x"):
                model(x=text)
