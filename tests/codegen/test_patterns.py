"""Patterns mean what ECMA 262 says, in every place of a schema; a pattern that the engine cannot read is reported.

What matches was compared with Node.js (`new RegExp(pattern, "u").test(text)`).
"""

# ruff: noqa: E501, RUF001  # patterns, whole, and the characters that they are about

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from tests.codegen.schemas import OBJECT, properties
from tests.codegen.support import Project, forget, is_valid, load_package, only

from prefactor_gen.pipeline.stages import generate_package
from prefactor_schema.patterns import pattern_problem

# Patterns that ECMA 262 does not have: where the mistake is, and its message.
WRONG: dict[str, tuple[int | None, str]] = {
    "(": (0, "unterminated subpattern"),
    "a)": (1, "unbalanced parenthesis"),
    "[a": (0, "unterminated character set"),
    "*a": (0, "nothing to repeat"),
    "{2,}": (0, "nothing to repeat"),
    "a{3,2}": (2, "min repeat greater than max repeat"),
    "[z-a]": (1, "bad character range z-a"),
    "a\\": (1, "bad escape (end of pattern)"),
    r"\x4": (0, r"incomplete escape \x4"),
    r"\i": (0, r"bad escape \i"),
    r"(a)(?P=n)": (3, r"ECMA 262 writes \k<name>"),
    r"(?P<n>a)(?P=n)": (8, r"ECMA 262 writes \k<name>"),
    r"a(?#b)": (1, "use $comment"),
    r"(a)(?(1)b|c)": (3, "write an alternative for each case"),
    r"(?>a)": (0, "write (?:…)"),
    r"a\Z": (1, "write $"),
    r"\N{BULLET}": (0, "write the character itself"),
    r"{{name}}": (0, r"write \{"),
}

