"""Schemas that apply many subschemas to the same value: the engine, which cannot be stopped, would take hours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.processes import run

from prefactor_schema import JsonSchema, SchemaError


def chain(count: int, leaf: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    """Definitions that each refer to the next one, wherever `link` says `next`."""
    definitions = {f"d{number}": linked(link, f"#/$defs/d{number + 1}") for number in range(count)}
    return {"$ref": "#/$defs/d0", "$defs": {**definitions, f"d{count}": leaf}}


def linked(node: Any, target: str) -> Any:
    if isinstance(node, dict):
        return {key: linked(item, target) for key, item in node.items()}
    if isinstance(node, list):
        return [linked(item, target) for item in node]
    return {"$ref": target} if node == "next" else node


TEXT = {"type": "string", "maxLength": 5}
TWICE_IN_PLACE = {
    "allOf": {"allOf": ["next", {"allOf": ["next", {}]}]},
    "anyOf": {"anyOf": ["next", {"allOf": ["next"], "minLength": 1}]},
    "dependentSchemas": {"dependentSchemas": {"a": "next", "b": "next"}},
    "if": {"if": "next", "then": "next"},
    "not": {"not": {"anyOf": ["next", {"not": "next"}]}},
    "oneOf": {"oneOf": ["next", {"allOf": ["next"], "minLength": 1}]},
    "unevaluatedProperties": {"anyOf": ["next"], "unevaluatedProperties": False},
}
TWICE_IN_MEMBERS = {
    "allOf": {"allOf": [{"properties": {"a": "next"}}, {"additionalProperties": "next"}]},
    "anyOf": {"anyOf": [{"properties": {"a": "next"}}, {"properties": {"a": "next"}, "required": ["b"]}]},
    "contains": {"items": "next", "contains": "next"},
    "patternProperties": {"properties": {"a": "next"}, "patternProperties": {"a": "next"}},
}


def nested(levels: int, value: object, *, in_list: bool = False) -> object:
    for _ in range(levels):
        value = [value] if in_list else {"a": value}
    return value


@pytest.mark.parametrize("link", TWICE_IN_PLACE.values(), ids=TWICE_IN_PLACE.keys())
def test_a_value_is_compared_with_too_many_schemas(link: dict[str, Any]) -> None:
    with pytest.raises(SchemaError, match="it applies more than 100,000 subschemas to one value"):
        JsonSchema(chain(40, TEXT, link)).check_schema()
    JsonSchema(chain(5, TEXT, link)).check_schema()


def doubling(prefix: str, at: str = "$defs", **beside: str) -> dict[str, Any]:
    """A chain of definitions, each with two references that begin so."""
    links = {f"d{n}": {"anyOf": [{**beside, "$ref": f"{prefix}{n + 1}"}] * 2} for n in range(40)}
    return {"$ref": f"{prefix}0", at: {**links, "d40": TEXT}}


_EMBEDDED = "https://example.org/a"
NAMED = {
    "relative": {"$id": "https://example.org/root", **doubling("root#/$defs/d")},
    "without a name": doubling("https://schema.prefactor.invalid/#/$defs/d"),
    "embedded": {"$ref": _EMBEDDED, "$defs": {"a": {"$id": _EMBEDDED, **doubling("#/$defs/d")}}},
    "a name beside a reference": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **doubling("#/definitions/d", at="definitions", **{"$id": _EMBEDDED}),
    },
}


@pytest.mark.parametrize("schema", NAMED.values(), ids=NAMED.keys())
def test_references_are_relative_to_the_schema_around_them(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError, match="it applies more than 100,000 subschemas to one value"):
        JsonSchema(schema).check_schema()


@pytest.mark.parametrize(("keyword", "link"), TWICE_IN_MEMBERS.items(), ids=TWICE_IN_MEMBERS.keys())
def test_a_value_of_many_levels_is_compared_with_too_many_schemas(keyword: str, link: dict[str, Any]) -> None:
    schema = JsonSchema(chain(40, TEXT, link))
    (found,) = schema.mismatches(nested(40, "abc", in_list=keyword == "contains"))
    assert found.text == "Could not be checked: its schema takes too long for a value of 40 levels"
    assert not schema.certainly_matches(nested(40, "abc", in_list=keyword == "contains"))
    shallow = JsonSchema(chain(5, TEXT, link))
    assert shallow.certainly_matches(nested(5, "abc", in_list=keyword == "contains"))
    assert shallow.mismatches(nested(5, "abcdef", in_list=keyword == "contains"))[0].checked


@pytest.mark.parametrize("link", TWICE_IN_MEMBERS.values(), ids=TWICE_IN_MEMBERS.keys())
def test_recursive_schemas_have_no_such_limit(link: dict[str, Any]) -> None:
    """The engine evaluates what leads back once for each value."""
    schema = JsonSchema({"anyOf": [TEXT, {"type": ["object", "array"], **linked(link, "#")}]})
    assert schema.certainly_matches(nested(60, "abc", in_list="contains" in link))
    assert schema.mismatches(nested(60, "abcdef", in_list="contains" in link))[0].checked


EXPLAINED = """
import sys
sys.path[:0] = {path!r}
from tests.schema.test_evaluations import TEXT, chain, nested
from prefactor_schema import JsonSchema
for keyword in ("oneOf", "anyOf", "allOf"):
    link = {{keyword: ["next", {{"type": "object", "properties": {{"a": "next"}}}}]}}
    schema = JsonSchema(chain(25, TEXT, link))
    found = [schema.mismatches(nested(levels, "abcdef")) for levels in range(14)]
    print(keyword, all(found))
"""


@pytest.mark.slow
def test_explanations_of_options_that_refer_to_options_end(tmp_path: Path) -> None:
    done = run([sys.executable, "-c", EXPLAINED.format(path=sys.path)], tmp_path)
    assert (done.stdout, done.stderr) == ("oneOf True\nanyOf True\nallOf True\n", "")
