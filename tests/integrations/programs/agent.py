"""An agent that records three spans, one of which is refused by the check of payloads."""

import asyncio

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, SpanValidationError
from prefactor_http import HttpClientConfig
from prefactor_spans import AgentLlm, registry


async def main() -> None:
    config = PrefactorCoreConfig(http_config=HttpClientConfig(), schema_registry=registry, validation="raise")
    async with PrefactorCoreClient(config) as client:
        instance = await client.create_agent_instance(agent_id="a", agent_version={"name": "Agent"})
        await instance.start()
        for _ in range(2):
            async with instance.span(AgentLlm) as span:
                await span.start(model="m", prompt="p")
                await span.complete(response="r")
        try:
            async with instance.span("agent:llm") as refused:
                await refused.start({"model": 1})
        except SpanValidationError:
            print("refused")
        await instance.finish()


asyncio.run(main())
