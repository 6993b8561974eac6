"""Members that stand in a branch: they are keywords, every valid call type-checks, and no type is too narrow."""

from __future__ import annotations

import copy
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.codegen.support import is_valid, load_package, run_silently, type_errors

from prefactor_schema import JsonSchema

Json: TypeAlias = dict[str, Any]

NAMES = ["a", "b", "kind", "o"]
OBJECTS: list[Json] = [{}, {"a": 1}, {"a": "x"}, {"a": 1, "b": "x"}, {"kind": "k1", "a": 1}, {"kind": "k2", "b": "x"}]
VALUES: dict[str, list[Any]] = {
    "a": [1, "x", None, "y"],
    "b": [1, "x", [1], ["x"]],
    "kind": ["k1", "k2", "k3"],
    "o": [*OBJECTS, 1],
}
MEMBERS: list[Any] = [
    {"type": "string"}, {"type": "integer"}, {"type": ["string", "null"]}, {"enum": ["x", "y"]}, {"const": 1}, True,
    {"type": "array", "items": {"type": "integer"}}, {"$ref": "#/$defs/text"},
]  # fmt: skip
DEFINITIONS: Json = {
    "text": {"type": "string"},
    "named": {"properties": {"b": {"type": "string"}}, "required": ["b"]},
    "node": {"type": "object", "properties": {"a": {"type": "integer"}}, "anyOf": [{"$ref": "#/$defs/inner"}, True]},
    "inner": {"properties": {"o": {"$ref": "#/$defs/node"}}},
}


def objects(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """What an object schema, or a branch of one, says about its members."""
    member = st.sampled_from(MEMBERS) | inner.map(lambda schema: {"type": "object", **schema})
    members: dict[str, st.SearchStrategy[Any]] = {
        "a": member, "b": member, "kind": st.sampled_from([{"type": "string"}, {"enum": ["k1", "k2"]}]), "o": member,
    }  # fmt: skip
    return st.fixed_dictionaries(
        {"properties": st.fixed_dictionaries({}, optional=members)},
        optional={"required": st.lists(st.sampled_from(NAMES), max_size=2, unique=True)},
    )


def told_apart(options: list[Json]) -> list[Json]:
    """Options that a required constant tells apart."""
    return [
        {**option, "properties": {**option["properties"], "kind": {"const": f"k{number}"}}, "required": ["kind"]}
        for number, option in enumerate(options, 1)
    ]


def branches(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Keywords that hold branches."""
    branch = inner | st.just({"$ref": "#/$defs/named"})
    options = st.lists(branch, min_size=2, max_size=3)
    condition = st.sampled_from([{"properties": {"kind": {"const": "k1"}}}, {"required": ["a"]}])
    conditional = st.fixed_dictionaries({"if": condition, "then": branch}, optional={"else": branch})
    return st.one_of(
        st.fixed_dictionaries({"oneOf": options}),
        st.fixed_dictionaries({"anyOf": options}),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=2, max_size=3).map(told_apart)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=2, max_size=2).map(told_apart)}),
        conditional,
        st.fixed_dictionaries({"dependentSchemas": st.fixed_dictionaries({"a": branch})}),
        st.fixed_dictionaries({"allOf": st.lists(st.fixed_dictionaries({"oneOf": options}), min_size=1, max_size=2)}),
        st.fixed_dictionaries(
            {"allOf": st.lists(st.fixed_dictionaries({"if": condition, "then": branch}), min_size=1, max_size=2)}
        ),
        st.just({"$ref": "#/$defs/node"}),
    )


def with_branches(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.builds(combined, objects(inner), branches(objects(inner) | inner), st.booleans())


def combined(schema: Json, keywords: Json, has_kind: bool) -> Json:
    if not has_kind:
        return {**schema, **keywords}
    members = {**schema["properties"], "kind": {"enum": ["k1", "k2", "k3"]}}
    return {**schema, **keywords, "properties": members, "required": ["kind"]}


PLAIN = objects(st.just({"properties": {"a": {"type": "integer"}}}))
SCHEMAS = with_branches(PLAIN) | with_branches(with_branches(PLAIN))


def closed(schema: Json) -> Json:
    """The schema whose objects have only members that it names for them."""
    result = copy.deepcopy(schema)
    pending = [result]
    while pending:
        part = pending.pop()
        if part.get("type") == "object":
            part["unevaluatedProperties"] = False
        for value in part.values():
            inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else []
            pending.extend(each for each in (value, *inner) if isinstance(each, dict))
    return result


def payloads() -> Iterator[Json]:
    choices = [[None, *((name, value) for value in VALUES[name])] for name in NAMES]
    for chosen in itertools.product(*choices):
        yield dict(each for each in chosen if each is not None)


PAYLOADS = list(payloads())


def some(items: list[Json], count: int) -> list[Json]:
    """Different ones of the items, the same ones in every run."""
    return random.Random(len(items)).sample(items, min(count, len(items)))


def schemas_with_payloads(count: int) -> list[tuple[Json, list[Json]]]:
    """Random schemas, each with valid payloads of members that it names."""
    found: dict[str, tuple[Json, list[Json]]] = {}

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(SCHEMAS)
    def collect(schema: Json) -> None:
        whole = {"type": "object", **schema, "$defs": DEFINITIONS}
        matches = JsonSchema(closed(whole)).matches
        valid = [payload for payload in PAYLOADS if matches(payload)]
        if len(valid) > 5:
            found[json.dumps(schema)] = whole, valid

    collect()
    return list(found.values())


@pytest.mark.slow
def test_every_valid_call_of_random_schemas_type_checks_and_no_model_is_too_narrow(tmp_path: Path) -> None:
    cases = schemas_with_payloads(250)
    assert len(cases) > 60
    schemas = {f"s{number}": schema for number, (schema, _) in enumerate(cases)}
    (tmp_path / "spans.json").write_text(json.dumps({"span_schemas": schemas}))
    code, printed = run_silently(
        str(tmp_path / "spans.json"), "--output", str(tmp_path), "--package", "branched", "--no-cache"
    )
    assert code == 0, printed
    lines = [f"from branched import {', '.join(f'S{number}' for number in range(len(cases)))}"]
    for number, (_, valid) in enumerate(cases):
        lines.append(f"async def call_{number}(span: S{number}) -> None:")
        for payload in some(valid, 12):
            arguments = ", ".join(f"{name}={value!r}" for name, value in payload.items())
            lines.extend([f"    await span.start({arguments})", f"    await span.start_with({payload!r})"])
            if "o" not in payload:
                lines.append(f"    S{number}.Params({arguments})")
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "__init__.py").write_text("\n".join(lines))
    assert type_errors(tmp_path) == ""
    package = load_package(tmp_path, "branched")
    for number, (schema, _) in enumerate(cases):
        matches = JsonSchema(schema).matches
        params = getattr(package, f"S{number}").Params
        wrong = [payload for payload in PAYLOADS[::3] if is_valid(params, payload) != matches(payload)]
        assert not wrong, (schema, wrong[:3])
