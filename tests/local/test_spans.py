"""The life of a span: states, order, payloads, summaries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from prefactor_http import _pfid
from prefactor_local import LocalApi

if TYPE_CHECKING:
    from tests.local.conftest import Http


def test_create_and_finish(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    created = http.span(instance_id, started_at="2026-01-02T03:04:05+00:00")["details"]
    assert created["type"] == "agent_span"
    assert created["agent_instance_id"] == instance_id
    assert (created["schema_title"], created["summary"]) == ("LLM call", "gpt-4: Hello →")
    assert created["result_payload"] is created["finished_at"] is created["parent_span_id"] is None
    answer = http.finish_span(created["id"], result_payload={"response": "Hi"}, timestamp="2026-01-02T03:04:06Z")
    assert "control" not in answer
    details = answer["details"]
    assert (details["status"], details["summary"]) == ("complete", "gpt-4: Hello → Hi")
    assert details["started_at"] == "2026-01-02T03:04:05.000000Z"
    assert details["finished_at"] == "2026-01-02T03:04:06.000000Z"
    assert api.spans() == [{**details, "schema_errors": []}]
    assert http.get(f"/agent_instance/{instance_id}")["details"]["span_counts"] == {
        "pending": 0, "active": 0, "complete": 1, "failed": 0, "cancelled": 0, "finished": 1, "total": 1,
    }  # fmt: skip
    assert not api.violations


@pytest.mark.parametrize("status", ["complete", "failed", "cancelled"])
def test_a_span_can_be_created_in_a_terminal_status(http: Http, status: str) -> None:
    details = http.span(http.started(), status=status, result_payload={"response": "x"})["details"]
    assert details["status"] == status
    assert details["result_payload"] == {"response": "x"}
    assert None not in (details["started_at"], details["finished_at"])


def test_a_pending_span_is_cancelled(api: LocalApi, http: Http) -> None:
    pending = http.span(http.started(), status="pending", payload={})["details"]
    assert pending["started_at"] is None
    details = http.finish_span(pending["id"], status="cancelled")["details"]
    assert details["started_at"] == details["finished_at"] is not None
    assert not api.violations
    assert [span["schema_errors"] for span in api.spans()] == [[]]


def test_cancel_after_start(http: Http, connect: Callable[..., Http]) -> None:
    span_id = http.span(http.started())["details"]["id"]
    assert http.finish_span(span_id, status="cancelled")["details"]["status"] == "cancelled"
    with LocalApi(strict_cancel=True) as strict:
        other = connect(strict)
        span_id = other.span(other.started())["details"]["id"]
        assert other.finish_span(span_id, status="cancelled", expect=409)["code"] == "invalid_action"
        other.finish_span(span_id, status="failed")


def test_a_span_takes_the_id_that_was_assigned(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    partition = _pfid.partition_of(instance_id)
    assert partition is not None
    assigned = _pfid.generate(partition)
    assert http.span(instance_id, id=assigned)["details"]["id"] == assigned
    again = http.span(instance_id, id=assigned, expect=409)
    assert (again["code"], "errors" in again) == ("conflict", False)
    assert api.violations == {"span_create_after_create": 1}


@pytest.mark.parametrize("field", ["id", "parent_span_id"])
@pytest.mark.parametrize(
    "wanted", ["0b9bbfa4-9a3f-4f5e-b5a5-d1ad1c2a9a01", pytest.param(_pfid.generate(1), id="another partition")]
)
def test_foreign_ids_are_refused_by_name(http: Http, field: str, wanted: str) -> None:
    answer = http.span(http.started(), expect=422, **{field: wanted})
    assert list(answer["errors"]) == [field]


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"schema_name": ""}, "schema_name"),
        ({"schema_name": None}, "schema_name"),
        ({"status": "terminated"}, "status"),
        ({"status": "done"}, "status"),
        ({"payload": None}, "payload"),
        ({"payload": []}, "payload"),
        ({"result_payload": {}}, "result_payload"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"started_at": 17}, "started_at"),
        ({"agent_instance_id": 17}, "agent_instance_id"),
        ({"idempotency_key": "k" * 65}, "idempotency_key"),
    ],
)
def test_wrong_fields_are_named(api: LocalApi, http: Http, details: dict[str, Any], field: str) -> None:
    span = {"agent_instance_id": http.started(), "schema_name": "a", "status": "active", "payload": {}, **details}
    answer = http.post("/agent_spans", {"details": span}, expect=422)
    assert answer["code"] == "validation_errors"
    assert list(answer["errors"]) == [field]
    assert api.spans() == []


def test_the_fields_of_a_span_belong_under_details(http: Http) -> None:
    assert list(http.post("/agent_spans", {"schema_name": "a"}, expect=422)["errors"]) == ["details"]


def test_what_does_not_exist(api: LocalApi, http: Http) -> None:
    assert http.span("nobody", expect=404)["code"] == "not_found"
    assert http.finish_span("nobody", expect=404)["code"] == "not_found"
    assert http.get("/agent_instance/nobody", expect=404)["code"] == "not_found"
    assert api.violations == {"span_finish_before_create": 1}


def test_violations_of_the_order_are_accepted_and_counted(api: LocalApi, http: Http) -> None:
    instance_id = http.register()["details"]["id"]
    child, parent, late = http.post("/pfid/generate", {"count": 3})["details"]["pfids"]
    http.span(instance_id, id=child, parent_span_id=parent)
    assert api.violations == {"span_create_before_instance_start": 1, "child_before_parent": 1}
    http.post(f"/agent_instance/{instance_id}/start")
    http.span(instance_id, id=parent)
    http.span(http.started(), parent_span_id=parent)
    http.post(f"/agent_instance/{instance_id}/finish")
    http.span(instance_id, id=late)
    http.finish_span(parent)
    http.finish_span(parent, expect=409)
    assert api.violations == {
        "span_create_before_instance_start": 1,
        "child_before_parent": 1,
        "parent_in_other_instance": 1,
        "span_after_instance_finish": 1,
        "span_finish_after_instance_finish": 2,
        "span_finish_after_finish": 1,
    }
    assert [span["id"] for span in api.spans(instance_id)] == [child, parent, late]


def test_a_pending_span_that_completes_is_counted(api: LocalApi, http: Http) -> None:
    span_id = http.span(http.started(), status="pending")["details"]["id"]
    http.finish_span(span_id)
    assert api.violations == {"span_finish_while_pending": 1}


def test_payloads_are_recorded_and_mismatches_flagged(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    span_id = http.span(instance_id, payload={"prompt": 1})["details"]["id"]
    http.finish_span(span_id, result_payload={"response": None})
    (span,) = api.spans()
    assert (span["payload"], span["result_payload"]) == ({"prompt": 1}, {"response": None})
    assert {(error["part"], error["path"]) for error in span["schema_errors"]} == {
        ("params", "/model"),
        ("params", "/prompt"),
        ("result", "/response"),
    }
    listed = http.get("/agent_spans", agent_instance_id=instance_id)["summaries"][0]
    assert "schema_errors" not in listed
    asked = http.get("/agent_spans", agent_instance_id=instance_id, include_schema_errors="true")["summaries"][0]
    assert asked["schema_errors"] == span["schema_errors"]


def test_the_error_of_a_failed_span_is_no_mismatch(api: LocalApi, http: Http) -> None:
    span_id = http.span(http.started())["details"]["id"]
    http.finish_span(span_id, status="failed", result_payload={"response": 1, "error": {"type": "ValueError"}})
    assert api.spans()[0]["schema_errors"] == []


def test_an_unknown_span_type_is_recorded_and_flagged(api: LocalApi, http: Http) -> None:
    details = http.span(http.started(), schema_name="agent:other")["details"]
    assert (details["schema_title"], details["summary"]) == ("agent:other", None)
    assert [error["part"] for error in api.spans()[0]["schema_errors"]] == ["schema_name"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$schema": []},
        {"$ref": "#/$defs/missing"},
        {"$ref": "http://127.0.0.1:9/remote.json"},
        {"properties": {"model": {"pattern": "("}}},
    ],
)
def test_a_schema_that_cannot_be_applied_is_flagged(api: LocalApi, http: Http, schema: dict[str, Any]) -> None:
    types = [{"name": "agent:llm", "params_schema": schema}]
    http.span(http.started(agent_schema_version={"span_type_schemas": types}))
    (error,) = api.spans()[0]["schema_errors"]
    assert error["part"] == "params"
    assert "registered schema" in error["message"]


def test_legacy_schema_maps(api: LocalApi, http: Http) -> None:
    maps = {"span_schemas": {"a": {"required": ["x"]}, "b": {}}, "span_result_schemas": {"a": {"required": ["y"]}}}
    instance_id = http.started(agent_schema_version=maps)
    for name in ("a", "b"):
        span_id = http.span(instance_id, schema_name=name, payload={})["details"]["id"]
        http.finish_span(span_id, result_payload={"z": 1})
    first, second = api.spans()
    assert [error["part"] for error in first["schema_errors"]] == ["params", "result"]
    assert [error["part"] for error in second["schema_errors"]] == ["result"]  # none declared: empty objects only


@pytest.mark.parametrize(
    ("template", "summary"),
    [
        ("{{text}} {{number}} {{yes}} {{null}}{{missing}}{{missing.deep}}", "Hello 1.5 true"),
        ("[{{object}}{{array}}]", "[]"),
        ("{{object.key}} {{array[0].name}} {{array.first.name}} {{array | size}}", "value one one 2"),
        ('{{object["a.b"]}}', "dotted"),
        ("{% if text == 'Hello' %}yes{% else %}no{% endif %}", "yes"),
        ('{{missing | default: "none"}} {{text | truncate: 4}}', "none H..."),
        ("{% for each in array %}{{each.name}},{% endfor %}", "one,two,"),
        ("  a \n\t b  ", "a b"),
        ("{{clash}}", "result"),
        ("{{self}}", "me"),
        ("", ""),
        ("{{ broken", None),
        ("{% if %}", None),
        ("{{ text | no_such_filter }}", None),
        ("{{ number | divided_by: 0 }}", None),
        ("{% for i in (1..1000000000) %}x{% endfor %}", None),
        (None, None),
    ],
)
def test_templates(http: Http, template: str | None, summary: str | None) -> None:
    types: list[object] = [{"name": "agent:llm", "params_schema": {}, "template": template}]
    instance_id = http.started(agent_schema_version={"span_type_schemas": types})
    payload = {
        "text": "Hello", "number": 1.5, "yes": True, "null": None, "clash": "params", "self": "me",
        "object": {"key": "value", "a.b": "dotted"}, "array": [{"name": "one"}, {"name": "two"}],
    }  # fmt: skip
    span_id = http.span(instance_id, payload=payload)["details"]["id"]
    assert http.finish_span(span_id, result_payload={"clash": "result"})["details"]["summary"] == summary


def test_spans_are_listed(http: Http) -> None:
    instance_id = http.started()
    times = ["2026-01-02T03:00:00Z", "2026-01-02T04:00:00Z", "2026-01-02T05:00:00Z"]
    ids = [http.span(instance_id, started_at=each)["details"]["id"] for each in times]
    answer = http.get("/agent_spans", agent_instance_id=instance_id)
    assert [row["id"] for row in answer["summaries"]] == ids
    assert {row["summary"] for row in answer["summaries"]} == {None}
    with_summaries = http.get("/agent_spans", agent_id="my-agent", include_summaries="true")["summaries"]
    assert {row["summary"] for row in with_summaries} == {"gpt-4: Hello →"}
    window: dict[str, Any] = {"start_time": times[1], "end_time": times[1]}
    assert [r["id"] for r in http.get("/agent_spans", agent_instance_id=instance_id, **window)["summaries"]] == [ids[1]]
    assert "agent_instance_id" in http.get("/agent_spans", expect=422)["errors"]
    assert "end_time" in http.get("/agent_spans", agent_instance_id=instance_id, end_time="x", expect=422)["errors"]


def test_any_json_comes_back_as_it_went_in(api: LocalApi, http: Http) -> None:
    payload: dict[str, object] = {
        "": None,
        "surrogate": "\ud800",
        "nul": "\0",
        "big": 2**70,
        "deep": {"a": [[{}]]},
        "text": "→ ✓",
    }
    assert http.span(http.started(), payload=payload)["details"]["payload"] == payload
    assert api.spans()[0]["payload"] == payload
