"""Hostile or odd names and texts never become code: they stay data, or they are reported."""

# ruff: noqa: E501  # tables

from __future__ import annotations

import ast
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.codegen.hostile import NAMES, TEXTS, executed, schemas_of_names
from tests.codegen.schemas import properties
from tests.codegen.support import Project, load_package, run_silently

from prefactor_templates.parsing import MAX_TEMPLATE


@pytest.mark.slow
def test_payloads_with_any_property_name_are_returned_unchanged(packages: Path) -> None:
    span_types = load_package(packages, "names_package").SPAN_TYPES
    for name, schema in schemas_of_names().items():
        payload = {key: sample(member) for key, member in schema["properties"].items()}
        assert span_types[name].Params.model_validate(payload).model_dump(by_alias=True) == payload
    assert not executed()


def sample(schema: dict[str, Any]) -> Any:
    scalars = {"string": "text", "boolean": True, "number": 1.5, None: "a"}
    match schema.get("type"):
        case "object":
            return {key: sample(member) for key, member in schema["properties"].items()}
        case ["integer", "null"]:
            return 1
        case name:
            return scalars[name]


def entry_of(name: str, text: str) -> dict[str, Any]:
    """Return a span type with the text in every place that takes one."""
    schema = {
        "title": text,
        "description": text,
        "$comment": text,
        "type": "object",
        "default": {text: text},
        "examples": [text],
        "x-any": {text: text},
        "properties": {
            "plain": {"type": "string", "title": text, "description": text, "default": text},
            "choice": {"enum": [text, 1], "description": text},
            "exact": {"const": text},
            "nested": {"type": "object", "title": text, "properties": {"x": {"description": text}}},
        },
    }
    texts = {"title": text, "description": text, "template": text[:MAX_TEMPLATE]}
    return {"name": name, **texts, "params_schema": schema, "result_schema": schema}


@pytest.mark.slow
def test_texts_stay_texts(project: Project) -> None:
    entries = [entry_of(f"agent:{index:02}", text) for index, text in enumerate(TEXTS)]
    project.write("schemas/a.json", {"span_type_schemas": entries})
    result = project.generate()
    assert result.code == 0, result.err
    module = project.load()
    assert not executed()
    assert module.registry.to_agent_schema_version("")["span_type_schemas"] == entries
    for span_type, text in zip(module.SPAN_TYPES.values(), TEXTS, strict=True):
        assert span_type.Params(choice=text, exact=text).model_dump() == {"choice": text, "exact": text}


def test_texts_stay_texts_in_every_kind_of_type(project: Project) -> None:
    """In named types and typed dicts, a literal is a text inside another text."""
    some = [text for text in TEXTS if len(text) < 1000]
    odd = {"enum": some}
    named = properties(
        **{f"{text}!": {"const": text} for text in (TEXTS[1], "{{ 7 * 7 }}")}, odd={"$ref": "#/$defs/Odd"}
    )
    schema = {
        **properties(
            "named",
            named={"$ref": "#/$defs/Odd"},
            list={"type": "array", "items": {"$ref": "#/$defs/Odd"}},
            map={"type": "object", "additionalProperties": odd},
            union={"anyOf": [odd, {"type": "integer"}, {"type": "array", "items": odd}]},
            tuple={"type": "array", "prefixItems": [odd, odd], "minItems": 2, "items": False},
            object=named,
        ),
        "$defs": {"Odd": odd},
    }
    project.write(
        "schemas/a.json", {"span_type_schemas": [{"name": "a", "params_schema": schema, "result_schema": schema}]}
    )
    result = project.generate()
    assert result.code == 0, result.err
    params = project.load().AParams
    for text in some:
        payload = {
            "named": text,
            "list": [text],
            "map": {text: text},
            "union": [text],
            "tuple": [text, text],
            "object": {"odd": text},
        }
        assert params.model_validate(payload).model_dump(mode="json", by_alias=True) == payload
    assert not executed()


@pytest.mark.parametrize("pattern", ['"', "'", "\\\\", "\n", '"""', "^\\{\\{x\\}\\}$", "[(?=]", "é", "#"])
def test_patterns_stay_patterns(pattern: str, project: Project) -> None:
    project.span_types(agent=properties(x={"type": "string", "pattern": pattern}))
    result = project.generate()
    assert result.code == 0, result.err
    schema = project.load().AgentParams.model_json_schema()
    assert schema["properties"]["x"]["pattern"] == pattern


KEYS_OF_THE_MODEL_GENERATOR = [
    "customBasePath",
    "customTypePath",
    "default_factory",
    "x-python-type",
    "x-python-import",
]


@pytest.mark.parametrize("key", KEYS_OF_THE_MODEL_GENERATOR)
def test_keys_that_control_the_model_generator_are_refused_everywhere(key: str, project: Project) -> None:
    controlled = {"type": "string", key: "os.system"}
    project.span_types(
        agent={**properties(x={"type": "array", "items": controlled}), "$defs": {"D": controlled}, key: "os.system"}
    )
    result = project.generate()
    assert result.code == 1
    assert [line.rule for line in result.findings] == ["PG009"] * 3


