"""No command shows a default, an example, or a constant of a value that is redacted; the schema alone has them."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import pytest
from tests.codegen.support import Project

HIDDEN = {"x-prefactor-redact": True}
TEXT = {"type": "string"}
SECRET = {**TEXT, **HIDDEN}
ONE, TWO = ({"type": "object", "title": each, "required": ["by"]} for each in ("One", "Two"))
CASES: dict[str, dict[str, Any]] = {
    "member": {
        "type": "object", "default": {"a": "S3CRET1"}, "examples": [{"a": "S3CRET2"}],
        "properties": {"a": SECRET, "b": TEXT},
    },
    "values": {"enum": ["S3CRET1", "S3CRET2"], **HIDDEN},
    "constant": {"const": "S3CRET1", **HIDDEN},
    "inside": {
        "type": "object", "required": ["pin", "kind"], **HIDDEN,
        "properties": {"pin": {**TEXT, "default": "S3CRET1", "examples": ["S3CRET2"]}, "kind": {"enum": ["S3CRET3"]}},
    },
    "items": {"type": "array", "minItems": 1, "default": ["S3CRET1"], "examples": [["S3CRET2"]], "items": SECRET},
    "map": {
        "type": "object", "minProperties": 1, "default": {"a": "S3CRET1"}, "examples": [{"a": "S3CRET2"}],
        "additionalProperties": SECRET,
    },
    "union": {
        "examples": [{"by": "S3CRET1"}],
        "oneOf": [
            {**ONE, "properties": {"by": {"const": "S3CRET1", **HIDDEN}}},
            {**TWO, "properties": {"by": {"const": "S3CRET2", **HIDDEN}}},
        ],
    },
    "option": {
        "type": "object", "required": ["by"], "properties": {"by": SECRET},
        "oneOf": [
            {"properties": {"by": {"const": "S3CRET1", "default": "S3CRET1"}}},
            {"properties": {"by": {"const": "S3CRET2"}}},
        ],
    },
    "condition": {
        "type": "object", "properties": {"k": SECRET},
        "if": {"properties": {"k": {"const": "S3CRET1"}}}, "then": {"properties": {"extra": TEXT}},
    },
    "reference": {"allOf": [{"$ref": "#/$defs/Secret"}], "default": "S3CRET1", "examples": ["S3CRET2"]},
    "mismatch": {"type": "integer", "default": "S3CRET1", "examples": ["S3CRET2"], **HIDDEN},
    "inner": {"type": "object", "default": {"n": "S3CRET1"}, "properties": {"n": {"type": "integer", **HIDDEN}}},
    "nothing matches": {"type": "integer", "enum": ["S3CRET1"], **HIDDEN},
}  # fmt: skip


def definition() -> str:
    params = {
        "type": "object",
        "required": ["member", "values", "inside", "items", "map", "union", "option"],
        "examples": [{"member": {"a": "S3CRET8"}, "values": "S3CRET9"}],
        "properties": CASES,
        "$defs": {"Secret": SECRET},
    }
    template = "{{ items }} {{ member.b }}"
    span_type = {"name": "a:b", "title": "A", "description": "A.", "template": template, "params_schema": params}
    return json.dumps({"span_type_schemas": [span_type]}, indent=1)


@pytest.mark.slow
def test_redacted_values_are_not_shown(project: Project) -> None:
    project.write("old/a.json", definition())
    project.write("schemas/a.json", definition().replace("S3CRET", "S3CRET-NEW-"))
    project.configure()
    for command in (("check", "--format", "json"), ("docs", "--format", "markdown"), ("docs",), ("risk",)):
        done = project.run(*command)
        assert done.code == 0, (command, done.err)
        assert "S3CRET" not in done.out + done.err, command
    page = re.sub(r"(?s)<details>.*?</details>", "", (project.root / "docs/spans.html").read_text("utf-8"))
    text = (project.root / "docs/spans/a_b.md").read_text("utf-8").partition("## Schema of")[0]
    assert "S3CRET" not in page + text
    for form in ("text", "json", "markdown"):
        done = project.run("diff", "old", "schemas", "--format", form)
        assert "S3CRET" not in _without_classes(done.out + done.err)
    assert project.generate().code == 0
    classes = (each for each in ast.walk(ast.parse(project.files()["_a_b.py"])) if isinstance(each, ast.ClassDef))
    docs = map(ast.get_docstring, classes)
    assert "S3CRET" not in _without_classes("".join(filter(None, docs)))


def _without_classes(text: str) -> str:
    """The output without the names of classes, which are made of constants, redacted or not."""
    return re.sub(r"\bAB\w+", "", text)


def test_types_of_redacted_values_are_not_shown(project: Project) -> None:
    """Nor in what `diff` says about generated types."""
    for folder, values in (("old", ["S3CRET1", "S3CRET2"]), ("schemas", ["S3CRET1"])):
        params = {"type": "object", "properties": {"x": {"enum": values, **HIDDEN}}}
        project.write(f"{folder}/a.json", {"span_type_schemas": [{"name": "a:b", "params_schema": params}]})
    project.configure()
    found = project.run("diff", "old", "schemas").out
    assert "PD206 x: values removed" in found
    assert "S3CRET" not in found
