"""Random schemas and instances: models and schema checks accept what jsonschema accepts, and models return it."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema.protocols import Validator
from jsonschema.validators import Draft7Validator, Draft202012Validator
from pydantic import BaseModel, ValidationError
from tests.benchmarks.instances import instances, mutations, same_json
from tests.codegen.schemas import DRAFT_07, properties
from tests.codegen.support import load_package

from prefactor_gen.diagnostics.diagnostics import has_errors
from prefactor_gen.pipeline.stages import generate_package
from prefactor_schema import JsonSchema

pytestmark = pytest.mark.slow

NAMES = ["a", "b", "ab"]
TEXTS = st.sampled_from(["", "a", "b", "ab", "abc", "é", "2026-11-27", "😀"])
NUMBERS = st.sampled_from([0, 1, 2, 3, -1, 1.0, 1.5, 2.0, -0.0, 1e20, 10**20, 2**63])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=5,
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
SMALL = st.integers(0, 2)
NAME_LISTS = st.lists(st.sampled_from(NAMES), unique=True, max_size=2)


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A schema of a few keywords that often apply to the same values."""
    members = st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=2)
    some = st.lists(inner, min_size=1, max_size=2)
    optional: dict[str, st.SearchStrategy[Any]] = {
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
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
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b$"]), inner, min_size=1, max_size=2),
        "propertyNames": st.sampled_from([{"maxLength": 1}, {"pattern": "^a"}, {"enum": ["a", "ab"]}, False]),
        "minProperties": SMALL,
        "maxProperties": SMALL,
        "dependentSchemas": members,
        "dependentRequired": st.dictionaries(st.sampled_from(NAMES), NAME_LISTS, min_size=1, max_size=1),
        "unevaluatedProperties": st.just(False),
        "items": inner,
        "prefixItems": some,
        "minItems": SMALL,
        "maxItems": SMALL,
        "uniqueItems": st.just(True),
        "contains": inner,
        "minContains": SMALL,
        "maxContains": SMALL,
        "unevaluatedItems": st.just(False) | inner,
        "format": st.sampled_from(["date", "uuid", "email", "date-time"]),
        "anyOf": some,
        "oneOf": some,
        "allOf": some,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "$ref": st.sampled_from(
            [
                "#/$defs/text",
                "#/$defs/thing",
                "#/$defs/tree",
                "#here",
                "part.json",
                "part.json#/$defs/own",
                "#/$defs/self",
            ]
        ),
    }
    return chosen(optional)


