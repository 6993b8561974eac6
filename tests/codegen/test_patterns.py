"""Patterns mean what ECMA 262 says to everyone; those that cannot, or that never end, are refused where they stand.

What matches was compared with Node.js (`new RegExp(pattern, "u").test(text)`).
"""

# ruff: noqa: E501, RUF001  # patterns, whole, and the characters that they are about

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from tests.codegen.support import Project, load_package

from prefactor_gen.emit import Origin
from prefactor_gen.patterns import pattern_problem
from prefactor_gen.pipeline import generate_package

# Pattern → the part that the message names, and what it says.
DIFFERENT = {
    r"(?P<n>a)": ("(?P", "names of groups differ: write (…)"),
    r"(a)(?P=n)": ("(?P", "names of groups differ"),
    r"(?<n>a)": ("(?<", "Python has no (?<name>…)"),
    r"a\k<n>": (r"\k", "refer to the group by its number"),
    r"(?i)a": ("(?i)", "no flags inside a pattern"),
    r"(?i:a)": ("(?i:", "no flags inside a pattern"),
    r"a(?#b)": ("(?#", "use $comment"),
    r"(a)(?(1)b|c)": ("(?(", "write an alternative for each case"),
    r"(?>a)": ("(?>", "write (?:…)"),
    r"\Aa": (r"\A", "write ^"),
    r"a\Z": (r"\Z", "write $"),
    r"a\z": (r"\z", "write $"),
    r"\a": (r"\a", r"write \x07"),
    r"\cA": (r"\c", r"write the character as \xhh"),
    r"\p{L}": (r"\p", "write the characters themselves"),
    r"\N{BULLET}": (r"\N", "write the character itself"),
    r"\U00000041": (r"\U", "write the character itself"),
    r"\u{41}": (r"\u{", "write the character itself"),
    r"\ud83d\ude00": (r"\ud83d", "write the character itself"),
    r"a\012": (r"\0", r"write the character as \xhh"),
    r"[\1]": (r"\1", r"write the character as \xhh"),
    r"\1(a)": (r"\1", "no group that ends before it"),
    r"(a\1)": (r"\1", "no group that ends before it"),
    r"(a)?\1": (r"\1", "a group that may have taken nothing"),
    r"(?:(a)|b)\1": (r"\1", "a group that may have taken nothing"),
    r"(?!(a))b\1": (r"\1", "a group that may have taken nothing"),
    r"^\d{3}\-\d{4}$": (r"\-", "write -"),
    r"\_": (r"\_", "write _"),
    r"a++": ("a++", "write + without the +"),
    r"a{2}+": ("a{2}+", "write {2} without the +"),
    r"a{,3}": ("{,3}", "write {0,3}"),
    r"{{name}}": ("{", r"write \{"),
    r"a}": ("}", r"write \}"),
    r"a]": ("]", r"write \]"),
    r"[[:alpha:]]": ("[[:alpha:]]", "the class ends at the first ]: write the characters of both in one, as [A-Za-z]"),
    r"[a-z&&[^b]]": ("[a-z&&[^b]]", "the class ends at the first ]"),
    r"[[a]b]": ("[[a]b]", r"or \] for the character"),
    r"[[a]]b]": ("[[a]]", "the class ends at the first ]"),
    r"[\A]": (r"\A", "leave it out, for a class has characters only"),
    r"[a\z]": (r"\z", "leave it out, for a class has characters only"),
    r"[\p{L}]": (r"\p", "write the characters themselves"),
    r"[^]": ("[^]", r"[\s\S] for any character"),
    r"[]": ("[]", "(?!) for what never matches"),
    r"[]a]": ("[]", r"write \] for that"),
    r"(?=a)*": ("(?=a)*", "leave the quantifier out"),
    r"(?<=a+)b": ("(?<=a+)b", "look-behind requires fixed-width"),
    "a" * 20_001: ("aaaa", "at most 20,000 characters, found 20,001"),
    "(" * 61 + ")" * 61: ("(", "deeper than 60 levels"),
}

NONE = {
    "(": "( is not closed",
    "a)": ") closes nothing",
    "[a": "[ is not closed",
    "*a": "nothing that this * repeats",
    "a**": "nothing that this * repeats",
    "a{1}{2}": "nothing that this {2} repeats",
    "{2,}": "nothing that this {2,} repeats",
    "a{3,2}": "at least 3 and at most 2",
    "[z-a]": "the wrong way round",
    r"[a-\d]": "a range goes from one character to one",
    "a\\": "escapes nothing",
    "(?x": "no group begins like this",
    r"\x4": "2 hexadecimal digits",
    r"\i": r"no escape \i",
}