VALID = [
    "", "^x-", r"\S", "é", r"^\d{4}-\d{2}-\d{2}$", r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$",
    r"^([01]\d|2[0-3]):[0-5]\d$", r"^P(?!$)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$",
    r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
    r"^[^@\s]+@[^@\s]+\.[^@\s]+$", r"^[\w.+-]+@[\w-]+\.[\w.-]+$", r"^[\w\.-]+@([\w-]+\.)+[\w-]{2,}$",
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$",
    r"^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$",
    r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$", r"^([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}$",
    r"^#(?:[0-9a-fA-F]{3}){1,2}$", r"^\+?[1-9]\d{1,14}$", r"^\(?\d{3}\)?[- ]?\d{3}-\d{4}$", r"^https?://[^\s/$.?#].[^\s]*$",
    r"^https?:\/\/(www\.)?[-a-zA-Z0-9@:%._+~#=]{1,256}\.[a-zA-Z0-9()]{1,6}\b([-a-zA-Z0-9()@:%_+.~#?&/=]*)$",
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$",
    r"^(([a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9])\.)+[a-z]{2,63}$", r"^(sha256:)?[0-9a-f]{64}$",
    r"^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$", r"^[A-Z]{2}\d{2} ?([A-Z0-9]{4} ?){1,7}[A-Z0-9]{1,4}$",
    r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$", r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$",
    r"^(?:\/(?:[^~/]|~0|~1)*)*$", r"^[a-zA-Z_$][\w$]*(\.[a-zA-Z_$][\w$]*)*$", r"^arn:aws:[a-z0-9-]+:[a-z0-9-]*:\d{12}:.+$",
    r"^[^\x00-\x1f]*$", r"^(?=.*[A-Z])(?=.*\d).{8,}$", r"^(?!\s*$).+", r"(?:(?!foo).)*", r"\s+$", r"^\s*\S+(\s+\S+)*\s*$",
    r'^("[^"\\]*(?:\\.[^"\\]*)*"|[a-z]+)$', r"(\w)\1", r"^(.)(?!\1)", r"^v?\d+(\.\d+)*$", r"^([0-9a-fA-F]{64},?)*$",
    r"(a?)*c", r"^(a(b?))*$", r"^(-(a?|b+))*$", r"[^[]", r"[[a]", "(ab+)+c", "^([a-z]+-)*[a-z]+$", r"^(\d{3}-)+$", r"^([a-z]{1,200}[0-9]{1,190})*$", r"^.{0,5000}$",
    "^(?:" + "|".join(f"zone{number}/city" for number in range(800)) + ")$",
]  # fmt: skip

# Texts that match a pattern, and texts that do not, according to ECMA 262.
READINGS: dict[str, tuple[list[str], list[str]]] = {
    r"^\d+$": (["12"], ["٣", "12\n", "１"]),
    r"^\D$": (["٣", "a"], ["1"]),
    r"^\w+$": (["aZ_9"], ["é", "a\n", "ſ"]),
    r"^\s$": ([" ", "\ufeff", "\u2028", "\xa0"], ["\x1c", "\x85", "\u180e"]),
    r"^\S$": (["\x1c", "\x85", "😀"], ["\ufeff", "\u3000"]),
    r"a\b": (["a", "aé", "a b"], ["ab"]),
    r"^(?=a)\w\b.": (["aé", "a b"], ["ab", "éa"]),
    r"a\B": (["ab", "a_"], ["a", "aé"]),
    r"^.$": (["a", "\x85", "😀"], ["\n", "\r", "\u2028", "\u2029"]),
    r"^a$": (["a"], ["a\n", "\na"]),
    r"^(?=a)\w.$": (["ab"], ["ab\n", "a\r", "é"]),
    r"^(\w)\1$": (["aa"], ["éé", "aa\n"]),
    r"^[\s\S]$": (["\n", "é", "😀"], [""]),
    r"^[^\s\S]": ([], ["", "a"]),
    r"^[[a]$": (["[", "a"], ["b"]),
    r"^[a&&b]$": (["a", "&", "b"], ["|"]),
    r"^[+--]$": (["+", ",", "-"], ["."]),
    r"^[a-c-e]$": (["b", "-", "e"], ["d"]),
    r"^[\b\0]\0?$": (["\b", "\0\0"], ["b", "0"]),
    r"^[\w-]$": (["-", "a"], ["é"]),
    r"^\x41\u00e9\/$": (["Aé/"], ["A"]),
    "b": (["abc"], ["ac"]),
    r"^\p{Lu}\p{L}*$": (["Éa", "A"], ["a", "A1"]),
    r"^[^\p{Cc}/]{1,3}$": (["é1"], ["a/", "\n"]),
    r"^(?<year>\d{4})-(?<month>\d\d)$": (["2026-11"], ["2026-1", "٢٠٢٦-11"]),
    r"^(?:x)(?<a>.)\k<a>1$": (["xbb1"], ["xbc1", "xbb"]),
    r"^\uD83D\uDE00\u{1F600}$": (["😀😀"], ["😀"]),
    r"^[\uD83D\uDE00a]$": (["😀", "a"], ["b"]),
    r"^\cA$": (["\x01"], ["A"]),
    "a[]": ([], ["a", "a]"]),
    "^[^]$": (["\n", "é"], [""]),
    r"^(?!x)[\D\s]$": (["a", "٣", "\ufeff"], ["1", "x"]),
    r"^(?=.)[^\w\s]$": (["é", "-"], ["a", "\ufeff"]),
    r"^(?=.)[[&&]$": (["[", "&"], ["a"]),
    r"^(?=.)[+--]$": (["+", ",", "-"], ["."]),
    r"^(?=.)\/\-$": (["/-"], ["/"]),
    r"(?<!a)b": (["b", "cb"], ["ab"]),
    r"^[a-z]+-?[a-z]+$": (["a-b", "ab"], ["a", "-a"]),
    r"^(?!x)\w+\s*\w+$": (["ab", "a b"], ["a", "xb"]),
    r"^(?!x)(\d{1,}),*\d{1,}\1$": (["121", "1,21"], ["12"]),
    r"^(?<hostname>[a-z]+)$": (["abc"], ["1"]),
    r"^[^\ud800-\udfff]*$": (["é", "😀"], []),
    r"^(?!x)[--9]+$": ([".", "-9"], ["a"]),
    r"^(?=.)[(?<>]{2}\1?()$": (["(?", "<>"], ["a>"]),
    "^(?:a+)+$": (["aaa"], ["a" * 5000 + "b"]),
    r"^\d{3}\-\d{4}$": (["123-4567"], ["1234567"]),
}


@pytest.mark.parametrize("pattern", WRONG)
def test_a_pattern_that_ecma_262_does_not_have(pattern: str) -> None:
    position, message = WRONG[pattern]
    problem = pattern_problem(pattern)
    assert problem is not None
    assert problem.position == position
    assert message in problem.message


@pytest.mark.slow
@pytest.mark.parametrize(
    "pattern", ["((a{0,1000}){0,1000})*", r"^(\p{L}{1,100}-){1,100}$", "(?:(?=a))*b", r"^([^]{1,1000}-){1,100}$"]
)
def test_a_pattern_that_cannot_be_compiled_is_not_checked(pattern: str, project: Project) -> None:
    problem = pattern_problem(pattern)
    assert problem is not None
    assert not problem.is_error
    project.span_types(agent=properties(x={"type": "string", "pattern": pattern}))
    line = only(project.generate().findings)
    assert "warning PG033: the pattern is not checked: " in line
    project.load().AgentParams(x="anything")


@pytest.mark.parametrize("pattern", VALID, ids=lambda pattern: pattern[:40])
def test_patterns_that_people_write_are_valid(pattern: str) -> None:
    assert pattern_problem(pattern) is None


def test_a_wrong_pattern_is_reported_wherever_it_stands(project: Project) -> None:
    schema = {
        "type": "object",
        "patternProperties": {"a\\Z": {}},
        "propertyNames": {"pattern": "b\\Z"},
        "not": {"properties": {"x": {"pattern": "(?>a)"}}},
        "if": {"items": {"pattern": "["}},
        "$defs": {"c": {"pattern": "(?#c)"}},
        "properties": {"pattern": {"enum": [{"pattern": "\\Z"}]}},
    }
    project.span_types(agent=schema)
    found = project.generate().findings
    assert all("error PG006: not a regular expression: " in line for line in found)
    assert sorted(line.pointer.removeprefix("/span_schemas/agent") for line in found) == [
        "/$defs/c/pattern",
        "/if/items/pattern",
        "/not/properties/x/pattern",
        "/patternProperties/a\\Z",
        "/propertyNames/pattern",
    ]


# A pattern in each place: in a type, in a keyword that only the schema check knows, for names.
PLACES: dict[str, Any] = {
    "typed": lambda pattern: {"type": "string", "pattern": pattern},
    "nullable": lambda pattern: {"type": ["string", "null"], "pattern": pattern},
    "untyped": lambda pattern: {"pattern": pattern},
    "not": lambda pattern: {"not": {"not": {"pattern": pattern}}},
    "map": lambda pattern: {**OBJECT, "patternProperties": {pattern: {}}, "additionalProperties": False},
    "open": lambda pattern: {
        **OBJECT, "patternProperties": {pattern: {"const": 1}}, "additionalProperties": {"const": 2},
    },
    "names": lambda pattern: {**OBJECT, "propertyNames": {"pattern": pattern}},
    "unevaluated": lambda pattern: {
        **OBJECT, "allOf": [{"patternProperties": {pattern: {}}}], "unevaluatedProperties": False,
    },
}  # fmt: skip
FOR_NAMES = {"map", "open", "names", "unevaluated"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, type[BaseModel]]]:
    folder = tmp_path_factory.mktemp("patterns")
    schemas = {
        f"p{number}": properties(**{place: schema(pattern) for place, schema in PLACES.items()})
        for number, pattern in enumerate(READINGS)
    }
    generated = _generated(folder, {**schemas, "long": LONG})
    yield {"long": generated["long"], **{text: generated[f"p{number}"] for number, text in enumerate(READINGS)}}
    forget("pattern_spans")


