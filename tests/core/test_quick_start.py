"""The seed document's quick start and examples, against the embedded API."""

from __future__ import annotations

import pytest
from tests.core.support import bodies, creates, finishes, register, steps

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, SchemaRegistry
from prefactor_http import HttpClientConfig
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


def config(api: LocalApi) -> PrefactorCoreConfig:
    """Return the configuration of the document's programs."""
    registry = SchemaRegistry()
    registry.register_type(
        name="agent:llm",
        params_schema={
            "type": "object",
            "properties": {"model": {"type": "string"}, "prompt": {"type": "string"}},
            "required": ["model", "prompt"],
        },
        result_schema={"type": "object", "properties": {"response": {"type": "string"}}},
        title="LLM Call",
        description="A call to a language model",
        template="{{model}}: {{prompt}} → {{response}}",
    )
    http = HttpClientConfig(api_url=api.url, api_token=api.token)
    return PrefactorCoreConfig(http_config=http, schema_registry=registry)


async def call_llm() -> str:
    return "Hi"


async def quick_start(api: LocalApi) -> None:
    async with PrefactorCoreClient(config(api)) as client:
        instance = await client.create_agent_instance(
            agent_id="my-agent",
            agent_version={"name": "My Agent", "external_identifier": "v1.0.0"},
        )
        await instance.start()
        async with instance.span("agent:llm") as span:
            await span.start({"model": "gpt-4", "prompt": "Hello"})
            result = await call_llm()
            await span.complete({"response": result})
        await instance.finish()


@pytest.mark.parametrize("attempt", range(3))
async def test_requests_arrive_in_causal_order(api: LocalApi, attempt: int) -> None:
    await quick_start(api)
    assert steps(api) == [
        "ping",
        "register",
        "start instance",
        "create agent:llm",
        "finish agent:llm",
        "finish instance",
    ]
    assert not api.violations


async def test_the_recorded_span(api: LocalApi) -> None:
    await quick_start(api)
    (span,) = api.spans()
    assert span["status"] == "complete"
    assert span["summary"] == "gpt-4: Hello → Hi"
    assert span["schema_errors"] == []
    (instance,) = api.instances()
    assert instance["status"] == "complete"


async def test_the_bodies_of_the_requests(api: LocalApi) -> None:
    await quick_start(api)
    (register,) = bodies(api, "/register")
    assert register["agent_id"] == "my-agent"
    assert register["update_current_version"] is True
    assert set(register) == {
        "agent_version",
        "agent_schema_version",
        "update_current_version",
        "agent_id",
        "idempotency_key",
    }
    assert set(register["agent_version"]["runtime_environment"]) == {"agent_sdk", "os", "prefactor_sdk", "runtime"}
    assert register["agent_schema_version"]["external_identifier"].startswith("auto-my-agent-")
    (start,) = bodies(api, "/start")
    assert set(start) == {"timestamp", "idempotency_key"}
    (create,) = creates(api)
    assert set(create) == {
        "agent_instance_id",
        "schema_name",
        "status",
        "payload",
        "id",
        "started_at",
        "idempotency_key",
    }
    assert create["status"] == "active"
    (finish,) = finishes(api, create["id"])
    assert set(finish) == {"status", "result_payload", "timestamp", "idempotency_key"}
    assert finish["result_payload"] == {"response": "Hi"}
    header = api.requests[0].headers["x-prefactor-sdk"].split()
    assert [entry.partition("@")[0] for entry in header] == ["prefactor-core", "prefactor-http"]


async def test_initialize_and_close_by_hand(api: LocalApi) -> None:
    client = PrefactorCoreClient(config(api))
    await client.initialize()
    instance = await register(client)
    async with client.span(instance_id=instance.id, schema_name="agent:llm", parent_span_id=None, payload=None) as span:
        await span.start({"model": "gpt-4", "prompt": "Hello"})
        await span.complete({"response": "Hi"})
    report = await client.close()
    assert report.complete
    assert report.delivered == 2
    report.raise_for_loss()
    assert len(api.spans()) == 1


async def test_the_examples_of_failing_and_skipping(api: LocalApi) -> None:
    async with PrefactorCoreClient(config(api)) as client:
        instance = await client.create_agent_instance(agent_id="a", agent_version={"name": "Agent"})
        await instance.start()
        async with instance.span("agent:llm") as span:
            await span.start({"model": "gpt-4", "prompt": "Hello"})
            try:
                raise RuntimeError("overloaded")
            except Exception as exc:
                await span.fail({"error": str(exc)})
        async with instance.span("agent:retrieval") as span:
            await span.cancel()
        await instance.finish()
    failed, cancelled = api.spans()
    assert (failed["status"], failed["result_payload"]) == ("failed", {"error": "overloaded"})
    assert cancelled["status"] == "cancelled"
    assert not api.violations
