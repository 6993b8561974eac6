"""A schema that no value can match is a warning with the reason, and YAML's doing has advice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.codegen.support import Project, only

from prefactor_gen.checks.combinations import has_too_many_combinations
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import ObjectNode, from_python

IMPOSSIBLE: dict[str, tuple[str, str]] = {
    "enum of another type": ("{type: string, enum: [2.50, 3.0]}", 'quotes make it text: "2.50", "3.0"'),
    "const of another type": ("{type: string, const: 007}", "007 has the type integer, and type says string"),
    "a word of YAML 1.1": ("{type: boolean, const: on}", "on is text in YAML 1.2: write true"),
    "no value in enum": ("{enum: []}", "nothing matches enum: []"),
    "bounds": ("{type: integer, minimum: 3, maximum: 2}", "minimum: 3 and maximum: 2 exclude each other"),
    "lengths": ("{type: string, minLength: 3, maxLength: 2}", "minLength: 3 and maxLength: 2 exclude each other"),
    "counts": ("{type: array, minItems: 2, maxItems: 1}", "minItems: 2 and maxItems: 1 exclude each other"),
    "required and false": ("{type: object, required: [q], properties: {q: false}}", "'q' is required, and its schema"),
    "required and closed": (
        "{type: object, required: [q], additionalProperties: false}",
        "'q' is required, and additionalProperties: false excludes it",
    ),
    "types of allOf": ("{allOf: [{type: string}, {type: integer}]}", 'type: "string" and type: "integer" exclude'),
    "constants of allOf": ("{allOf: [{const: 1}, {const: 2}]}", "const: 1 and const: 2 exclude each other"),
    "pattern": (r"{type: string, pattern: '^\d+$', const: abc}", 'const: "abc" and pattern'),
    "pattern that looks ahead": ("{type: string, pattern: '^(?!a)', enum: [abc, ab]}", "exclude each other"),
    "equal options": ("{oneOf: [{type: string}, {type: string}]}", "matches one option of oneOf matches another"),
    "closed, and options": (
        "{type: object, additionalProperties: false, properties: {a: true}, oneOf: [{required: [b]}, {required: [c]}]}",
        "additionalProperties: false excludes what each option of oneOf requires",
    ),
}
POSSIBLE: dict[str, Any] = {
    "false": {"type": "object", "properties": {"a": False}},
    "never": {"type": "object", "additionalProperties": {"not": {}}, "properties": {"a": {"not": {}}}},
    "one of several values": {"type": "string", "enum": ["a", None]},
    "no items": {"type": "array", "items": False, "maxItems": 0},
    "not required": {"type": "object", "properties": {"a": False}, "additionalProperties": False},
    "bounds without a type": {"minimum": 3, "maximum": 2},
    "false in allOf": {"allOf": [False]},
    "false beside others": {"type": "string", "anyOf": [False, {"type": "string"}], "allOf": [{"minLength": 1}]},
    "itself": {"type": "object", "properties": {"next": {"$ref": "#"}}},
}


def definition(schema: str) -> str:
    head = "span_type_schemas:\n  - name: a\n    title: A\n    description: An A.\n    params_schema:\n"
    return f"{head}      type: object\n      properties:\n        x: {schema}\n"


@pytest.mark.parametrize("case", sorted(IMPOSSIBLE))
def test_what_no_value_can_match_is_a_warning_with_the_reason(case: str, project: Project) -> None:
    schema, reason = IMPOSSIBLE[case]
    project.write("schemas/a.yaml", definition(schema))
    result = project.generate()
    assert result.code == 0, result.err
    line = only(result.findings)
    assert line.pointer == "/span_type_schemas/0/params_schema/properties/x"
    assert "warning PG034: no value can match this schema: " in line
    assert reason in line


@pytest.mark.parametrize("case", sorted(POSSIBLE))
def test_what_a_value_can_match_and_what_is_meant_to_match_nothing_is_silent(case: str, project: Project) -> None:
    project.span_types(agent={"type": "object", "properties": {"x": POSSIBLE[case]}})
    assert "PG034" not in project.generate().err


def test_only_the_part_that_is_wrong_is_reported(project: Project) -> None:
    wrong = {"type": "string", "const": 1}
    inner = {"type": "object", "required": ["x"], "properties": {"x": {"anyOf": [wrong]}, "y": {"$ref": "#/$defs/W"}}}
    project.span_types(agent={**inner, "$defs": {"W": wrong}})
    found = [line.pointer for line in project.generate().findings if line.rule == "PG034"]
    assert sorted(found) == ["/span_schemas/agent/$defs/W", "/span_schemas/agent/properties/x/anyOf/0"]


def test_a_schema_with_many_combinations_is_left_out() -> None:
    def node(schema: dict[str, Any]) -> ObjectNode:
        found = from_python(schema, Place("x"))
        assert isinstance(found, ObjectNode)
        return found

    options = {"oneOf": [{"required": [f"a{index}"]} for index in range(200)]}
    several = {"allOf": [{"anyOf": [{"required": [f"a{index}"]}, {"required": ["b"]}]} for index in range(40)]}
    nullable = {"properties": {f"a{index}": {"anyOf": [{"type": "string"}, {"type": "null"}]} for index in range(999)}}
    chain = {f"d{index}": {"allOf": [{"$ref": f"#/$defs/d{index + 1}"}] * 2} for index in range(40)}
    chain["d40"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert has_too_many_combinations(node(options))
    assert has_too_many_combinations(node(several))
    assert has_too_many_combinations(node({"$ref": "#/$defs/d0", "$defs": chain}))
    assert not has_too_many_combinations(node(nullable))
    assert not has_too_many_combinations(
        node({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}})
    )


ADVICE: dict[str, tuple[str, str]] = {
    "null as a type": ("{type: [string, null]}", 'the names of types, which are text, found null: write "null"'),
    "default": ("{type: string, default: 2.50}", "PG026: the default 2.5 does not match"),
    "example": ("{type: string, examples: [007]}", 'quotes make it text: "007"'),
    "name in required": ("{type: object, required: [2.50]}", 'quotes make it text: "2.50"'),
}


@pytest.mark.parametrize("case", sorted(ADVICE))
def test_what_yaml_has_made_of_a_text(case: str, project: Project) -> None:
    schema, expected = ADVICE[case]
    project.write("schemas/a.yaml", definition(schema))
    assert expected in only(project.generate().findings)


@pytest.mark.parametrize("template", ["{{ x }}", "{{ x }} and {{ y }}", "{{x|upcase}}", "{% if x %}x{% endif %}"])
def test_a_template_without_quotes(template: str, project: Project) -> None:
    project.write("schemas/a.yaml", definition("{}").replace("title: A", f"template: {template}"))
    line = only(project.generate().findings)
    assert line.endswith("; put text that begins with {{ or {% in quotes")


def test_json_gets_no_advice_about_quotes(project: Project) -> None:
    text = json.dumps({"span_schemas": {"a": {"properties": {"x": {"type": "string", "const": 1, "default": 2}}}}})
    project.write("schemas/a.json", text)
    found = project.generate().findings
    assert {line.rule for line in found} == {"PG026", "PG034"}
    assert not any("quotes" in line for line in found)