def _generated(folder: Path, schemas: dict[str, Any]) -> dict[str, type[BaseModel]]:
    (folder / "spans.json").write_text(json.dumps({"span_schemas": schemas}), "utf-8")
    generated = generate_package(["spans.json"], folder, folder / "pattern_spans")
    (folder / "pattern_spans").mkdir()
    for name, text in generated.value.files.items():
        (folder / "pattern_spans" / name).write_text(text, "utf-8")
    span_types = load_package(folder, "pattern_spans").SPAN_TYPES
    return {name: span_types[name].Params for name in schemas}


LONG = {
    "type": "object",
    "properties": {
        "not": {"not": {"pattern": r"\s+$"}},
        "if": {"if": {"pattern": r"\s+$"}, "then": {"maxLength": 1}},
        "typed": {"type": "string", "pattern": r"\s+$"},
        "names": {"type": "object", "patternProperties": {r"\s+$": False}},
    },
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("pattern", READINGS)
def test_a_pattern_means_what_ecma_262_says(pattern: str, place: str, models: dict[str, type[BaseModel]]) -> None:
    matching, others = READINGS[pattern]
    for text in (*matching, *others):
        payload = {place: {text: 1} if place in FOR_NAMES else text}
        assert is_valid(models[pattern], payload) == (text in matching), text


def test_a_long_text_is_checked_in_linear_time(models: dict[str, type[BaseModel]]) -> None:
    text = " " * 2**20 + "x"
    assert is_valid(models["long"], {"not": text, "if": text, "names": {text: 1}})
    assert not is_valid(models["long"], {"typed": text})
    assert not is_valid(models["long"], {"not": text + " "})


# Patterns that need backtracking, and values that take too many steps.
HOSTILE: dict[str, tuple[dict[str, Any], Any]] = {
    "typed": ({"type": "string", "pattern": r"^(?=a)((a|aa)+)\1b$"}, "a" * 3000),
    "not": ({"not": {"pattern": r"^(?=a)((a|aa)+)\1b$"}}, "a" * 3000),
    "option": ({"oneOf": [{"pattern": r"^((a|aa)+)\1b$"}, {"type": "string"}]}, "a" * 3000),
    "names": ({"type": "object", "patternProperties": {r"^((a|aa)+)\1b$": False}}, {"a" * 3000: 1}),
    "a long text": ({"type": "string", "pattern": r"(?=.*[A-Z])(?=.*\d).{8,}"}, "a" * 500_000),
    "a long name": ({"type": "object", "patternProperties": {r"(?=.*[A-Z])\d": False}}, {"a" * 500_000: 1}),
    "a long text at its beginning": ({"not": {"pattern": "^(?:(?!.*secret).)*$"}}, "a" * 500_000),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_value_that_takes_too_many_steps_is_refused(case: str, project: Project) -> None:
    schema, value = HOSTILE[case]
    project.span_types(agent=properties(x=schema))
    assert project.generate().code == 0
    model = project.load().AgentParams
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"x": value})
    (error,) = caught.value.errors(include_input=False)
    assert error["loc"] in {("x",), ()}
    assert error["msg"].startswith("Could not be checked: ")


@pytest.mark.parametrize("pattern", ["^[a-z]+(-x)?$", r"^\.\/$", "[^@]+@é{2,}?", r"\x41\u00e9|[\n\t]", r"^(?!x)\d\b"])
def test_a_model_names_the_pattern_of_its_schema(pattern: str, project: Project) -> None:
    project.span_types(agent=properties(x={"type": "string", "pattern": pattern}))
    assert project.generate().code == 0
    model = project.load().AgentParams
    assert model.model_json_schema()["properties"]["x"]["pattern"] == pattern
    with pytest.raises(ValidationError) as caught:
        model(x="\x7f")
    (error,) = caught.value.errors(include_input=False)
    assert (error["type"], error["msg"]) == ("string_pattern_mismatch", f"String should match pattern '{pattern}'")


def test_a_default_that_takes_too_many_steps(project: Project) -> None:
    schema = {"type": "string", "pattern": r"^((a|aa)+)\1$", "default": "a" * 3001 + "b"}
    project.span_types(agent=properties(x=schema))
    line = only(project.generate().findings)
    assert "warning PG029" in line  # nobody knows whether it is wrong (PG026)
    assert line.endswith("could not be checked: its pattern takes too many steps on this text")
