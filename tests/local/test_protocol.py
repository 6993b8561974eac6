"""What all operations share: tokens, idempotency, envelopes, lists, bulk requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from prefactor_local import LocalApi

if TYPE_CHECKING:
    from tests.local.conftest import Http


def test_requests_without_a_known_token_are_refused(api: LocalApi, connect: Callable[..., Http]) -> None:
    assert connect(api, "wrong").get("/ping", expect=401)["code"] == "bad_authtoken"
    bare = httpx.get(f"{api.url}/api/v1/ping", trust_env=False)
    assert (bare.status_code, bare.json()["code"]) == (401, "unauthorized")
    assert bare.json()["status"] == "error"


def test_the_token_can_be_given(connect: Callable[..., Http]) -> None:
    with LocalApi(token="secret") as api:
        connect(api, "secret").get("/ping")
        assert "secret" not in repr(api)
        connect(api).get("/ping")
        assert "secret" not in repr(api.requests)


def test_a_deployment_token_brings_agent_and_environment(api: LocalApi, connect: Callable[..., Http]) -> None:
    http = connect(api, api.deployment_token("my-agent", "staging"))
    details = http.register(agent_id=None)["details"]
    assert (details["agent_id"], details["environment_id"]) == ("my-agent", "staging")
    assert "agent_id" in http.register(agent_id="other", expect=422)["errors"]
    instance_id = http.started(agent_id=None)
    http.finish_span(http.span(instance_id)["details"]["id"])
    http.get(f"/agent_instance/{instance_id}")
    assert http.get("/agent_spans", agent_instance_id=instance_id, expect=401)["code"] == "unauthorized"
    assert http.post(f"/agent_instance/{instance_id}/terminate", {"reason": "x"}, expect=401)["code"] == "unauthorized"
    others = connect(api).started(agent_id="other")
    http.get(f"/agent_instance/{others}", expect=404)
    http.span(others, expect=404)


def test_a_key_gives_the_first_answer_again(api: LocalApi, http: Http) -> None:
    first = http.register(idempotency_key="register-1")
    assert http.register(idempotency_key="register-1") == first
    path = f"/agent_instance/{first['details']['id']}"
    started = http.post(f"{path}/start", {"idempotency_key": "shared"})
    assert http.post(f"{path}/start", {"idempotency_key": "shared"}) == started
    span = http.span(first["details"]["id"], key="span-1")
    inside = http.span(first["details"]["id"], idempotency_key="span-1")
    assert inside == span
    done = http.finish_span(span["details"]["id"], idempotency_key="done")
    assert http.finish_span(span["details"]["id"], idempotency_key="done") == done
    http.post(f"{path}/finish", {"idempotency_key": "shared"})
    assert http.get(path)["details"]["status"] == "complete"
    assert len(api.instances()) == len(api.spans()) == 1
    assert not api.violations
    assert api.replays == {
        "agent_instances/register": 1,
        "agent_instances/start": 1,
        "agent_spans/create": 1,
        "agent_spans/finish": 1,
    }


def test_a_refused_request_may_be_repeated_under_its_key(http: Http) -> None:
    path = f"/agent_instance/{http.register()['details']['id']}"
    http.post(f"{path}/finish", {"idempotency_key": "k"}, expect=409)
    http.post(f"{path}/start")
    http.post(f"{path}/finish", {"idempotency_key": "k"})


@pytest.mark.parametrize("key", ["", "k" * 65, 7, "a\nb"])
def test_keys_have_a_form(http: Http, key: object) -> None:
    assert list(http.register(idempotency_key=key, expect=422)["errors"]) == ["idempotency_key"]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"a": NaN}', b'{"a": 1e999}', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_a_bad_request(api: LocalApi, content: bytes) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    answer = httpx.post(f"{api.url}/api/v1/agent_spans", content=content, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_unknown_paths_and_methods(http: Http) -> None:
    assert http.get("/nowhere", expect=404)["code"] == "not_found"
    assert http.send("DELETE", "/bulk", expect=405)["status"] == "error"


def test_strings_that_cannot_be_stored_are_refused(http: Http) -> None:
    assert list(http.span(http.started(), schema_name="\ud800", expect=422)["errors"]) == ["schema_name"]


def test_a_schema_that_no_payload_could_be_checked_against_is_refused(http: Http) -> None:
    anchors = {str(number): {"$anchor": f"a{number}"} for number in range(1_000)}
    large = {"$id": f"http://a/{'b' * 10_000}", "$defs": anchors}
    for version in (
        {"span_type_schemas": [{"name": "t", "params_schema": {}, "result_schema": large}]},
        {"span_schemas": {"t": large}},
        {"quality_schemas": [{"name": "q", "schema": large}]},
    ):
        errors = http.register(agent_schema_version=version, expect=422)["errors"]
        assert "8,000,000 characters" in str(errors)
        assert "agent_schema_version" in str(errors)
        assert len(str(errors)) < 500


def test_agents(http: Http) -> None:
    created = http.post("/agent", {"details": {"name": "A", "external_identifier": "a", "description": "x"}})["details"]
    assert created["status"] == "pending"
    path = f"/agent/{created['id']}"
    assert http.get(path)["details"] == created
    assert http.get("/agent/show", external_identifier="a")["details"] == created
    assert http.get("/agent/show", agent_id=created["id"])["details"] == created
    http.get("/agent/show", expect=422)
    updated = http.send("PUT", path, {"details": {"name": "B", "description": None}})["details"]
    assert (updated["name"], updated["description"], updated["external_identifier"]) == ("B", None, "a")
    assert http.post(f"{path}/reinstate", expect=409)["code"] == "invalid_action"
    assert http.post(f"{path}/retire")["details"]["status"] == "retired"
    assert http.post(f"{path}/reinstate")["details"]["available_actions"]["retire"] is True
    http.register(agent_id=created["id"])
    active = http.get(path)["details"]
    assert (active["status"], active["instance_counts"]["pending"]) == ("active", 1)
    assert active["name"] == "My Agent"  # from the version that registered
    assert http.send("DELETE", path, expect=409)["code"] == "invalid_action"
    http.post("/agent", {"details": {"name": "C", "external_identifier": "a"}}, expect=422)
    unused = http.post("/agent", {"details": {"name": "C"}})["details"]["id"]
    http.send("DELETE", f"/agent/{unused}")
    http.get(f"/agent/{unused}", expect=404)


def test_lists_have_pages_and_an_order(http: Http) -> None:
    for name in "bca":
        http.post("/agent", {"details": {"name": name, "team_id": "t"}})
    order: dict[str, Any] = {"sorting[field]": "name", "sorting[direction]": "desc", "pagination[page_size]": "2"}
    first = http.get("/agent", **order, team_id="t")
    assert [row["name"] for row in first["summaries"]] == ["c", "b"]
    assert first["sorting"] == {"field": "name", "direction": "desc"}
    assert first["pagination"] == {
        "item_count": 3, "item_start": 1, "item_end": 2, "page_count": 2, "page_index": 1, "page_offset": 0,
        "page_size": 2, "next_page_offset": 1, "previous_page_offset": None,
    }  # fmt: skip
    second = http.get("/agent", **{**order, "pagination[offset]": "1"})
    assert [row["name"] for row in second["summaries"]] == ["a"]
    assert second["pagination"]["next_page_offset"] is None
    assert http.get("/agent", team_id="other")["summaries"] == []
    for query in ({"sorting": "name"}, {"sorting[field]": "colour"}, {"pagination[page_size]": "101"}):
        assert list(http.get("/agent", expect=422, **query)["errors"])


def item(kind: str, key: str, **fields: object) -> dict[str, object]:
    return {"_type": kind, "idempotency_key": key, **fields}


def test_bulk_carries_out_items_in_order(api: LocalApi, http: Http) -> None:
    registered = http.post("/bulk", {"items": [item("agent_instances/register", "register", agent_id="my-agent")]})
    instance_id = registered["outputs"]["register"]["details"]["id"]
    ids = http.post("/pfid/generate", {"count": 2})["details"]["pfids"]
    span = {"agent_instance_id": instance_id, "schema_name": "a", "status": "active", "payload": {}}
    items = [
        item("agent_instances/start", "start-it", agent_instance_id=instance_id),
        item("agent_spans/create", "create-1", details={**span, "id": ids[0]}),
        item("agent_spans/create", "create-2", **span, id=ids[1], parent_span_id=ids[0]),
        item("agent_spans/finish", "finish-1", agent_span_id=ids[0], result_payload={"r": 1}),
        item("agent_instances/finish", "finish-it", agent_instance_id=instance_id, status="failed"),
    ]
    answer = http.post("/bulk", {"items": items})
    assert answer["status"] == "success"
    assert [output["status"] for output in answer["outputs"].values()] == ["success"] * 5
    assert answer["outputs"]["finish-1"]["details"]["result_payload"] == {"r": 1}
    assert api.instances()[0]["status"] == "failed"
    assert not api.violations
    assert http.post("/bulk", {"items": items}) == answer
    assert sum(api.replays.values()) == 5


def test_bulk_stops_at_the_first_error(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    span = {"agent_instance_id": instance_id, "schema_name": "a", "status": "active", "payload": {}}
    items = [
        item("agent_spans/create", "create-1", details=span),
        item("agent_spans/create", "create-2", details={**span, "payload": None}),
        item("agent_spans/create", "create-3", details=span),
    ]
    outputs = http.post("/bulk", {"items": items})["outputs"]
    assert list(outputs) == ["create-1", "create-2"]
    assert outputs["create-2"]["code"] == "validation_errors"
    assert "payload" in outputs["create-2"]["errors"]
    assert len(api.spans()) == 1


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("agent_spans/fly", {}, "bad_request"),
        ("agent_spans/finish", {}, "validation_errors"),
        ("agent_spans/finish", {"agent_span_id": "nobody"}, "not_found"),
        ("agent_spans/finish", {"agent_span_id": "\ud800"}, "validation_errors"),
    ],
)
def test_a_wrong_bulk_item_is_its_own_error(http: Http, kind: str, fields: dict[str, object], code: str) -> None:
    output = http.post("/bulk", {"items": [item(kind, "some-key", **fields)]})["outputs"]["some-key"]
    assert (output["status"], output["code"]) == ("error", code)


def test_a_wrong_bulk_request_does_nothing(api: LocalApi, http: Http) -> None:
    good = item("agent_instances/register", "register", agent_id="a")
    for items in ([], [good, good], [good, item("ping", "short")], [good, {"_type": "ping"}], "x"):
        assert http.post("/bulk", {"items": items}, expect=422)["code"] == "validation_errors"
    assert api.instances() == []


def test_a_bulk_list(http: Http) -> None:
    http.register()
    items = [item("agent_instances/list", "list-them", agent_id="my-agent")]
    assert len(http.post("/bulk", {"items": items})["outputs"]["list-them"]["summaries"]) == 1
