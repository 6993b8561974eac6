"""An agent with the documented API of prefactor-core, which runs with its package and with ours."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.benchmarks.speed.agents.agent import MODEL, Agent, prompt, response

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, SchemaRegistry
from prefactor_http import HttpClientConfig

__all__ = ["Measured"]


class Measured(Agent):
    async def open(self) -> None:
        registry = SchemaRegistry()
        registry.register_type(
            name="agent:llm",
            params_schema={
                "type": "object",
                "properties": {"model": {"type": "string"}, "prompt": {"type": "string"}},
                "required": ["model", "prompt"],
            },
            result_schema={"type": "object", "properties": {"response": {"type": "string"}}},
        )
        http = HttpClientConfig(api_url=self.url, api_token="token")
        self.client = PrefactorCoreClient(PrefactorCoreConfig(http_config=http, schema_registry=registry))
        await self.client.initialize()
        self.instance = await self.client.create_agent_instance(agent_id="agent", agent_version={"name": "Benchmark"})
        await self.instance.start()

    async def begin(self, number: int) -> Any:
        scope = self.instance.span("agent:llm")
        span = await scope.__aenter__()
        await span.start({"model": MODEL, "prompt": prompt(number)})
        return scope, span

    async def end(self, span: Any, number: int) -> None:
        scope, opened = span
        await opened.complete({"response": response(number)})
        await scope.__aexit__(None, None, None)

    async def drain(self) -> None:
        await self.client.close()

    async def settle(self) -> None:
        await asyncio.sleep(0.1)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
