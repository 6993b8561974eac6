"""Hostile requests: no body breaks the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prefactor_http import _pfid
from prefactor_local import LocalApi

PFID = _pfid.generate(1)
FIELDS = [
    "_type", "agent_id", "agent_instance_id", "agent_schema_version", "agent_span_id", "agent_version", "count",
    "data_risk", "details", "external_identifier", "finished_at", "id", "idempotency_key", "items", "name", "payload",
    "params_schema", "parent_span_id", "quality_schemas", "reason", "result_payload", "runtime_environment", "schema",
    "schema_name", "span_result_schemas", "span_schemas", "span_type_schemas", "started_at", "status", "template",
    "timestamp", "type", "$ref", "$schema", "pattern", "properties", "required",
]  # fmt: skip
PATHS = [
    "/agent", "/agent/x/retire", "/agent_instance/register", "/agent_instance/{id}/start",
    "/agent_instance/{id}/finish", "/agent_instance/{id}/record_quality", "/agent_spans", "/agent_spans/{id}/finish",
    "/bulk", "/pfid/generate",
]  # fmt: skip
TEXTS = st.sampled_from(
    ["", "active", "complete", "cancelled", "object", "\ud800", "\0", "(", "{{ x", "{{ payload | size }}", "0001-01-01",
     "9999-12-31T23:59:59-14:00", "2026-01-01", "agent_spans/create", "agent_instances/register", "8 characters", PFID]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=25,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8)


@pytest.fixture(scope="module")
def target() -> Iterator[tuple[LocalApi, httpx.Client, dict[str, str]]]:
    """A server with an active instance and span, whose IDs the paths take."""
    with LocalApi() as api:
        headers = {"Authorization": f"Bearer {api.token}"}
        with httpx.Client(base_url=f"{api.url}/api/v1", headers=headers, trust_env=False, verify=False) as client:
            instance = client.post("/agent_instance/register", json={"agent_id": "a"}).json()["details"]
            span = {"agent_instance_id": instance["id"], "schema_name": "a", "status": "active", "payload": {}}
            made = client.post("/agent_spans", json={"details": span}).json()["details"]
            yield api, client, {"agent_instance": instance["id"], "agent_spans": made["id"]}


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(PATHS), body=BODIES, details=st.booleans())
def test_every_body_has_a_proper_answer(target: Any, path: str, body: dict[str, Any], details: bool) -> None:
    _, client, ids = target
    place = path.replace("{id}", ids.get(path.split("/")[1], ""))
    answer = client.post(place, content=json.dumps({"details": body} if details else body))
    assert answer.status_code in {200, 400, 404, 409, 422}, answer.text
    assert answer.json()["status"] == ("success" if answer.status_code == 200 else "error")


REGISTERED = st.fixed_dictionaries({"name": st.just("a"), "params_schema": BODIES, "template": TEXTS})


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(span_type=REGISTERED, payload=BODIES)
def test_every_definition_and_payload_is_recorded(target: Any, span_type: Any, payload: Any) -> None:
    api, client, _ = target
    version = {"span_type_schemas": [span_type]}
    body = json.dumps({"agent_id": "a", "agent_schema_version": version})
    answer = client.post("/agent_instance/register", content=body)
    if answer.status_code == 422:  # the template is no valid Unicode
        return
    instance_id = answer.json()["details"]["id"]
    span = {"agent_instance_id": instance_id, "schema_name": "a", "status": "complete", "payload": payload}
    assert client.post("/agent_spans", content=json.dumps({"details": span})).status_code == 200
    (recorded,) = api.spans(instance_id)
    assert recorded["payload"] == payload
