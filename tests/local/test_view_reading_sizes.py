"""What a small payload or a small schema may make of an answer: not much more than it is itself."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from tests.local.conftest import Http

from prefactor_local import LocalApi
from prefactor_local._view.differences import differences
from prefactor_local._view.exports.formats import export_file
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
    left = places.budget.looks
    assert [places.at([name]) for name in properties] == found
    assert places.budget.looks == left


@pytest.mark.parametrize(
    "many",
    [
        {"required": [str(number) for number in range(50_000)]},
        {"type": ["string"] * 50_000},
        {"x-prefactor-data": [str(number) for number in range(50_000)]},
        {"allOf": [True] * 50_000},
        {"anyOf": [{}] * 50_000},
        {"dependentSchemas": {str(number): True for number in range(50_000)}},
        {"patternProperties": {str(number): True for number in range(50_000)}},
        {"$ref": f"#/{'a/' * 50_000}"},
    ],
    ids=lambda many: next(iter(many)),
)
def test_a_long_keyword_is_not_read_for_each_field(many: Any) -> None:
    """Each of the fields has the same schema. Reading it for each would take minutes, which the test has not."""
    properties: Any = {f"p{number}": {"$ref": "#/$defs/x"} for number in range(1_000)}
    schema = {"properties": properties, "$defs": {"x": many}}
    assert fields_of(schema).keys() >= {"", "/p0"}


def test_a_long_base_is_not_repeated_for_each_anchor() -> None:
    inner = {"$id": "x/", "properties": {"p": {"$ref": "#a1"}}, "$anchor": "a1"}
    anchors = {str(number): {"$anchor": f"a{number}"} for number in range(1_000)}
    schema: Any = {"$id": f"http://a/{'b' * 100_000}", "$defs": anchors, "properties": {"q": inner}}
    tracemalloc.start()
    places = SchemaPlaces(schema)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * 100_000
    assert places.at(["q", "p"]) == inner


def test_recursive_types_make_no_long_answer(api: LocalApi, http: Http) -> None:
    properties = {f"p{number}": {"$ref": "#", "description": "d" * 1_000} for number in range(50)}
    types = [{"name": f"t{number}", "params_schema": {"properties": properties}} for number in range(10)]
    run = http.started(agent_schema_version={"external_identifier": "many", "span_type_schemas": types})
    details = Reader(api._current.account.store).run(run)
    assert len(details["span_types"]) == 10
    assert len(json.dumps(details)) < 10 * len(json.dumps(types))


def test_long_names_and_summaries_are_cut_where_there_are_many(api: LocalApi, http: Http) -> None:
    template = "{% for a in (1..1000) %}{{ text }}{% endfor %}"
    types = [{"name": "t", "params_schema": {"type": "object"}, "template": template}]
    version = {"external_identifier": "long", "span_type_schemas": types}
    agent = {"name": "n" * 5_000, "external_identifier": "v" * 5_000}
    run = http.started(agent_schema_version=version, agent_version=agent)
    span_id = http.span(run, schema_name="t", payload={"text": "0123456789"})["details"]["id"]
    http.span(run, schema_name="u" * 5_000)
    reader = Reader(api._current.account.store)
    first, second = reader.rows(run)["rows"]
    assert (len(first.summary), len(second.type)) == (2_000, 500)
    assert [len(reader.span(span_id, full=full)["summary"]) for full in (False, True)] == [2_000, 10_000]
    page = reader.runs()
    assert [len(page["runs"][0][name]) for name in ("agent_name", "version")] == [500, 500]
    assert [len(name) for _, name in page["agents"]] == [500]


@pytest.mark.parametrize(
    "many",
    [
        [[[0] * 15] * 50] * 50,
        ["x" * 1_000] * 1_000,
        [["x" * 60_000] * 25],
        [{"n" * 3_000: 1}] * 400,
    ],
    ids=["lists", "texts", "long texts", "names"],
)
def test_many_values_that_are_not_large_are_cut_together(api: LocalApi, http: Http, many: Any) -> None:
    payload = {"first": "f" * 1_000, "many": [many, many], "last": "l" * 1_000, "list": [1], "empty": []}
    run = http.started()
    a, b = (http.span(run, payload={**payload, "n": n})["details"]["id"] for n in range(2))
    reader = Reader(api._current.account.store)
    span: Any = reader.span(a)
    assert len(json.dumps(span)) < 2_000_000
    assert span["params"].keys() == {*payload, "n"}
    assert [span["params"][name] for name in ("first", "last", "list", "empty")] == ["f" * 1_000, "l" * 200, [], []]
    cuts = {cut["pointer"]: (cut["kind"], cut["size"]) for cut in span["cut"]}
    assert [cuts["/last"], cuts["/list"], "/empty" in cuts] == [("text", 1_000), ("items", 1), False]
    assert reader.span(a, full=True)["params"] == {**payload, "n": 0}
    assert [each["pointer"] for each in reader.differences(a, b)] == ["/n"]


def test_differences_of_large_values_are_bounded() -> None:
    found = differences("params", {str(number): "x" * 60_000 for number in range(100)}, {})
    assert [each["pointer"] for each in found] == [f"/{number}" for number in range(18)]
    assert found[0] == {"side": "params", "pointer": "/0", "a": "x" * 60_000}


def test_what_a_client_says_of_a_run_is_whole_in_exports_alone(api: LocalApi, http: Http) -> None:
    run = http.started(external_identifier="e" * 5_000)
    quality = {"long": {"a": "x" * 300_000}, "short": {"a": 1}, "n" * 5_000: {}}
    for name, payload in quality.items():
        http.post(f"/agent_instance/{run}/record_quality", {"name": name, "payload": payload})
    http.post(f"/agent_instance/{run}/terminate", {"reason": "r" * 5_000})
    reader = Reader(api._current.account.store)
    details = reader.run(run)
    assert details["quality"] == {
        "long": "[300,009 characters: the JSON export has them]",
        "short": {"a": 1},
        "n" * 500: {},
    }
    assert details["run"] == reader.runs()["runs"][0]
    assert [len(details["run"][name] or "") for name in ("external_identifier", "termination_reason")] == [500, 2_000]
    assert "x" * 300_000 not in export_file(reader, run, "html").decode()
    whole = json.loads(export_file(reader, run, "json"))["run"]
    assert whole["quality"] == quality
    names = ("external_identifier", "termination_reason")
    assert [len(whole["run"][name]) for name in names] == [5_000, 5_000]
