"""Random schemas, random instances: a generated model takes what jsonschema takes, and gives it back unchanged."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema.validators import Draft202012Validator
from pydantic import BaseModel, ValidationError
from tests.codegen.support import load_package

from prefactor_gen.diagnostics import has_errors
from prefactor_gen.emit import Origin
from prefactor_gen.pipeline import generate_package

NAMES = ["a", "b", "ab"]
TEXTS = st.sampled_from(["", "a", "b", "ab", "abc", "é"])
NUMBERS = st.sampled_from([0, 1, 2, 3, -1, 1.0, 1.5, 2.0, 10**20])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=5,
)
KINDS = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
SMALL = st.integers(0, 2)
NAME_LISTS = st.lists(st.sampled_from(NAMES), unique=True, max_size=2)


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A schema of a few keywords that speak of each other's values often enough."""
    members = st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=2)
    some = st.lists(inner, min_size=1, max_size=2)
    optional: dict[str, st.SearchStrategy[Any]] = {
        "type": KINDS | st.lists(KINDS, min_size=1, max_size=2, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "minimum": SMALL,
        "exclusiveMaximum": st.sampled_from([2, 2.5]),
        "multipleOf": st.sampled_from([1, 0.5, 2]),
        "minLength": SMALL,
        "maxLength": SMALL,
        "pattern": st.sampled_from(["^a", "b$", "a|é"]),
        "properties": members,
        "required": NAME_LISTS,
        "additionalProperties": inner,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b$"]), inner, min_size=1, max_size=1),
        "propertyNames": st.sampled_from([{"maxLength": 1}, {"pattern": "^a"}]),
        "minProperties": SMALL,
        "maxProperties": SMALL,
        "dependentRequired": st.dictionaries(st.sampled_from(NAMES), NAME_LISTS, min_size=1, max_size=1),
        "unevaluatedProperties": st.just(False),
        "items": inner,
        "prefixItems": some,
        "minItems": SMALL,
        "maxItems": SMALL,
        "uniqueItems": st.just(True),
        "contains": inner,
        "anyOf": some,
        "oneOf": some,
        "allOf": some,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "$ref": st.sampled_from(["#/$defs/text", "#/$defs/thing", "#/$defs/tree"]),
    }
    return st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: optional[name] for name in chosen})
    )


SCHEMAS = st.recursive(st.booleans() | keywords(st.just({})), keywords, max_leaves=4)
DEFINITIONS = {
    "text": {"type": "string", "minLength": 1},
    "thing": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    "tree": {"type": "object", "properties": {"b": {"$ref": "#/$defs/tree"}}, "additionalProperties": False},
}
BATCHES = st.lists(st.tuples(SCHEMAS, st.lists(VALUES, min_size=8, max_size=8)), min_size=12, max_size=12)
numbers = itertools.count()


def payload_schema(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"value": schema}, "$defs": DEFINITIONS}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for module in [name for name in sys.modules if name.startswith("random_")]:
        del sys.modules[module]


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(BATCHES)
def test_a_model_says_what_its_schema_says(folder: Path, batch: list[tuple[Any, list[Any]]]) -> None:
    schemas = {f"t{number}": payload_schema(schema) for number, (schema, _) in enumerate(batch)}
    for name, model in models_of(folder, schemas).items():
        judge(model, schemas[name], batch[int(name[1:])][1])


def models_of(folder: Path, schemas: dict[str, dict[str, Any]]) -> dict[str, type[BaseModel]]:
    """The params models; a schema that is refused, with a diagnostic, has none."""
    package = f"random_{next(numbers)}"
    sound = dict(schemas)
    while True:
        (folder / "spans.json").write_text(json.dumps({"span_schemas": sound}))
        generated = generate_package(["spans.json"], folder, package, Origin())
        if not has_errors(generated.diagnostics):
            break
        refused = {item.place.pointer.split("/")[2] for item in generated.diagnostics}
        assert {item.code for item in generated.diagnostics} <= {"PG008"}, generated.diagnostics
        sound = {name: schema for name, schema in sound.items() if name not in refused}
    (folder / package).mkdir()
    for name, text in generated.files.items():
        (folder / package / name).write_text(text, "utf-8")
    module = load_package(folder, package)
    return {name: getattr(module, f"{name.capitalize()}Params") for name in sound}


def judge(model: type[BaseModel], schema: dict[str, Any], values: list[Any]) -> None:
    validator = Draft202012Validator(schema)
    for value in values:
        payload = {"value": value}
        try:
            taken = model.__pydantic_validator__.validate_python(payload, by_alias=True, by_name=False)
        except ValidationError:
            taken = None
        assert (taken is not None) == validator.is_valid(payload), (schema["properties"]["value"], value)
        if taken is not None:
            assert taken.model_dump(mode="json", by_alias=True) == payload, (schema["properties"]["value"], value)
