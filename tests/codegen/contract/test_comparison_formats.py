"""What `prefactor-gen diff` prints for programs and for pull requests, and on a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.codegen.contract.repository import CONFIGURATION
from tests.codegen.support import Project

pytestmark = pytest.mark.slow

EMPTY = {"type": "object"}
HOSTILE = "x|`<img src=x>` @ada [a](javascript:b) #1 https://evil.example *b* \u202e\x1b[31m"


def definitions(*names: str, **more: Any) -> dict[str, Any]:
    return {"span_type_schemas": [{"name": name, "params_schema": EMPTY, **more} for name in names]}


@pytest.fixture
def compared(project: Project) -> Any:
    """A function that compares two sets of definitions and returns what is printed in a format."""

    def compare(old: dict[str, Any], new: dict[str, Any], *arguments: str) -> Any:
        project.write("pyproject.toml", CONFIGURATION)
        project.write("old/spans.json", old)
        project.write("schemas/spans.json", new)
        return project.run("diff", "old", *arguments)

    return compare


def test_json(compared: Any) -> None:
    done = compared(definitions("a:old", "b"), definitions("b"), "--format", "json")
    assert done.code == 1
    report = json.loads(done.out)
    (change,) = report.pop("changes")
    assert report == {"old": "old", "new": "working tree", "findings": [], "not_compared": []}
    assert len(change.pop("fingerprint")) == 12
    assert change.pop("place")["source"] == "old/spans.json"
    assert change.pop("message")
    assert {key: value for key, value in change.items() if value is not None} == {
        "id": "PD001",
        "level": "error",
        "breaks": ["writers", "readers"],
        "span_type": "a:old",
        "path": "",
        "proof": "declared",
        "allowance": "PD001 a:old",
    }


def test_an_integer_is_shown_as_one(compared: Any) -> None:
    old, new = definitions("a:b"), definitions("a:b")
    limit = {"type": "integer", "minimum": 1, "maximum": 100}
    for definition, most in ((old, 100), (new, 27.5)):
        schema = {"type": "object", "properties": {"limit": {**limit, "maximum": most}}}
        definition["span_type_schemas"][0]["params_schema"] = schema
    assert 'was valid: {"limit": 64}' in compared(old, new).out
    (change,) = json.loads(compared(old, new, "--format", "json").out)["changes"]
    assert repr(change["witness"]["value"]) == "{'limit': 64}"


def test_wrong_definitions_are_reported_as_check_does(compared: Any, project: Project) -> None:
    wrong = {"span_schemas": {"a": {"type": "objekt"}}}
    text = compared(definitions("a"), wrong)
    assert (text.code, text.err) == (1, "")
    assert text.out.startswith(project.run("check").out.splitlines()[0])
    assert text.out.endswith("1 error, 0 warnings: the new definitions cannot be compared\n")
    report = json.loads(compared(definitions("a"), wrong, "--format", "json").out)
    (code,) = (each["code"] for each in report["findings"])
    assert "::error file=schemas/spans.json" in compared(definitions("a"), wrong, "--format", "github").out
    assert code in compared(definitions("a"), wrong, "--format", "markdown").out


def test_an_annotation_of_what_was_removed(compared: Any) -> None:
    done = compared(definitions("a:old", "b"), definitions("b"), "--format", "github")
    assert done.out.startswith("::error file=old/spans.json,line=1,col=")
    assert ",title=PD001::a:old: " in done.out


def test_markdown_shows_any_text_as_it_is(compared: Any) -> None:
    done = compared(definitions("b", HOSTILE), definitions("b"), "--format", "markdown")
    first, *lines = done.out.splitlines()
    assert first == "<!-- prefactor-gen diff -->"
    heading = next(line for line in lines if line.startswith("#### "))
    for live in ("<img", "@ada", "[a](", "`<", "#1", "://evil", "*b*", "\u202e", "\x1b"):
        assert live not in heading.replace("\\[", "").replace("\\*", ""), live
    rows = [line for line in lines if line.startswith("| ")]
    assert all(line.replace(r"\|", "").count("|") == 6 for line in rows), rows


def test_markdown_has_room_for_a_comment_only(compared: Any) -> None:
    """Errors come first."""
    names = [f"agent:{'x' * 30}{number}" for number in range(1_000)]
    old = {"span_schemas": dict.fromkeys([*names, "b"], EMPTY)}
    new = {"span_schemas": dict.fromkeys(["a:added", "b"], EMPTY)}
    done = compared(old, new, "--format", "markdown")
    assert 50_000 < len(done.out) <= 60_001
    assert "PD002" not in done.out
    assert (
        done.out.count("PD001 |") + int(done.out.partition("\nand ")[2].partition(" more")[0].replace(",", "")) == 1_002
    )


def test_colours_on_a_terminal(compared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    done = compared(definitions("a:old", "b"), definitions("b"))
    assert "\x1b[31merror PD001\x1b[0m" in done.out


def test_nothing_has_changed(compared: Any) -> None:
    for form in ("text", "markdown", "json", "github"):
        assert compared(definitions("a"), definitions("a"), "--format", form, "--strict").code == 0
    assert "|" not in compared(definitions("a"), definitions("a"), "--format", "markdown").out
