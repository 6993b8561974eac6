"""An agent with langsmith."""

from __future__ import annotations

from typing import Any

from langsmith import Client, trace  # type: ignore[import-not-found]
from tests.benchmarks.speed.agents.agent import MODEL, Agent, prompt, response

__all__ = ["Measured"]


class Measured(Agent):
    async def open(self) -> None:
        self.client = Client(api_url=self.url, api_key="benchmark")

    async def begin(self, number: int) -> Any:
        inputs = {"model": MODEL, "prompt": prompt(number)}
        scope = trace("agent:llm", "llm", inputs=inputs, client=self.client)
        return scope, scope.__enter__()

    async def end(self, span: Any, number: int) -> None:
        scope, opened = span
        opened.end(outputs={"response": response(number)})
        scope.__exit__(None, None, None)

    async def drain(self) -> None:
        self.client.flush()
