"""What a small payload or a small schema may make of an answer: not much more than it is itself."""

from __future__ import annotations

import json
from typing import Any

from tests.local.conftest import Http

from prefactor_local import LocalApi
from prefactor_local._view.differences import differences
from prefactor_local._view.fields import fields_of
from prefactor_local._view.reading import Reader
from prefactor_local._view.schema_places import SchemaPlaces

LONG_NAME = "N" * 200_000
LARGE = {"type": "integer", "enum": list(range(20_000))}


def test_pointers_are_not_repeated_without_end(api: LocalApi, http: Http) -> None:
    images: list[Any] = ["data:," + "x" * 1_100] * 20
    payload = {"model": "m", LONG_NAME: {"images": images, "more": [images, [1] * 1_001]}, "last": images}
    span_id = http.span(http.started(), payload=payload)["details"]["id"]
    span = Reader(api._current.account.store).span(span_id)
    assert len(json.dumps(span)) < 5 * len(LONG_NAME)
    assert span["params"] == {"model": "m", LONG_NAME: {}, "last": [""] * 20}
    cut = span["cut"][0]
    assert (cut["pointer"], cut["kind"], cut["size"]) == (f"/{LONG_NAME}", "items", 2)
    assert [each["pointer"] for each in span["cut"][1:]] == [f"/last/{number}" for number in range(20)]


def test_pointers_of_differences_and_fields_are_bounded() -> None:
    found = differences("params", {LONG_NAME: [1] * 100}, {LONG_NAME: [2] * 100})
    assert [each["pointer"] for each in found] == [f"/{LONG_NAME}/0"]
    schema: dict[str, Any] = {"properties": {LONG_NAME: {"properties": {f"p{number}": {} for number in range(100)}}}}
    assert sum(map(len, fields_of(schema))) < 7 * len(LONG_NAME)


def test_many_mismatches_with_the_same_large_schema(api: LocalApi, http: Http) -> None:
    schema = {"type": "object", "additionalProperties": LARGE}
    version = {"external_identifier": "large", "span_type_schemas": [{"name": "wide", "params_schema": schema}]}
    run = http.started(agent_schema_version=version)
    payload = {f"p{number}": "x" for number in range(100)}
    span_id = http.span(run, schema_name="wide", payload=payload)["details"]["id"]
    mismatches = Reader(api._current.account.store).span(span_id)["mismatches"]
    assert [mismatches[0]["schema"], "schema" in mismatches[-1]] == [LARGE, False]
    assert len(json.dumps(mismatches)) < 3 * len(json.dumps(LARGE))


def test_schemas_are_looked_at_once_and_not_without_end() -> None:
    titles: dict[str, Any] = {"type": "integer", "allOf": [{"title": str(number)} for number in range(400)]}
    properties: dict[str, Any] = {f"p{number}": {"$ref": "#/$defs/x"} for number in range(1_000)}
    places = SchemaPlaces({"properties": properties, "$defs": {"x": titles}})
    found = [places.at([name]) for name in properties]
    assert (found[0], found[-1]) == (titles, None)
    assert places.looked_at < 52_000
    looked_at = places.looked_at
    assert [places.at([name]) for name in properties] == found
    assert places.looked_at == looked_at
