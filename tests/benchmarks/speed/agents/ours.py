"""An agent with this client, in its synchronous form; spans by name, with dicts."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.speed.agents.agent import MODEL, Agent, prompt, response

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
from prefactor_http import HttpClientConfig
from prefactor_spans import registry

__all__ = ["Measured"]


class Measured(Agent):
    async def open(self) -> None:
        http = HttpClientConfig(api_url=self.url, api_token="token")
        self.client = PrefactorCoreClient(PrefactorCoreConfig(http_config=http, schema_registry=registry))
        await self.client.initialize()
        self.instance = await self.client.create_agent_instance(agent_id="agent", agent_version={"name": "Benchmark"})
        self.instance.start()

    async def begin(self, number: int) -> Any:
        scope = self.instance.span("agent:llm")
        span = scope.__enter__()
        span.start({"model": MODEL, "prompt": prompt(number)})
        return scope, span

    async def end(self, span: Any, number: int) -> None:
        scope, opened = span
        opened.complete({"response": response(number)})
        scope.__exit__(None, None, None)

    async def drain(self) -> None:
        report = await self.client.flush(60)
        assert report.complete, report
