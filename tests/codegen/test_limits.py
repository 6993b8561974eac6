"""Definitions past a limit are reported, with the place and what to do; large ones within the limits work."""

# ruff: noqa: E501  # tables

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from tests.codegen.schemas import DRAFT_07, TEXT, properties
from tests.codegen.support import Made, Project, only

from prefactor_gen.diagnostics.limits import (
    MAX_BYTES,
    MAX_CHAIN,
    MAX_CHECKED_VALUES,
    MAX_CLASS_NAME,
    MAX_LITERALS,
    MAX_MEMBERS,
    MAX_OPTIONS,
    MAX_TYPES,
    MAX_TYPES_DEEP,
    MAX_YAML_CHARACTERS,
)
from prefactor_gen.documents import json_text

Make = Callable[[dict[str, Any]], Any]


def chain(length: int, link: Make, last: Any = TEXT) -> dict[str, Any]:
    """Return a schema whose property leads through so many definitions."""
    definitions = {f"A{number}": link({"$ref": f"#/$defs/A{number + 1}"}) for number in range(length)}
    return {**properties(x={"$ref": "#/$defs/A0"}), "$defs": {**definitions, f"A{length}": last}}


def nested(levels: int, wrap: Make) -> Any:
    return functools.reduce(lambda inner, _: wrap(inner), range(levels), TEXT)


def twice(one: Make, two: Make) -> Make:
    """Return a link that refers to the next definition twice."""
    return lambda reference: {"anyOf": [one(reference), two(reference)]}


