"""The admin endpoint of the embedded API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.support.waiting import wait_until

from prefactor_local import Fault, LocalApi

if TYPE_CHECKING:
    from tests.local.conftest import Http


class Admin:
    """Details of the answers; `expect` is the HTTP status, of errors the whole envelope is returned."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def __call__(self, method: str, name: str, body: object = None, *, expect: int = 200) -> Any:
        content = body if isinstance(body, bytes | None) else json.dumps(body)
        answer = self._client.request(method, f"/_local/{name}", content=content)
        assert answer.status_code == expect, answer.text
        return answer.json()["details"] if expect == 200 else answer.json()


@pytest.fixture
def admin(api: LocalApi) -> Iterator[Admin]:
    headers = {"Authorization": f"Bearer {api.token}"}
    with httpx.Client(base_url=api.url, headers=headers, trust_env=False, verify=False) as client:
        yield Admin(client)


def test_it_needs_the_account_token(api: LocalApi) -> None:
    for token in ("wrong", api.deployment_token("a")):
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{api.url}/_local/report", headers=headers, trust_env=False).status_code == 401


def test_faults_are_added_listed_and_cleared_and_do_not_apply_to_it(api: LocalApi, admin: Admin, http: Http) -> None:
    http.get("/ping")
    listed = admin("POST", "faults", {"path": "/api/v1/p.*", "status": 503, "times": 3, "rate": 1})
    assert [(fault["status"], fault["times_left"]) for fault in listed] == [(503, 3)]
    admin("POST", "faults", [{"reset": "before", "times": None}, {"delay": 1, "headers": {}}])
    http.get("/ping", expect=503)
    assert [(fault["status"], fault["times_left"]) for fault in admin("GET", "faults")] == [
        (503, 2), (None, None), (None, 1),
    ]  # fmt: skip
    assert api.pending_faults()[0] == (Fault(path="/api/v1/p.*", status=503, times=3), 2)
    assert admin("DELETE", "faults") == []
    http.get("/ping")
    assert [request.path for request in api.requests] == ["/api/v1/ping"] * 3


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        (b"{", "base", "is not valid JSON"),
        (b"\xff", "base", "is not valid JSON"),
        ({"rate": "x"}, "rate", "Input should be a valid number, found 'x'"),
        ({"rate": 2}, "base", "rate must be from 0 to 1, not 2.0"),
        ({"pth": "x"}, "pth", "is not a known field"),
        ({"reset": "now"}, "reset", "Input should be 'before' or 'after', found 'now'"),
        (
            {"path": "("},
            "path",
            "is not a regular expression: missing ), unterminated subpattern at position 0, found '('",
        ),
        ([{"status": 503}, {"status": "503"}], "1.status", "Input should be a valid integer, found '503'"),
        (7, "base", "Input should be an object, found 7"),
    ],
)
def test_a_wrong_fault_is_refused_with_what_was_expected(
    api: LocalApi, admin: Admin, body: object, field: str, problem: str
) -> None:
    assert admin("POST", "faults", body, expect=422)["errors"] == {field: [problem]}
    assert api.pending_faults() == []


def test_settings(api: LocalApi, admin: Admin) -> None:
    assert admin("GET", "settings") == {"refuse_ids": False, "bulk": "on"}
    assert admin("PATCH", "settings", {"refuse_ids": True}) == {"refuse_ids": True, "bulk": "on"}
    assert admin("PATCH", "settings", {"bulk": "missing"}) == {"refuse_ids": True, "bulk": "missing"}
    assert (api.refuse_ids, api.bulk) == (True, "missing")
    assert list(admin("PATCH", "settings", {"bulk": "off"}, expect=422)["errors"]) == ["bulk"]


def test_an_instance_is_terminated(api: LocalApi, admin: Admin, http: Http) -> None:
    instance_id = http.started()
    body = {"agent_instance_id": instance_id, "reason": "over budget"}
    admin("POST", "terminate", body)
    assert api.instances()[0]["termination_reason"] == "over budget"
    assert admin("POST", "terminate", body, expect=409)["code"] == "invalid_action"
    assert admin("POST", "terminate", {}, expect=422)["errors"] == {
        "agent_instance_id": ["is required"], "reason": ["is required"],
    }  # fmt: skip


def test_the_report_and_its_reset(admin: Admin, http: Http) -> None:
    instance_id = http.started()
    span_id = http.span(instance_id, key="create-1")["details"]["id"]
    http.span(instance_id, key="create-1")
    http.finish_span(span_id)
    http.finish_span(span_id, expect=409)
    http.span(instance_id)
    report = {
        "requests": 7,
        "violations": {"span_finish_after_finish": 1},
        "replays": {"agent_spans/create": 1},
        "instances": {"active": 1},
        "spans": {"active": 1, "complete": 1},
    }
    assert admin("GET", "report") == report
    reset = {**report, "requests": 0, "violations": {}, "replays": {}}
    assert admin("DELETE", "report") == reset == admin("GET", "report")


def test_it_goes_away_after_the_answer(api: LocalApi, admin: Admin, http: Http) -> None:
    for seconds in (0, -1, "1", None):
        assert list(admin("POST", "away", {"seconds": seconds}, expect=422)["errors"]) == ["seconds"]
    assert admin("POST", "away", {"seconds": 3600}) == {"seconds": 3600}
    wait_until(lambda: not answers(http))
    api.come_back()
    wait_until(lambda: answers(http))
    admin("POST", "away", {"seconds": 0.01})
    wait_until(lambda: answers(http))


def test_what_is_not_there(admin: Admin) -> None:
    assert admin("GET", "nowhere", expect=404)["code"] == "not_found"
    assert admin("PUT", "faults", {}, expect=405)["status"] == "error"


def answers(http: Http) -> bool:
    try:
        return bool(http.get("/ping"))
    except httpx.TransportError:
        return False
