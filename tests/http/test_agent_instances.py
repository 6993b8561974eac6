"""Agent instances: bodies on the wire, and what comes back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from prefactor_http import AgentInstance, PrefactorHttpClient
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


async def test_register_sends_only_what_is_given(api: LocalApi, client: PrefactorHttpClient) -> None:
    instance = await client.agent_instances.register(
        {"name": "A"}, {"span_type_schemas": []}, agent_id="a", environment_id="e"
    )

    assert (instance.type, instance.status, instance.agent_id) == ("agent_instance", "pending", "a")
    request = api.requests[-1]
    assert (request.method, request.path) == ("POST", "/api/v1/agent_instance/register")
    assert request.body == {
        "agent_version": {"name": "A"},
        "agent_schema_version": {"span_type_schemas": []},
        "update_current_version": True,
        "agent_id": "a",
        "environment_id": "e",
    }


async def test_register_takes_every_documented_field(api: LocalApi, client: PrefactorHttpClient) -> None:
    first = await client.agent_instances.register({}, {}, "a", "e")
    given_id = first.id[:31] + ("0" if first.id[31] != "0" else "1")
    instance = await client.agent_instances.register({}, {}, "a", "e", given_id, "key-1", False, "smoke_test", "run-7")

    assert (instance.id, instance.purpose, instance.external_identifier) == (given_id, "smoke_test", "run-7")
    assert api.requests[-1].body == {
        "agent_version": {},
        "agent_schema_version": {},
        "update_current_version": False,
        "agent_id": "a",
        "environment_id": "e",
        "id": given_id,
        "idempotency_key": "key-1",
        "purpose": "smoke_test",
        "external_identifier": "run-7",
    }


async def test_register_with_a_deployment_token_needs_no_agent(api: LocalApi, client: PrefactorHttpClient) -> None:
    client.config.api_token = api.deployment_token("a")

    instance = await client.agent_instances.register({}, {})

    assert instance.agent_id == "a"
    assert "agent_id" not in api.requests[-1].body


async def test_start_without_timestamp_sends_null(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    started = await client.agent_instances.start(instance.id)

    assert started.status == "active"
    assert started.started_at is not None
    assert api.requests[-1].path == f"/api/v1/agent_instance/{instance.id}/start"
    assert api.requests[-1].body == {"timestamp": None}


async def test_timestamps_keep_their_offset(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    brisbane = NOON.astimezone(timezone(timedelta(hours=10)))
    started = await client.agent_instances.start(instance.id, brisbane, "start-key")

    assert started.started_at == NOON
    assert api.requests[-1].body == {"timestamp": "2026-01-02T22:00:00+10:00", "idempotency_key": "start-key"}

    await client.agent_instances.finish(instance.id, timestamp=NOON.replace(tzinfo=None))
    assert api.requests[-1].body == {"timestamp": "2026-01-02T12:00:00"}


async def test_finish_sends_only_what_is_given(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    await client.agent_instances.start(instance.id)
    finished = await client.agent_instances.finish(instance.id)

    assert finished.status == "complete"
    assert api.requests[-1].body == {}


async def test_finish_with_status(api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance) -> None:
    await client.agent_instances.start(instance.id)
    finished = await client.agent_instances.finish(instance.id, "failed", NOON + timedelta(days=3000), "finish-key")

    assert finished.status == "failed"
    assert api.requests[-1].body == {
        "status": "failed",
        "timestamp": "2034-03-21T12:00:00+00:00",
        "idempotency_key": "finish-key",
    }


async def test_get(api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance) -> None:
    found = await client.agent_instances.get(instance.id)

    assert found == instance
    assert found.span_counts is not None
    assert found.span_counts.total == 0
    assert (api.requests[-1].method, api.requests[-1].body) == ("GET", None)


async def test_record_quality_sets_and_removes(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    recorded = await client.agent_instances.record_quality(instance.id, "accuracy", {"score": 1, "note": None})

    assert recorded.quality_payloads == {"accuracy": {"score": 1, "note": None}}
    assert api.requests[-1].body == {"name": "accuracy", "payload": {"score": 1, "note": None}}

    removed = await client.agent_instances.record_quality(instance.id, "accuracy", idempotency_key="quality-key")
    assert not removed.quality_payloads
    assert api.requests[-1].body == {"name": "accuracy", "payload": None, "idempotency_key": "quality-key"}