PAST: dict[str, tuple[Any, str]] = {
    "depth": (nested(200, lambda inner: properties(a=inner)), "nested deeper than 100 levels"),
    "depth-of-a-default": ({"default": nested(200, lambda inner: [inner])}, "nested deeper than 100 levels"),
    "chain-of-references": (chain(3000, lambda ref: ref), f"a chain of more than {MAX_CHAIN} schemas"),
    "chain-of-all-of": (
        chain(3000, lambda ref: {"allOf": [ref, {"minLength": 1}]}),
        f"a chain of more than {MAX_CHAIN} schemas",
    ),
    "chain-beside": (
        chain(MAX_CHAIN, lambda ref: {**ref, "minLength": 1}),
        f"a chain of more than {MAX_CHAIN} schemas",
    ),
    "chain-of-not": (chain(3000, lambda ref: {"not": ref}), f"a chain of more than {MAX_CHAIN} schemas"),
    "chain-of-if": (chain(3000, lambda ref: {"if": ref, "then": {}}), f"a chain of more than {MAX_CHAIN} schemas"),
    "chain-of-options": (
        chain(3000, lambda ref: {"anyOf": [ref, {"type": "null"}]}),
        f"a chain of more than {MAX_CHAIN} schemas",
    ),
    "chain-of-objects": (
        chain(MAX_TYPES_DEEP + 1, lambda ref: properties(n=ref)),
        f"more than {MAX_TYPES_DEEP} types are nested here",
    ),
    "chain-of-lists": (
        chain(MAX_TYPES_DEEP, lambda ref: {"type": "array", "items": ref}),
        f"more than {MAX_TYPES_DEEP} types are nested here",
    ),
    "chain-of-many-objects": (chain(MAX_TYPES, lambda ref: properties(n=ref)), f"more than {MAX_TYPES:,} types"),
    "twice-in-options": (
        chain(40, twice(lambda ref: {"allOf": [ref, {"minLength": 1}]}, lambda ref: {"allOf": [ref]})),
        "would be compared with more than 10,000 schemas",
    ),
    "twice-beside-options": (
        chain(40, lambda ref: {"minLength": 1, "oneOf": [ref, ref]}),
        "would be compared with more than 10,000 schemas",
    ),
    "twice-under-not": (
        chain(40, lambda ref: {"allOf": [{"not": ref}, {"not": ref}]}),
        "would be compared with more than 10,000 schemas",
    ),
    "twice-in-a-condition": (
        chain(40, lambda ref: {"if": ref, "then": ref, "dependentSchemas": {"x": ref}}),
        "would be compared with more than 10,000 schemas",
    ),
    "twice-as-properties-that-are-merged": (
        chain(
            60,
            lambda ref: properties(**{name: {"allOf": [ref, properties(**{name: {}})]} for name in "lr"}),
            properties(q={}),
        ),
        "",  # which limit is met first depends on how deep this version of Python recurses
    ),
    "unevaluated-in-one-another": (
        chain(8, lambda ref: {"allOf": [ref], "unevaluatedProperties": False}, properties(x={})),
        "would be compared with more than 10,000 schemas",
    ),
    "properties": (
        properties(**{f"p{number}": {} for number in range(MAX_MEMBERS)}),
        f"the schema has more than {MAX_MEMBERS:,} members",
    ),
    "required-names": (
        {"required": [f"p{number}" for number in range(MAX_MEMBERS)]},
        f"the schema has more than {MAX_MEMBERS:,} members",
    ),
    "objects": (
        properties(**{f"p{number}": properties(x={}) for number in range(MAX_TYPES + 1)}),
        f"would become more than {MAX_TYPES:,} types",
    ),
    "long-names-in-one-another": (
        nested(3, lambda inner: properties(**{"n" * (MAX_CLASS_NAME // 2): inner})),
        f"its class name would have more than {MAX_CLASS_NAME:,} characters",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(PAST))
def test_past_a_limit(case: str, project: Project) -> None:
    schema, expected = PAST[case]
    project.span_types(good=properties(x=TEXT), agent=schema)
    result = project.generate()
    assert result.code == 1
    assert result.findings
    for line in result.findings:
        assert "error PG029: " in line
        assert expected in line
        assert line.startswith("schemas/spans.json:1:")
    assert not project.package.exists()


@pytest.mark.slow
def test_merged_objects_multiply(project: Project) -> None:
    def definition(letter: str, number: int) -> dict[str, Any]:
        return properties(**{side: {"$ref": f"#/$defs/{letter}{number + 1}"} for side in "lr"})

    definitions = {f"{letter}{number}": definition(letter, number) for number in range(40) for letter in "AB"}
    merged = {"allOf": [{"$ref": "#/$defs/A0"}, {"$ref": "#/$defs/B0"}]}
    project.span_types(agent={**properties(x=merged), "$defs": {**definitions, "A40": TEXT, "B40": TEXT}})
    assert f"error PG029: the schema would become more than {MAX_TYPES:,} types" in project.generate().err


FILES: dict[str, tuple[str, bytes, str]] = {
    "bytes": ("a.json", b'{"span_schemas": {}}' + b" " * MAX_BYTES, f"a.json: error PG029: the file has more than {MAX_BYTES:,} bytes"),
    "yaml": ("a.yaml", b"- a\n" * (MAX_YAML_CHARACTERS // 4 + 1), "a.yaml: error PG029: a YAML file has at most"),
    "broken-yaml": ("a.yaml", b"- a\n" * 50_000 + b"]", "a.yaml:50001:1: error PG001: not valid YAML"),
    "levels-of-yaml": ("a.yaml", b"- " * 40_000 + b"a", "error PG029: nested deeper than 100 levels"),
    "mappings-of-yaml": ("a.yaml", b"{a: " * 40_000, "error PG029: nested deeper than 100 levels"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(FILES))
def test_files_past_a_limit(case: str, project: Project) -> None:
    name, content, expected = FILES[case]
    project.write(f"schemas/{name}", content)
    result = project.generate()
    assert result.code == 1
    assert expected in "\n".join(result.findings)


def test_values_past_a_limit(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "MAX_VALUES", 1000)  # the real number takes seconds
    project.write("schemas/a.json", b"[" + b"[]," * 1000 + b"[]]")
    assert (
        "schemas/a.json:1:2999: error PG029: the file has more than 1,000 values; divide it" in project.generate().err
    )


def test_uris_too_long_for_the_engine(project: Project) -> None:
    anchors = {str(number): {"$anchor": f"a{number}"} for number in range(1_000)}
    project.span_types(agent={"$id": f"http://a/{'b' * 10_000}", "type": "object", "$defs": anchors})
    assert "PG006: payloads cannot be checked against this schema: its URIs have more" in only(
        project.generate().findings
    )


def test_a_chain_through_another_file(project: Project) -> None:
    project.span_types(agent=properties(x={"$ref": "b.json#/$defs/A0"}))
    project.write("schemas/b.json", {"$defs": chain(50, lambda ref: ref)["$defs"]})
    assert project.generate().code == 0


@pytest.mark.slow
def test_a_chain_through_another_file_past_the_limit(project: Project) -> None:
    project.span_types(agent=properties(x={"$ref": "b.json#/$defs/A0"}))
    project.write("schemas/b.json", {"$defs": chain(600, lambda ref: {"allOf": [ref]})["$defs"]})
    assert (
        f"/$defs/A550: error PG029: a value here would be compared with a chain of more than {MAX_CHAIN} schemas"
        in project.generate().err
    )


@pytest.mark.parametrize("keyword", ["not", "if", "else"])
def test_endless_references_in_a_keyword_without_a_type(keyword: str, project: Project) -> None:
    schema = {**properties(x={"$ref": "#/$defs/A"}), "$defs": {"A": {keyword: {"$ref": "#/$defs/A"}}}}
    project.span_types(agent=schema)
    assert f"/$defs/A/{keyword}/$ref: error PG008: expected a schema that describes a value" in project.generate().err


@pytest.mark.slow
def test_an_enum_too_long_for_a_type_is_checked_with_the_payload(project: Project, made: Made) -> None:
    texts, numbers = [f"value {number}" for number in range(20_000)], [*range(MAX_LITERALS + 1), 0.5]
    package = made(agent=properties(t={"enum": texts}, n={"type": "number", "enum": numbers}, s={"enum": ["a"]}))
    params = package.AgentParams
    payload = {"t": "value 19999", "n": 1000, "s": "a"}
    assert params.model_validate(payload).model_dump() == payload
    for wrong in ({"t": "value 20000"}, {"t": 1}, {"n": 0.25}, {"n": MAX_LITERALS + 1}, {"s": "b"}):
        with pytest.raises(ValidationError):
            params.model_validate(payload | wrong)
    module = (project.package / "_agent.py").read_text("utf-8")
    assert "    t: str | MISSING" in module
    assert "    n: JsonNumber | MISSING" in module
    notes = project.run("check", "schemas").out
    assert "/properties/t/enum: note PG029: 20,000 values of enum are too many for types" in notes
    assert "/properties/s/enum" not in notes


@pytest.mark.slow
def test_options_too_many_for_a_union_are_checked_with_the_payload(project: Project, made: Made) -> None:
    objects = [properties(f"a{number}", **{f"a{number}": TEXT}) for number in range(MAX_OPTIONS + 1)]
    texts = [{"type": "string", "maxLength": number} for number in range(1000)]
    items = [{"const": number} for number in range(1000)]
    package = made(
        agent=properties(o={"oneOf": objects}, t={"anyOf": texts}, i={"prefixItems": items, "items": False}),
        whole={"anyOf": objects},
    )
    valid: dict[str, Any] = {"o": {"a7": "x"}, "t": "x" * 999, "i": [0, 1, 2]}
    assert package.AgentParams.model_validate(valid).model_dump() == valid
    wrongs: list[dict[str, Any]] = [
        {"o": {}}, {"o": {"a1": "", "a2": ""}}, {"o": "x"}, {"t": "x" * 1000}, {"t": 1}, {"i": [0, 2]},
    ]  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            package.AgentParams.model_validate(valid | wrong)
    assert package.WholeParams.model_validate({"a200": "x"}).model_dump() == {"a200": "x"}
    with pytest.raises(ValidationError):
        package.WholeParams.model_validate({"a200": 1})
    assert (
        "/properties/o/oneOf: note PG029: 201 options of oneOf are too many for types"
        in project.run("check", "schemas").out
    )


def test_numbers_of_any_size(made: Made) -> None:
    huge = 10**400
    schema = properties(
        least={"type": "integer", "minimum": huge},
        most={"type": "number", "maximum": -huge},
        near={"type": "number", "minimum": 2**53 + 1},
        tiny={"type": "number", "multipleOf": 5e-324},
        multiple={"type": "integer", "multipleOf": 10**300},
        long={"type": "string", "minLength": 10**30},
        short={"type": "string", "maxLength": 10**30},
        many={"type": "array", "minItems": 10**30},
        few={"type": "array", "prefixItems": [{}], "maxItems": 10**30},
        exact={"const": huge},
        choice={"enum": [2**63, 2**64, -(2**63), "a"]},
        zero={"type": "array", "minItems": -0.0, "maxItems": 1.0},
    )
    params = made(agent=schema).AgentParams
    valids: list[dict[str, Any]] = [
        {"least": huge}, {"most": -huge}, {"near": 2**53 + 1}, {"multiple": 10**300}, {"short": "a"}, {"few": [1, 2]}, {"exact": huge},
        {"choice": 2**64}, {"choice": -(2**63)}, {"choice": "a"}, {"zero": []}, {"zero": [1]},
    ]  # fmt: skip
    for valid in valids:
        assert params.model_validate(valid).model_dump() == valid
    wrongs: list[dict[str, Any]] = [
        {"least": 5}, {"most": 5}, {"near": 2**53}, {"multiple": 5}, {"long": "a"}, {"many": [1]}, {"exact": 5}, {"choice": 1}, {"zero": [1, 2]},
    ]  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            params.model_validate(wrong)


@pytest.mark.slow
def test_large_and_within_the_limits(made: Made) -> None:
    long_name = "n" * 10_000
    definitions = {f"A{number}": properties(n={"$ref": f"#/$defs/A{(number * 7 + 1) % 40}"}) for number in range(40)}
    package = made(
        wide=properties(**{f"p{number}": TEXT for number in range(2000)}),
        named=properties(**{long_name: properties(**{long_name[1:]: TEXT})}),
        mutual={**properties(x={"$ref": "#/$defs/A0"}), "$defs": definitions},
        deep=properties(x=nested(90, lambda inner: {"not": inner})),
        merged=properties(x={"allOf": [properties(p={"minLength": number}) for number in range(1000)]}),
        tuple=properties(x={"type": "array", "prefixItems": [TEXT] * 900, "minItems": 900, "items": False}),
    )
    assert package.WideParams.model_validate({"p1999": "x"}).model_dump() == {"p1999": "x"}
    payload = {long_name: {long_name[1:]: "x"}}
    assert package.NamedParams.model_validate(payload).model_dump(by_alias=True) == payload
    assert package.MutualParams.model_validate({"x": {"n": {"n": {}}}})
    assert package.DeepParams.model_validate({"x": "text"})
    with pytest.raises(ValidationError):
        package.MergedParams.model_validate({"x": {"p": "x" * 998}})
    assert package.TupleParams.model_validate({"x": ["a"] * 900})


@pytest.mark.slow
def test_thousands_of_mistakes_are_all_reported(project: Project) -> None:
    project.span_types(agent=properties(**{f"p{number}": {"type": "strnig"} for number in range(3000)}))
    assert project.generate().err.endswith("prefactor-gen: 3,000 errors, 0 warnings\n")
    result = project.run("check", "schemas", "--all")
    assert result.code == 1
    assert result.out.count(": error PG006: ") == 3000


def test_a_long_name_does_not_fill_a_page(project: Project) -> None:
    project.span_types(agent=properties(**{"x" * 10_000: {"type": "strnig"}}))
    assert len(only(project.generate().findings)) < 1200


def test_a_default_is_checked_along_references(project: Project) -> None:
    project.write(
        "schemas/b.json",
        {"$defs": {"Y": {"type": "string", "default": 7}, "Z": {"$ref": "#/$defs/Y", "default": "ok"}}},
    )
    project.span_types(
        agent={
            "$schema": DRAFT_07,
            **properties(
                a={"$ref": "#/definitions/list", "default": [1, "x"]},
                b={"$ref": "b.json#/$defs/Z"},
                c={"type": ["integer", "null"], "default": None},
                d={"enum": [0, 1], "default": False},
                e={"type": "integer", "default": 1.0, "examples": [2, "two"]},
                default={"type": "string"},
                examples={"const": {"type": "string", "default": 1}},
            ),
            "definitions": {"list": {"items": {"$ref": "#/definitions/number"}}, "number": {"type": "number"}},
        }
    )
    result = project.generate()
    assert {line.severity for line in result.findings} == {"warning"}
    assert [(line.pointer, line.rule) for line in result.findings] == [
        ("/$defs/Y/default", "PG026"),
        ("/span_schemas/agent/properties/a/default", "PG026"),
        ("/span_schemas/agent/properties/d/default", "PG026"),
        ("/span_schemas/agent/properties/e/examples/1", "PG032"),
    ]
    assert "1: Input should be a number, found a string" in result.err


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (properties(x={"$ref": "#/nowhere"}), "x/$ref: error PG008: expected a schema at '#/nowhere', found none"),
        (properties(x={"type": "string", "default": 1}), "x/default: warning PG026"),
    ],
)
def test_quality_schemas_are_checked_too(schema: dict[str, Any], expected: str, project: Project) -> None:
    project.write("schemas/a.json", {"quality_schemas": [{"name": "q", "schema": schema}]})
    assert f"/schema/properties/{expected}" in only(project.generate().findings)


def test_a_default_that_is_too_large_to_be_checked(project: Project) -> None:
    project.span_types(agent=properties(x={"default": [0] * MAX_CHECKED_VALUES}))
    result = project.generate()
    line = only(result.findings)
    assert "warning PG029: expected at most 2,000 values in a default" in line
    assert result.code == 0


def test_an_example_may_be_allowed(project: Project) -> None:
    schema = properties(x={"type": "integer", "examples": ["1"], "x-prefactor-allow": {"PG032": "What users type."}})
    project.span_types(agent=schema)
    for _ in range(2):  # the second run makes only what changed
        assert project.generate().findings == []
        project.write("schemas/b.json", json.dumps({"span_schemas": {"other": {}}}))


def test_a_default_whose_pattern_takes_too_many_steps_is_not_called_wrong(project: Project) -> None:
    pattern = r"^\s*a*\s*a*(?<!b)b?$"
    project.span_types(agent=properties(x={"type": "string", "pattern": pattern, "default": "a" * 3_000 + "!"}))
    result = project.generate()
    assert result.code == 0
    line = only(result.findings)
    assert "warning PG029: the default" in line
    assert "could not be checked: its pattern takes too many steps on this text" in line


def test_examples_are_checked_within_a_time_limit(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prefactor_gen.checks.default_check.MAX_CHECK_SECONDS", 0)
    project.span_types(agent=properties(x={"type": "string", "examples": ["a", "b", "c"]}))
    result = project.generate()
    assert result.code == 0
    line = only(result.findings)
    assert "warning PG029: the example and 2 more could not be checked" in line


def test_warnings_about_examples_are_reported_in_every_run(project: Project) -> None:
    project.span_types(agent=properties(x={"type": "integer", "examples": ["1"]}))
    first = project.generate()
    project.write("schemas/b.json", json.dumps({"span_schemas": {"other": {}}}))
    second = project.generate()
    assert (first.code, second.code) == (0, 0)
    assert first.findings == second.findings != []


def test_package_of_large_definitions_loads(project: Project) -> None:
    project.span_types(agent=properties(x={"const": "y" * 1_000_000, "description": "z\n" * 100_000}))
    assert project.generate().code == 0
    params = project.load().AgentParams
    assert params.model_validate({"x": "y" * 1_000_000})


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("x" * 4_001, "the template has more than 4,000 characters"),
        ("{% if" + " " * 3_000, "the template has more than 200 characters of white space in a row"),
        ("{% for i in (1..1000000000) reversed %}{% endfor %}", "a range in the template has more than 1,000 numbers"),
    ],
    ids=["long", "spaces", "range"],
)
def test_a_template_past_a_limit(template: str, found: str, project: Project) -> None:
    entry = {"name": "a", "title": "A", "description": "A.", "params_schema": {}, "template": template}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    assert f"/span_type_schemas/0/template: error PG029: {found}" in only(project.generate().findings)


def test_a_template_within_the_limits(project: Project) -> None:
    template = (
        "{% raw %}{{ {% endraw %}{{ x"
        + " " * 200
        + "}}{% for i in (1..1000) %}{% endfor %}{% for i in (1..x) %}{% endfor %}"
    )
    entry = {"name": "a", "title": "A", "description": "A.", "params_schema": properties(x={}), "template": template}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    assert project.generate().findings == []