# Pattern → the loop that the message names.
ENDLESS = {
    "(a+)+$": "(a+)+",
    "(a|a)*b": "(a|a)*",
    "(a|aa)+$": "(a|aa)+",
    "^(?=a)(a+)+$": "(a+)+",
    "(?!(a*)*b)c": "(a*)*",
    "(?:x(?=(b+)+c))*y": "(b+)+",
    "(.*)*": "(.*)*",
    "(a(b?)*)*c": "(a(b?)*)*",
    "(a(b?)+)*c": "(a(b?)+)*",
    "(a(b*)?)*c": "(a(b*)?)*",
    "((a?)*b)+c": "((a?)*b)+",
    "x(a(b|)?)*c": "(a(b|)?)*",
    r"(\w+\s?)*$": r"(\w+\s?)*",
    "([a-z]+)*=": "([a-z]+)*",
    "x(a?b?)*c": "(a?b?)*",
    "(x(b?|c?))*y": "(x(b?|c?))*",
    r"^(\d|[0-9a-f])+$": r"(\d|[0-9a-f])+",
    "(ab|a|b)*c": "(ab|a|b)*",
    r"^(\w+ ?){1,50}$": r"(\w+ ?){1,50}",
    "^((a{1,5}){5}){5}b": "(a{1,5}){5}",
    r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*@": r"(([\-.]|[_]+)?([a-zA-Z0-9]+))*",
    "((b{1000}){1000})*": "((b{1000}){1000})*",
    "((a{0,1000}){0,1000})*": "((a{0,1000}){0,1000})*",
    "((){1000000}a)*": "((){1000000}a)*",
}