@pytest.mark.parametrize("key", KEYS_OF_THE_MODEL_GENERATOR)
def test_such_a_key_may_be_the_name_of_a_property(key: str, project: Project) -> None:
    project.span_types(agent=properties(**{key: {"type": "string"}}))
    assert project.generate().code == 0


@pytest.mark.parametrize("depth", [30, 45])
def test_deep_schemas(depth: int, project: Project) -> None:
    nested: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        nested = properties(a=nested)
    arrays: dict[str, Any] = {"type": "integer"}
    for _ in range(2 * depth):
        arrays = {"type": "array", "items": arrays}
    project.span_types(objects=nested, arrays=properties(a=arrays))
    assert project.generate().code == 0
    project.load()


def repeated(times: int) -> dict[str, Any]:
    """Return a schema in which each definition refers to the next twice: 2 ** times comparisons with the last."""
    definitions: dict[str, Any] = {
        f"A{number}": {"allOf": [*2 * [{"$ref": f"#/$defs/A{number + 1}"}], {"minLength": 1}]}
        for number in range(times)
    }
    definitions[f"A{times}"] = {"type": "string"}
    return {**properties(x={"$ref": "#/$defs/A0"}), "$defs": definitions}


def test_repeated_references_in_all_of(project: Project) -> None:
    project.span_types(agent=repeated(10))
    assert project.generate().code == 0


def test_repeated_references_in_all_of_past_the_limit(project: Project) -> None:
    project.span_types(agent=repeated(60))
    assert "error PG029: a value here would be compared with more than 10,000 schemas" in project.generate().err


# A small grammar of schemas, some of them wrong, with hostile names and texts everywhere.
texts = st.one_of(
    st.sampled_from(TEXTS), st.sampled_from(NAMES), st.text(max_size=12).filter(lambda text: not has_surrogate(text))
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts)
references = st.one_of(
    st.just("#"),
    st.just("#/$defs/D"),
    st.builds("#/properties/{}".format, texts),
    st.sampled_from(["a.json", "http://x/y", "#/"]),
    texts,
)


def has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def extended(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.dictionaries(texts, inner, max_size=3)
    keywords = {
        "title": texts, "description": texts, "default": scalars, "$comment": texts, "type": st.sampled_from(["string", "integer", "object", "array", ["object", "null"], ["string", "integer"]]),
        "properties": members, "required": st.lists(texts, max_size=2, unique=True), "additionalProperties": st.one_of(st.booleans(), inner), "patternProperties": members,
        "items": st.one_of(st.booleans(), inner), "prefixItems": st.lists(inner, min_size=1, max_size=2), "minItems": st.integers(0, 3),
        "enum": st.lists(scalars, min_size=1, max_size=3, unique_by=repr), "const": scalars, "pattern": texts, "minLength": st.integers(0, 3),
        "minimum": st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)), "format": st.sampled_from(["date", "uuid", "email", "password"]),
        "anyOf": st.lists(inner, min_size=1, max_size=3), "oneOf": st.lists(inner, min_size=1, max_size=2), "allOf": st.lists(inner, min_size=1, max_size=3),
        "$ref": references, "$defs": st.fixed_dictionaries({"D": inner}), "$anchor": texts, "not": inner, "deprecated": st.booleans(), "examples": st.lists(scalars, max_size=2),
        "x-prefactor-deprecated": st.fixed_dictionaries({}, optional={"use": texts, "since": texts, "until": texts}), "x-python-type": texts, "nullable": st.booleans(),
    }  # fmt: skip
    chosen = st.sets(st.sampled_from(sorted(keywords)), max_size=4)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: keywords[name] for name in names}))


schemas_of_any_kind = st.recursive(
    st.one_of(st.booleans(), st.just({}), st.just({"type": "string"})), extended, max_leaves=6
)
roots = st.one_of(
    extended(schemas_of_any_kind),
    st.builds(
        lambda members: {"type": "object", "properties": members},
        st.dictionaries(texts, schemas_of_any_kind, max_size=3),
    ),
)


@pytest.mark.slow
@settings(max_examples=50, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(name=st.one_of(st.just("agent:x"), texts), params=roots, result=st.none() | roots, title=texts)
def test_any_registry_gives_diagnostics_or_valid_code(name: str, params: Any, result: Any, title: str) -> None:
    entry = {"name": name, "title": title, "description": title, "params_schema": params, "result_schema": result}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "spans.json"
        source.write_text(json.dumps({"span_type_schemas": [entry]}))
        code, _ = run_silently(str(source), "--output", folder, "--package", "fuzzed")
        assert code in {0, 1}
        if code == 0:
            for path in (Path(folder) / "fuzzed").glob("*.py"):
                ast.parse(path.read_text("utf-8"))
            module = load_package(Path(folder), "fuzzed")
            defined = {key: value for key, value in entry.items() if value is not None}
            assert module.registry.to_agent_schema_version("")["span_type_schemas"] == [defined]
            span_type = module.SPAN_TYPES[name]
            assert span_type.Params.model_json_schema()
            assert span_type.Result.model_json_schema()
    assert not executed()