def keywords_of_draft_07(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Keywords that draft-07 has instead, reads differently or does not have; it ignores all others beside a `$ref`."""
    members = st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=2)
    some = st.lists(inner, min_size=1, max_size=2)
    optional: dict[str, st.SearchStrategy[Any]] = {
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "items": inner | some,
        "additionalItems": inner,
        "minItems": SMALL,
        "maxItems": SMALL,
        "contains": inner,
        "dependencies": members | st.dictionaries(st.sampled_from(NAMES), NAME_LISTS, min_size=1, max_size=1),
        "properties": members,
        "required": NAME_LISTS,
        "additionalProperties": inner,
        "minLength": SMALL,
        "maximum": SMALL,
        "anyOf": some,
        "oneOf": some,
        "allOf": some,
        "if": inner,
        "then": inner,
        "$ref": st.sampled_from(["#/definitions/thing", "#/definitions/tree", "#here", "part.json", "part.json#own"]),
        "prefixItems": some,
        "dependentSchemas": members,
        "unevaluatedProperties": inner,
        "maxContains": SMALL,
    }
    # jsonschema raises TypeError for additionalItems beside items that is true or false, where it has no effect.
    return chosen(optional).map(
        lambda schema: {
            keyword: value
            for keyword, value in schema.items()
            if keyword != "additionalItems" or not isinstance(schema.get("items"), bool)
        }
    )


def chosen(optional: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: optional[name] for name in names})
    )


DEFINITIONS = {
    "text": {"type": "string", "minLength": 1},
    "thing": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    "tree": {"type": "object", "properties": {"b": {"$ref": "#/$defs/tree"}}, "additionalProperties": False},
    "self": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#/$defs/self"}}]},
    "anchored": {"$anchor": "here", "type": ["integer", "null"]},
    "part": {"$id": "part.json", "items": {"$ref": "#/$defs/own"}, "$defs": {"own": {"enum": [1, "a", None]}}},
}
DEFINITIONS_OF_DRAFT_07 = {
    "thing": DEFINITIONS["thing"],
    "tree": {"type": "object", "properties": {"b": {"$ref": "#/definitions/tree"}}, "additionalProperties": False},
    "anchored": {"$id": "#here", "type": ["integer", "null"]},
    "part": {"$id": "part.json", "items": {"$ref": "#own"}, "definitions": {"own": {"$id": "#own", "enum": [1, "a"]}}},
}
numbers = itertools.count()


def batches(
    form: Callable[[st.SearchStrategy[Any]], st.SearchStrategy[dict[str, Any]]],
) -> st.SearchStrategy[list[tuple[Any, list[Any]]]]:
    """Schemas, each with instances."""
    schemas = st.recursive(st.booleans() | form(st.just({})), form, max_leaves=4)
    return st.lists(st.tuples(schemas, st.lists(VALUES, min_size=8, max_size=8)), min_size=12, max_size=12)


def payload_schema(schema: Any) -> dict[str, Any]:
    return {**properties(value=schema), "$defs": DEFINITIONS}


def payload_schema_of_draft_07(schema: Any) -> dict[str, Any]:
    return {"$schema": DRAFT_07, **properties(value=schema), "definitions": DEFINITIONS_OF_DRAFT_07}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for module in [name for name in sys.modules if name.startswith("random_")]:
        del sys.modules[module]


deterministic = settings(
    max_examples=int(os.environ.get("DIFFERENTIAL_EXAMPLES", "6")),
    deadline=None,
    derandomize="DIFFERENTIAL_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@deterministic
@given(batches(keywords))
def test_a_model_accepts_what_its_schema_accepts(folder: Path, batch: list[tuple[Any, list[Any]]]) -> None:
    compare_batch(folder, batch, payload_schema, Draft202012Validator)


@deterministic
@given(batches(keywords_of_draft_07))
def test_a_model_accepts_what_its_schema_of_draft_07_accepts(folder: Path, batch: list[tuple[Any, list[Any]]]) -> None:
    compare_batch(folder, batch, payload_schema_of_draft_07, Draft7Validator)


def unions() -> st.SearchStrategy[dict[str, Any]]:
    """Unions of objects, most of which a constant identifies."""
    inner = keywords(st.sampled_from([True, {"type": "integer"}, {"$ref": "#/$defs/tree"}]))
    constant = st.sampled_from(["a", "b", "ab"]).map(lambda text: {"const": text})
    several = st.sampled_from([["a", "b"], ["b"], ["abc", "ab"]]).map(lambda texts: {"enum": texts})
    option = st.builds(
        lambda rest, own, member, required: (
            {"type": "object"} | rest | {"properties": {**own, "a": member}, "required": required}
        ),
        inner,
        st.dictionaries(st.sampled_from(["b", "ab"]), inner, max_size=2),
        st.one_of(constant, constant, several, inner),
        st.sampled_from([["a"], ["a"], ["a", "b"], []]),
    )
    options = st.lists(st.one_of(option, option, option, st.just({"type": "null"})), min_size=2, max_size=3)
    union = st.builds(lambda keyword, each: {keyword: each}, st.sampled_from(["oneOf", "anyOf"]), options)
    return st.one_of(union, union, st.builds(lambda each: {"items": each}, union))


UNIONS = st.lists(st.tuples(unions(), st.lists(VALUES, min_size=4, max_size=4)), min_size=8, max_size=8)


@deterministic
@given(UNIONS)
def test_a_model_of_a_union_accepts_what_its_schema_accepts(folder: Path, batch: list[tuple[Any, list[Any]]]) -> None:
    compare_batch(folder, batch, payload_schema, Draft202012Validator)


def compare_batch(
    folder: Path,
    batch: list[tuple[Any, list[Any]]],
    payload_schema: Callable[[Any], dict[str, Any]],
    validator: type[Validator],
) -> None:
    """Compare the model of each schema with a validator, on the instances of the schema."""
    names = [f"t{number}" for number in range(len(batch))]
    schemas = {name: payload_schema(schema) for name, (schema, _) in zip(names, batch, strict=True)}
    values = {name: instances for name, (_, instances) in zip(names, batch, strict=True)}
    for name, model in models_of(folder, schemas).items():
        compare(model, validator(schemas[name]), values[name])


def models_of(folder: Path, schemas: dict[str, dict[str, Any]]) -> dict[str, type[BaseModel]]:
    """Return the params models; a schema that is refused with a diagnostic has none."""
    package = f"random_{next(numbers)}"
    valid = dict(schemas)
    while True:
        (folder / "spans.json").write_text(json.dumps({"span_schemas": valid}))
        generated = generate_package(["spans.json"], folder, folder / package)
        if not has_errors(generated.diagnostics):
            break
        refused = {item.place.pointer.split("/")[2] for item in generated.diagnostics}
        assert {item.code for item in generated.diagnostics} <= {"PG008"}, generated.diagnostics
        valid = {name: schema for name, schema in valid.items() if name not in refused}
    (folder / package).mkdir()
    for name, text in generated.value.files.items():
        (folder / package / name).write_text(text, "utf-8")
    module = load_package(folder, package)
    return {name: getattr(module, f"{name.capitalize()}Params") for name in valid}


def compare(model: type[BaseModel], validator: Validator, values: list[Any]) -> None:
    """Compare them on the values, on instances that match the schema, and on changed instances."""
    schema = validator.schema
    assert isinstance(schema, dict)
    alike = [each["value"] for each in instances(schema, 8) if isinstance(each, dict) and "value" in each]
    changed = [each for value in [*alike[:4], *values[:2]] for each in mutations(value, 2)]
    check = JsonSchema(schema)
    for value in [*values, *alike, *changed]:
        payload = {"value": value}
        found = check.mismatches(payload)
        assert (not found) == validator.is_valid(payload), (schema["properties"]["value"], value, found)
        for mismatch in found:
            assert mismatch.message != "Input does not match its schema", (schema["properties"]["value"], value)
            reduce(getitem, mismatch.path[:-1], payload)  # type: ignore[arg-type]  # the payload has the path
        try:
            taken = model.__pydantic_validator__.validate_python(payload, by_alias=True, by_name=False)
        except ValidationError:
            taken = None
        assert (taken is not None) == validator.is_valid(payload), (schema["properties"]["value"], value)
        if taken is not None:
            dumped = taken.model_dump(mode="json", by_alias=True)
            assert same_json(dumped, payload), (schema["properties"]["value"], value)