SOUND = [
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

# Pattern → texts that match, and texts that do not, by ECMA 262.
READINGS: dict[str, tuple[list[str], list[str]]] = {
    r"^\d+$": (["12"], ["٣", "12\n", "１"]),
    r"^\D$": (["٣", "a"], ["1"]),
    r"^\w+$": (["aZ_9"], ["é", "a\n", "ſ"]),
    r"^\s$": ([" ", "\ufeff", "\u2028", "\xa0"], ["\x1c", "\x85", "\u180e"]),
    r"^\S$": (["\x1c", "\x85", "😀"], ["\ufeff", "\u3000"]),
    r"a\b": (["a", "aé", "a b"], ["ab"]),
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
}


def only(found: list[str]) -> str:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("pattern", DIFFERENT, ids=lambda pattern: pattern[:30])
def test_what_python_reads_differently_is_refused(pattern: str) -> None:
    part, said = DIFFERENT[pattern]
    code, message = pattern_problem(pattern) or ("", "")
    assert code == "PG027"
    assert f"'{part}" in message
    assert said in message


@pytest.mark.parametrize("pattern", NONE)
def test_what_nobody_reads_is_told(pattern: str) -> None:
    code, message = pattern_problem(pattern) or ("", "")
    assert (code, message.startswith("not a regular expression: ")) == ("PG006", True)
    assert NONE[pattern] in message


@pytest.mark.parametrize("pattern", ENDLESS)
def test_what_backtracks_without_end_is_refused(pattern: str) -> None:
    code, message = pattern_problem(pattern) or ("", "")
    loop = ENDLESS[pattern]
    assert (code, message.split(" of ")[0]) == ("PG028", f"'{loop}' at character {pattern.index(loop) + 1}")


def test_many_loops_are_too_large_together() -> None:
    loop = "((a?b?c?d?e?f?g?h?-){1,40}_)*"
    assert pattern_problem(loop) is None
    code, message = pattern_problem(loop * 300) or ("", "")
    assert (code, message.split(" at ")[0]) == ("PG028", f"'{loop}'")
    assert "with the loops before it 300,000 pairs of steps; repeat less in it" in message


@pytest.mark.parametrize("pattern", SOUND, ids=lambda pattern: pattern[:40])
def test_what_people_write_is_taken(pattern: str) -> None:
    assert pattern_problem(pattern) is None


def test_a_pattern_is_found_wherever_it_stands(project: Project) -> None:
    schema = {
        "type": "object",
        "patternProperties": {"\\Aa": {}},
        "propertyNames": {"pattern": "b\\Z"},
        "not": {"properties": {"x": {"pattern": "(a+)+"}}},
        "if": {"items": {"pattern": "["}},
        "$defs": {"c": {"pattern": "(?i)c"}},
        "properties": {"pattern": {"enum": [{"pattern": "\\Z"}]}},
    }
    project.span_types(agent=schema)
    found = [line.split(" /span_schemas/agent")[1].split(": ")[:2] for line in project.generate().findings]
    assert sorted((place, said.removeprefix("error ")) for place, said in found) == [
        ("/$defs/c/pattern", "PG027"),
        ("/if/items/pattern", "PG006"),
        ("/not/properties/x/pattern", "PG028"),
        ("/patternProperties/\\Aa", "PG027"),
        ("/propertyNames/pattern", "PG027"),
    ]


def test_no_definition_can_allow_it(project: Project) -> None:
    allowed = {"pattern": "a\\Z", "x-prefactor-allow": {"PG027": "We like it."}}
    project.span_types(agent={"type": "object", "properties": {"x": allowed}})
    assert any("PG027 cannot be allowed" in line for line in project.generate().findings)


# A pattern in each place: by a type, by the schema itself, as a name.
PLACES: dict[str, Any] = {
    "typed": lambda pattern: {"type": "string", "pattern": pattern},
    "nullable": lambda pattern: {"type": ["string", "null"], "pattern": pattern},
    "untyped": lambda pattern: {"pattern": pattern},
    "not": lambda pattern: {"not": {"not": {"pattern": pattern}}},
    "map": lambda pattern: _names({"patternProperties": {pattern: {}}, "additionalProperties": False}),
    "open": lambda pattern: _names(
        {"patternProperties": {pattern: {"const": 1}}, "additionalProperties": {"const": 2}}
    ),
    "names": lambda pattern: _names({"propertyNames": {"pattern": pattern}}),
    "unevaluated": lambda pattern: _names(
        {"allOf": [{"patternProperties": {pattern: {}}}], "unevaluatedProperties": False}
    ),
}


def _names(said: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", **said}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, type[BaseModel]]]:
    folder = tmp_path_factory.mktemp("patterns")
    project_schemas = {
        f"p{number}": {"type": "object", "properties": {name: made(pattern) for name, made in PLACES.items()}}
        for number, pattern in enumerate(READINGS)
    }
    project_schemas["long"] = LONG
    yield _generated(folder, project_schemas)
    for module in [name for name in sys.modules if name.partition(".")[0] == "pattern_spans"]:
        del sys.modules[module]


def _generated(folder: Path, schemas: dict[str, Any]) -> dict[str, type[BaseModel]]:
    (folder / "spans.json").write_text(json.dumps({"span_schemas": schemas}), "utf-8")
    generated = generate_package(["spans.json"], folder, folder / "pattern_spans", Origin())
    (folder / "pattern_spans").mkdir()
    for name, text in generated.files.items():
        (folder / "pattern_spans" / name).write_text(text, "utf-8")
    importlib.invalidate_caches()
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


def accepts(model: type[BaseModel], payload: object) -> bool:
    try:
        model.__pydantic_validator__.validate_python(payload, by_alias=True, by_name=False)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("pattern", READINGS)
def test_a_pattern_means_what_ecma_262_says(pattern: str, place: str, models: dict[str, type[BaseModel]]) -> None:
    model = models[f"p{[*READINGS].index(pattern)}"]
    matching, others = READINGS[pattern]
    as_name = place in {"map", "open", "names", "unevaluated"}
    for text in (*matching, *others):
        assert accepts(model, {place: {text: 1} if as_name else text}) == (text in matching), text


def test_a_long_text_is_checked_in_linear_time(models: dict[str, type[BaseModel]]) -> None:
    text = " " * 2**20 + "x"
    assert accepts(models["long"], {"not": text, "if": text, "names": {text: 1}})
    assert not accepts(models["long"], {"typed": text})
    assert not accepts(models["long"], {"not": text + " "})


@pytest.mark.parametrize("pattern", ["^[a-z]+(-x)?$", r"^\.\/$", "[^@]+@é{2,}?", r"\x41\u00e9|[\n\t]"])
def test_a_pattern_that_all_read_alike_stays_as_it_is(pattern: str, project: Project) -> None:
    project.span_types(agent={"type": "object", "properties": {"x": {"type": "string", "pattern": pattern}}})
    assert project.generate().code == 0
    schema = load_package(project.package.parent, "made").AgentParams.model_json_schema()
    assert schema["properties"]["x"]["pattern"] == pattern


def test_a_default_is_not_held_against_an_endless_pattern(project: Project) -> None:
    schema = {"type": "string", "pattern": "^(a|aa)+$", "default": "a" * 60 + "b"}
    project.span_types(agent={"type": "object", "properties": {"x": schema}})
    assert "PG028" in only([line for line in project.generate().findings if "PG026" not in line])


def test_who_has_no_pattern_pays_nothing() -> None:
    program = "import sys, prefactor_spans; prefactor_spans.AgentLlm; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "prefactor_core.typed" in done.stdout.split()
    assert not {"prefactor_core._patterns", "prefactor_core._ecma", "jsonschema"} & {*done.stdout.split()}
