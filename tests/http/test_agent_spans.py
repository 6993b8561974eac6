"""Spans: bodies on the wire, what comes back, and the control signal."""

from datetime import UTC, datetime

import pytest

from prefactor_http import AgentInstance, PrefactorHttpClient
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 1, 2, 12, 0, 0, 678900, tzinfo=UTC)


async def test_create_sends_only_what_is_given(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    span = await client.agent_spans.create(instance.id, "agent:llm", "active")

    assert (span.type, span.status, span.payload, span.result_payload) == ("agent_span", "active", {}, None)
    assert api.requests[-1].path == "/api/v1/agent_spans"
    assert api.requests[-1].body == {
        "details": {
            "agent_instance_id": instance.id,
            "schema_name": "agent:llm",
            "status": "active",
            "payload": {},
        }
    }


async def test_create_has_its_key_inside_the_details(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    parent = await client.agent_spans.create(instance.id, "agent:llm", "active")
    given_id = parent.id[:31] + ("0" if parent.id[31] != "0" else "1")
    span = await client.agent_spans.create(
        instance.id,
        "agent:llm",
        "complete",
        {"prompt": "Grüße 🎉", "none": None},
        {"response": "Hi"},
        given_id,
        parent.id,
        NOON,
        NOON,
        "create-key",
    )

    assert (span.id, span.parent_span_id, span.started_at) == (given_id, parent.id, NOON)
    assert (span.payload, span.result_payload) == ({"prompt": "Grüße 🎉", "none": None}, {"response": "Hi"})
    assert api.requests[-1].body == {
        "details": {
            "agent_instance_id": instance.id,
            "schema_name": "agent:llm",
            "status": "complete",
            "payload": {"prompt": "Grüße 🎉", "none": None},
            "result_payload": {"response": "Hi"},
            "id": given_id,
            "parent_span_id": parent.id,
            "started_at": "2026-01-02T12:00:00.678900+00:00",
            "finished_at": "2026-01-02T12:00:00.678900+00:00",
            "idempotency_key": "create-key",
        }
    }


async def test_finish(api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance) -> None:
    first = await client.agent_spans.create(instance.id, "agent:llm", "active")
    finished = await client.agent_spans.finish(first.id)
    assert finished.status == "complete"
    assert (api.requests[-1].path, api.requests[-1].body) == (f"/api/v1/agent_spans/{first.id}/finish", {})

    second = await client.agent_spans.create(instance.id, "agent:llm", "active", started_at=NOON)
    failed = await client.agent_spans.finish(second.id, "failed", {"error": "x"}, NOON, "finish-key")
    assert (failed.status, failed.result_payload, failed.finished_at) == ("failed", {"error": "x"}, NOON)
    assert api.requests[-1].body == {
        "status": "failed",
        "result_payload": {"error": "x"},
        "timestamp": "2026-01-02T12:00:00.678900+00:00",
        "idempotency_key": "finish-key",
    }


async def test_control_signal_reaches_the_callback_on_create_and_finish(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    reasons: list[str | None] = []
    await client.agent_instances.start(instance.id)
    span = await client.agent_spans.create(instance.id, "agent:llm", "active", control_signal_callback=reasons.append)
    assert reasons == []

    api.terminate(instance.id, "over budget")
    await client.agent_spans.create(instance.id, "agent:llm", "active", control_signal_callback=reasons.append)
    await client.agent_spans.finish(span.id, control_signal_callback=reasons.append)
    assert reasons == ["over budget", "over budget"]

    terminated = await client.agent_instances.get(instance.id)
    assert (terminated.status, terminated.termination_reason) == ("terminated", "over budget")
