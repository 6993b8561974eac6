"""Registration, the life of an instance, quality."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from prefactor_http import _pfid
from prefactor_local import LocalApi, LocalApiError

if TYPE_CHECKING:
    from tests.local.conftest import Http

REQUIRED = {
    "type", "id", "account_id", "agent_id", "agent_version_id", "environment_id", "agent_deployment_id", "status",
    "inserted_at", "updated_at",
}  # fmt: skip


def test_ping(http: Http) -> None:
    assert http.get("/ping") == {"status": "success"}


def test_register_answers_with_a_pending_instance(http: Http) -> None:
    answer = http.register(purpose="eval", environment_id="staging", external_identifier="run-1")
    details = answer["details"]
    assert details.keys() >= REQUIRED
    assert all(details[name] for name in REQUIRED)
    assert (details["type"], details["status"], details["agent_id"]) == ("agent_instance", "pending", "my-agent")
    assert (details["purpose"], details["environment_id"], details["external_identifier"]) == (
        "eval",
        "staging",
        "run-1",
    )
    assert details["started_at"] is details["finished_at"] is details["termination_reason"] is None
    assert details["span_counts"]["total"] == 0
    assert answer["agent_schema_version"]["span_type_schemas"]["agent:llm"]["title"] == "LLM call"


def test_all_ids_share_a_partition(http: Http) -> None:
    details = http.register()["details"]
    names = {name for name in details if name == "id" or name.endswith("_id")} - {"agent_id"}
    partitions = {_pfid.partition_of(details[name]) for name in names}
    assert len(partitions) == 1
    assert None not in partitions
    pfids = http.post("/pfid/generate", {"count": 3})["details"]["pfids"]
    assert {_pfid.partition_of(each) for each in pfids} == partitions
    assert len(set(pfids)) == 3


def test_an_instance_takes_the_id_that_was_assigned(http: Http) -> None:
    assigned = http.post("/pfid/generate")["details"]["pfids"][0]
    assert http.register(id=assigned)["details"]["id"] == assigned
    assert http.register(id=assigned, expect=409)["code"] == "conflict"


@pytest.mark.parametrize("wanted", ["run-1", pytest.param(_pfid.generate(1), id="another partition"), 7])
def test_a_foreign_id_is_refused_by_name(http: Http, wanted: object) -> None:
    answer = http.register(id=wanted, expect=422)
    assert answer["code"] == "validation_errors"
    assert list(answer["errors"]) == ["id"]
    assert isinstance(answer["errors"]["id"][0], str)


def test_an_account_token_has_to_name_the_agent(http: Http) -> None:
    assert list(http.register(agent_id=None, expect=422)["errors"]) == ["agent_id"]


def test_an_external_identifier_is_unique_within_its_agent(http: Http) -> None:
    http.register(external_identifier="run")
    assert list(http.register(external_identifier="run", expect=422)["errors"]) == ["external_identifier"]
    http.register(external_identifier="run", agent_id="other")


def test_the_life_of_an_instance(http: Http) -> None:
    path = f"/agent_instance/{http.register()['details']['id']}"
    started = http.post(f"{path}/start", {"timestamp": "2026-01-02T13:00:00.5+10:00"})["details"]
    assert (started["status"], started["started_at"]) == ("active", "2026-01-02T03:00:00.500000Z")
    finished = http.post(f"{path}/finish", {"status": "failed", "timestamp": "2026-01-02T03:04:05"})["details"]
    assert (finished["status"], finished["finished_at"]) == ("failed", "2026-01-02T03:04:05.000000Z")
    assert http.get(path)["details"] == finished


def test_what_the_state_machine_refuses(api: LocalApi, http: Http) -> None:
    path = f"/agent_instance/{http.register()['details']['id']}"
    assert http.post(f"{path}/finish", expect=409)["code"] == "invalid_action"
    http.post(f"{path}/start", {"timestamp": None})
    assert http.post(f"{path}/start", expect=409)["code"] == "invalid_action"
    http.post(f"{path}/finish")
    for action in ("start", "finish"):
        assert http.post(f"{path}/{action}", expect=409)["code"] == "invalid_action"
    assert http.post(f"{path}/terminate", {"reason": "late"}, expect=409)["code"] == "invalid_action"
    assert api.violations == {
        "instance_finish_before_start": 1,
        "instance_start_after_start": 2,
        "instance_finish_after_finish": 1,
    }


def test_a_pending_instance_can_be_cancelled(http: Http) -> None:
    path = f"/agent_instance/{http.register()['details']['id']}"
    details = http.post(f"{path}/finish", {"status": "cancelled"})["details"]
    assert details["status"] == "cancelled"
    assert details["started_at"] == details["finished_at"] is not None


def test_an_active_instance_can_be_cancelled_unless_strict(http: Http, connect: Callable[..., Http]) -> None:
    http.post(f"/agent_instance/{http.started()}/finish", {"status": "cancelled"})
    with LocalApi(strict_cancel=True) as strict:
        other = connect(strict)
        answer = other.post(f"/agent_instance/{other.started()}/finish", {"status": "cancelled"}, expect=409)
    assert answer["code"] == "invalid_action"


def test_termination(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    span_id = http.span(instance_id)["details"]["id"]
    assert "reason" in http.post(f"/agent_instance/{instance_id}/terminate", expect=422)["errors"]
    api.terminate(instance_id, "too expensive")
    details = http.get(f"/agent_instance/{instance_id}")["details"]
    assert (details["status"], details["termination_reason"]) == ("terminated", "too expensive")
    signal = {"terminate": True, "reason": "too expensive"}
    assert http.finish_span(span_id)["control"] == signal
    assert http.span(instance_id)["control"] == signal
    assert http.post(f"/agent_instance/{instance_id}/finish", expect=409)["code"] == "invalid_action"
    assert not api.violations


def test_terminate_needs_an_active_instance(api: LocalApi, http: Http) -> None:
    with pytest.raises(LocalApiError, match="pending"):
        api.terminate(http.register()["details"]["id"], "why")
    with pytest.raises(LocalApiError, match="not found"):
        api.terminate("nobody", "why")


def test_quality_is_set_replaced_and_removed_by_name(http: Http) -> None:
    quality = [{"name": "tone", "schema": {"type": "object"}, "template": "{{score}} of 10"}]
    instance_id = http.started(agent_schema_version={"quality_schemas": quality})
    path = f"/agent_instance/{instance_id}/record_quality"
    http.post(path, {"name": "tone", "payload": {"score": 3}})
    details = http.post(path, {"name": "other", "payload": {"x": None}})["details"]
    assert details["quality_payloads"] == {"tone": {"score": 3}, "other": {"x": None}}
    assert details["quality_summaries"] == {"tone": "3 of 10"}
    assert http.post(path, {"name": "other", "payload": None})["details"]["quality_payloads"] == {"tone": {"score": 3}}
    assert http.post(path, {"name": "tone"}, expect=422)["errors"] == {"payload": ["is required"]}


def test_instances_are_listed_by_agent(http: Http) -> None:
    ids = [http.register()["details"]["id"] for _ in range(2)]
    http.register(agent_id="other")
    assert [row["id"] for row in http.get("/agent_instance", agent_id="my-agent")["summaries"]] == ids
    assert "agent_id" in http.get("/agent_instance", expect=422)["errors"]


def test_the_same_schema_is_one_version_whatever_its_name(http: Http) -> None:
    def version(name: str, **schema: object) -> str:
        given = {"external_identifier": name, "span_schemas": {"a": {"type": "object", **schema}}}
        answer = http.register(agent_schema_version=given)
        assert answer["details"]["agent_schema_version_id"] == answer["agent_schema_version"]["id"]
        return str(answer["agent_schema_version"]["id"])

    first = version("one")
    assert version("two") == first
    assert version("one", title="A") != first
    listed = http.get("/agent_schema_version", agent_id="my-agent")["summaries"]
    assert [row["external_identifier_repeats"] for row in listed] == [2, 2]
    shown = http.get(f"/agent_schema_version/{first}")["details"]["span_type_schemas"]["a"]
    assert shown["result_schema"] == {"type": "object", "properties": {}, "additionalProperties": False}


def test_the_current_version_moves_only_when_asked(http: Http) -> None:
    first = http.register(agent_version={"external_identifier": "v1"})["details"]
    second = http.register(agent_version={"external_identifier": "v2"}, update_current_version=False)["details"]
    assert first["agent_version_id"] != second["agent_version_id"]
    assert first["agent_deployment_id"] == second["agent_deployment_id"]


def test_names_of_span_types_are_unique(http: Http) -> None:
    twice: list[object] = [{"name": "a", "params_schema": {}}] * 2
    answer = http.register(agent_schema_version={"span_type_schemas": twice}, expect=422)
    assert answer["errors"] == {"agent_schema_version": ["names must be unique"]}


def test_all_problems_are_told_at_once(http: Http) -> None:
    types: list[object] = [{"params_schema": []}]
    answer = http.register(purpose="fun", agent_schema_version={"span_type_schemas": types}, expect=422)
    assert set(answer["errors"]) == {
        "purpose",
        "agent_schema_version.span_type_schemas.0.name",
        "agent_schema_version.span_type_schemas.0.params_schema",
    }


def test_a_schema_that_is_nested_too_deeply_is_refused(http: Http) -> None:
    schema: dict[str, object] = {"type": "object"}
    for _ in range(150):
        schema = {"properties": {"inner": schema}}
    types = [{"name": "agent:llm", "params_schema": schema}]
    answer = http.register(agent_schema_version={"span_type_schemas": types}, expect=422)
    place = "agent_schema_version.span_type_schemas.0.params_schema"
    assert answer["errors"] == {place: ["must not have more than 200 levels of objects and lists"]}
