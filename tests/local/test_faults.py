"""All faults of the embedded API, over real connections."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.support.waiting import wait_until

from prefactor_local import Fault, LocalApi
from prefactor_local._faults.mixture import mixture

if TYPE_CHECKING:
    from tests.local.conftest import Http

SPANS = r"/api/v1/agent_spans"
SPAN = {"schema_name": "a", "status": "active", "payload": {}}


def create(instance_id: str, key: str, **details: object) -> dict[str, Any]:
    return {
        "_type": "agent_spans/create",
        "idempotency_key": key,
        "details": {"agent_instance_id": instance_id, **SPAN, **details},
    }


def finish(span_id: str, key: str, **fields: object) -> dict[str, Any]:
    return {"_type": "agent_spans/finish", "idempotency_key": key, "agent_span_id": span_id, **fields}


def ping(api: LocalApi, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {api.token}"}
    return httpx.get(f"{api.url}/api/v1/ping", headers=headers, trust_env=False, verify=False, **options)


def test_a_reset_before_loses_the_request_and_after_only_its_answer(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    api.inject(Fault(path=SPANS, reset="before"))
    api.inject(Fault(path=SPANS, reset="after"))
    for arrived in (0, 1):
        with pytest.raises(httpx.ReadError):
            http.span(instance_id)
        assert len(api.spans()) == len([call for call in api.calls if call.name == "agent_spans/create"]) == arrived
    http.span(instance_id)
    assert [request.status for request in api.requests if request.path == SPANS] == [None, None, 200]


def test_a_reset_is_a_reset_on_the_wire(api: LocalApi) -> None:
    api.inject(Fault(reset="before"))
    with socket.create_connection(("127.0.0.1", int(api.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"GET /api/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


@pytest.mark.parametrize("kind", ["malformed", "shape"])
def test_a_garbled_answer_is_a_success_that_says_nothing(api: LocalApi, http: Http, kind: Any) -> None:
    instance_id = http.started()
    api.inject(Fault(path=SPANS, garble=kind))
    body = {"details": {"agent_instance_id": instance_id, **SPAN}}
    headers = {"Authorization": f"Bearer {api.token}"}
    answer = httpx.post(f"{api.url}{SPANS}", json=body, headers=headers, trust_env=False)
    assert answer.status_code == 200
    assert len(api.spans()) == 1
    if kind == "malformed":
        with pytest.raises(ValueError, match="Unterminated"):
            answer.json()
    else:
        assert set(answer.json()["details"]) == {"unexpected"}


@contextmanager
def pinging(api: LocalApi, number: int) -> Iterator[list[object]]:
    """So many requests, each on a connection of its own, that have arrived; then what became of them."""
    ends: list[object] = []

    def run() -> None:
        try:
            ends.append(ping(api, timeout=30).status_code)
        except httpx.TransportError as error:
            ends.append(type(error))

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(api.requests) >= number)
    yield ends
    for thread in threads:
        thread.join()


def test_a_request_that_hangs_goes_on_when_the_faults_are_cleared(api: LocalApi) -> None:
    api.inject(Fault(hang=True, times=None))
    with pinging(api, 10) as ends:
        assert [request.status for request in api.requests] == [None] * 10
        api.clear_faults()
    assert ends == [200] * 10


def test_a_request_that_hangs_is_dropped_with_its_client(api: LocalApi, http: Http) -> None:
    api.inject(Fault(hang=True))
    with pytest.raises(httpx.ReadTimeout):
        ping(api, timeout=0.05)
    api.clear_faults()
    http.get("/ping")
    assert [call.name for call in api.calls] == ["ping"]


def test_it_stops_at_once_while_requests_hang() -> None:
    with LocalApi(faults=[Fault(hang=True, times=None)]) as api, pinging(api, 5) as ends:
        before = time.monotonic()
        api.__exit__(None, None, None)
        assert time.monotonic() - before < 1
        api.__enter__()
    assert ends == [httpx.ReadError] * 5


def test_while_away_it_refuses_connections_and_keeps_its_state(api: LocalApi, http: Http) -> None:
    instance_id, url = http.started(), api.url
    for _ in range(2):
        with api.away(), pytest.raises(httpx.ConnectError):
            http.span(instance_id)
        assert api.url == url
        http.span(instance_id)
    api.go_away()
    api.go_away()
    api.come_back()
    api.come_back()
    assert len(http.get("/agent_spans", agent_instance_id=instance_id)["summaries"]) == 2


def test_away_resets_what_is_in_progress_unhandled(api: LocalApi) -> None:
    api.inject(Fault(delay=3600, times=None))
    with pinging(api, 3) as ends, api.away():
        pass
    assert ends == [httpx.ReadError] * 3
    assert api.calls == []


def test_away_for_a_time(api: LocalApi) -> None:
    api.away_for(0.05)
    with pytest.raises(httpx.ConnectError):
        ping(api)
    wait_until(lambda: reachable(api))
    api.away_for(3600)
    api.come_back()
    assert ping(api).status_code == 200


def test_it_stops_while_away() -> None:
    with LocalApi() as api:
        api.away_for(3600)
    with api:
        assert ping(api).status_code == 200


def test_rates_are_repeatable_and_near_their_share() -> None:
    def struck(seed: int) -> list[int | None]:
        with LocalApi(seed=seed, faults=[Fault(rate=0.2, status=503, times=None)], token="t") as api:
            with httpx.Client(base_url=api.url, headers={"Authorization": "Bearer t"}, trust_env=False) as client:
                for _ in range(100):
                    client.get("/api/v1/ping")
            return [request.status for request in api.requests]

    first = struck(1)
    assert first == struck(1) != struck(2)
    assert 8 <= first.count(503) <= 35


def test_a_mixture_gives_each_its_share() -> None:
    faults = list(mixture([(0.5, Fault(status=500)), (0.25, Fault(status=503)), (0.0, Fault(hang=True))]))
    assert [fault.rate for fault in faults] == [0.5, 0.5]
    with pytest.raises(ValueError, match="more than 1"):
        list(mixture([(0.6, Fault(status=500)), (0.6, Fault(status=503))]))


def test_delays_add_up_until_a_fault_ends_the_request(api: LocalApi, http: Http) -> None:
    api.inject(Fault(delay=0.05, times=2))
    api.inject(Fault(delay=0.05, jitter=0.01, status=503))
    api.inject(Fault(status=418))
    before = time.monotonic()
    http.get("/ping", expect=503)
    assert time.monotonic() - before >= 0.1
    http.get("/ping", expect=418)
    http.get("/ping")


def test_the_error_can_be_worded(api: LocalApi, http: Http) -> None:
    api.inject(Fault(status=409, code="conflict", message="Taken.", errors={"id": ["is taken"]}))
    assert http.get("/ping", expect=409) == {
        "status": "error", "code": "conflict", "message": "Taken.", "errors": {"id": ["is taken"]},
    }  # fmt: skip


def test_by_schema_name_creates_and_finishes_are_hit(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    span_id = http.span(instance_id, schema_name="b")["details"]["id"]
    api.inject(Fault(schema_name="b", status=422, times=3))
    http.span(instance_id, schema_name="a")
    http.span(instance_id, schema_name="b", expect=422)
    http.finish_span(span_id, expect=422)
    http.get(f"/agent_instance/{instance_id}")
    output = http.post("/bulk", {"items": [create(instance_id, "create-1"), finish(span_id, "finish-1")]})["outputs"]
    assert [each["status"] for each in output.values()] == ["success", "error"]
    http.finish_span(span_id)


@pytest.mark.parametrize("fault", [{"path": SPANS}, {"schema_name": "b"}, {"path": SPANS, "schema_name": "b"}])
def test_an_item_of_a_bulk_request_is_rejected_like_a_single_one(
    api: LocalApi, http: Http, fault: dict[str, Any]
) -> None:
    instance_id = http.started()
    items = [
        finish(http.span(instance_id)["details"]["id"], "finish-1"),
        create(instance_id, "create-1", schema_name="b"),
        create(instance_id, "create-2"),
    ]
    api.inject(Fault(method="POST", status=422, code="no", **fault))
    outputs = http.post("/bulk", {"items": items})["outputs"]
    assert [(key, output.get("code")) for key, output in outputs.items()] == [("finish-1", None), ("create-1", "no")]
    outputs = http.post("/bulk", {"items": items})["outputs"]
    assert [output["status"] for output in outputs.values()] == ["success"] * 3
    assert len(api.spans()) == 3


def test_the_output_of_an_item_can_be_given(api: LocalApi, http: Http) -> None:
    api.inject(Fault(path=SPANS, status=503, body={"code": "odd"}, delay=0.01))
    assert http.post("/bulk", {"items": [create("i", "create-1")]})["outputs"] == {
        "create-1": {"status": "error", "code": "odd"}
    }


def test_a_fault_for_all_paths_hits_a_bulk_request_once_and_as_a_whole(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    api.inject(Fault(status=503))
    items = [create(instance_id, f"create-{number}") for number in range(3)]
    http.post("/bulk", {"items": items}, expect=503)
    assert len(http.post("/bulk", {"items": items})["outputs"]) == 3


def test_a_bulk_request_is_reset_for_one_of_its_items(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    api.inject(Fault(schema_name="b", reset="before"))
    http.post("/bulk", {"items": [create(instance_id, "create-1")]})
    with pytest.raises(httpx.ReadError):
        http.post(
            "/bulk", {"items": [create(instance_id, "create-2"), create(instance_id, "create-3", schema_name="b")]}
        )
    assert len(api.spans()) == 1


@pytest.mark.parametrize("body", [[], {"items": 1}, {"items": [1, {}, {"_type": [], "agent_span_id": {}}]}, {}])
def test_a_fault_by_schema_name_bears_any_body(api: LocalApi, http: Http, body: object) -> None:
    api.inject(Fault(schema_name="b", reset="before", times=None))
    headers = {"Authorization": f"Bearer {api.token}"}
    for path in ("/bulk", "/agent_spans", "/agent_spans/x/finish"):
        assert httpx.post(f"{api.url}/api/v1{path}", json=body, headers=headers, trust_env=False).status_code < 500


def test_given_ids_are_refused(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    given = http.post("/pfid/generate")["details"]["pfids"][0]
    api.refuse_ids = True
    assert list(http.span(instance_id, id=given, expect=422)["errors"]) == ["id"]
    assert list(http.register(id=given, expect=422)["errors"]) == ["id"]
    bulk = http.post("/bulk", {"items": [create(instance_id, "create-1", id=given)]})
    assert list(bulk["outputs"]["create-1"]["errors"]) == ["id"]
    http.span(instance_id)
    api.refuse_ids = False
    http.span(instance_id, id=given)


def test_the_bulk_endpoint_may_be_missing_or_answer_in_another_form(connect: Callable[..., Http]) -> None:
    with LocalApi(bulk="missing") as api:
        http = connect(api)
        instance_id = http.started()
        items = [create(instance_id, "create-1"), create("nobody", "create-2"), create(instance_id, "create-3")]
        assert http.post("/bulk", {"items": items}, expect=404)["code"] == "not_found"
        api.bulk = "other_form"
        first, second = http.post("/bulk", {"items": items})["details"]["items"]
        assert (first["status"], first["body"]["details"]["schema_name"]) == (200, "a")
        assert (second["status"], second["body"]["code"]) == (404, "not_found")
        assert len(api.spans()) == 1
        api.bulk = "on"
        assert "outputs" in http.post("/bulk", {"items": items})
        with pytest.raises(ValueError, match="bulk must be one of"):
            api.bulk = "off"  # type: ignore[assignment]


def test_calls_are_the_operations_in_order(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    (given,) = http.post("/pfid/generate")["details"]["pfids"]
    items = [create(instance_id, "create-1", id=given), finish(given, "finish-1"), finish(given, "finish-2")]
    http.post("/bulk", {"items": items})
    single = http.span(instance_id, key="create-4")["details"]["id"]
    http.span(instance_id, key="create-4")
    api.terminate(instance_id, "no call of a client")
    assert [(call.name, call.target, call.status, call.code, call.replay, call.bulk) for call in api.calls] == [
        ("agent_instances/register", instance_id, 200, None, False, False),
        ("agent_instances/start", instance_id, 200, None, False, False),
        ("pfids/generate", "", 200, None, False, False),
        ("agent_spans/create", given, 200, None, False, True),
        ("agent_spans/finish", given, 200, None, False, True),
        ("agent_spans/finish", given, 409, "invalid_action", False, True),
        ("agent_spans/create", single, 200, None, False, False),
        ("agent_spans/create", single, 200, None, True, False),
    ]
    assert api.calls[3].body["details"]["schema_name"] == "a"
    moments = [request.received_at for request in api.requests]
    assert moments == sorted(moments)


def test_a_key_with_another_body_is_a_violation(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    http.span(instance_id, key="create-1", started_at=None)
    # The same in the form of a bulk item, and with the key inside.
    details = {"schema_name": "agent:llm", "payload": {"model": "gpt-4", "prompt": "Hello"}}
    http.post("/bulk", {"items": [create(instance_id, "create-1", **details)]})
    http.span(instance_id, idempotency_key="create-1")
    assert not api.violations
    http.span(instance_id, key="create-1", payload={"model": "other"})
    assert api.violations == {"key_reused": 1}
    assert api.replays == {"agent_spans/create": 3}


def test_violations_are_counted_through_bulk_too(api: LocalApi, http: Http) -> None:
    pending = http.register()["details"]["id"]
    done = http.started()
    one, two, three = http.post("/pfid/generate", {"count": 3})["details"]["pfids"]
    http.post(f"/agent_instance/{done}/finish")
    runs = [
        [create(pending, "key-000-1", id=one, parent_span_id=two), finish(three, "key-000-2")],
        [create(done, "key-000-3", id=two), finish(two, "key-000-4"), finish(two, "key-000-5")],
        [create(pending, "key-000-6", id=one)],
        [{"_type": "agent_instances/register", "idempotency_key": "key-000-7", "agent_id": "my-agent", "id": done}],
        [
            {
                "_type": "agent_instances/record_quality",
                "idempotency_key": "key-000-8",
                "agent_instance_id": done,
                "name": "q",
                "payload": {},
            }
        ],
        [{"_type": "agent_instances/finish", "idempotency_key": "key-000-9", "agent_instance_id": done}],
    ]
    for items in runs:
        http.post("/bulk", {"items": items})
    assert api.violations == {
        "child_before_parent": 1,
        "span_create_before_instance_start": 1,
        "span_finish_before_create": 1,
        "span_after_instance_finish": 1,
        "span_finish_after_instance_finish": 2,
        "span_finish_after_finish": 1,
        "span_create_after_create": 1,
        "instance_create_after_create": 1,
        "quality_after_instance_finish": 1,
        "instance_finish_after_finish": 1,
    }


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rate": 1.5}, "rate must be from 0 to 1, not 1.5"),
        ({"delay": -1}, "delay must be a number of seconds"),
        ({"jitter": float("nan")}, "jitter must be a number of seconds"),
        ({"times": -1}, "times must be 0 or more"),
        ({"status": 42}, "status must be from 200 to 599"),
        ({"reset": "now"}, "reset must be 'before' or 'after', not 'now'"),
        ({"status": 500, "hang": True}, "not status and hang"),
        ({"code": "x"}, "code belong to an answer"),
        ({"status": 500, "body": object()}, "body must be text, bytes or a JSON value"),
    ],
)
def test_a_wrong_fault_is_refused_when_it_is_made(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Fault(**fields)


def test_answers_do_not_wait_for_acknowledgements(api: LocalApi, http: Http) -> None:
    """Without TCP_NODELAY every one takes 40 ms; also after an absence, with a new listening socket."""
    for _ in range(2):
        before = time.monotonic()
        for _ in range(50):
            http.get("/ping")
        assert time.monotonic() - before < 1.5
        with api.away():
            pass


def test_many_requests_on_ten_connections(api: LocalApi) -> None:
    statuses: Counter[int] = Counter()
    with httpx.Client(trust_env=False, headers={"Authorization": f"Bearer {api.token}"}) as client:

        def run() -> None:
            for _ in range(10):
                statuses[client.get(f"{api.url}/api/v1/ping").status_code] += 1

        threads = [threading.Thread(target=run) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(statuses.values()) == len(api.requests)
    assert set(statuses) == {200}


def reachable(api: LocalApi) -> bool:
    try:
        return ping(api).status_code == 200
    except httpx.TransportError:
        return False
