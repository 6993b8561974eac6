"""An agent with langfuse."""

from __future__ import annotations

from typing import Any

from langfuse import Langfuse  # type: ignore[import-not-found]
from tests.benchmarks.speed.agents.agent import MODEL, Agent, prompt, response

__all__ = ["Measured"]


class Measured(Agent):
    async def open(self) -> None:
        self.client = Langfuse(public_key="pk-lf-benchmark", secret_key="sk-lf-benchmark", base_url=self.url)

    async def begin(self, number: int) -> Any:
        scope = self.client.start_as_current_observation(
            name="agent:llm", as_type="generation", model=MODEL, input={"prompt": prompt(number)}
        )
        return scope, scope.__enter__()

    async def end(self, span: Any, number: int) -> None:
        scope, opened = span
        opened.update(output={"response": response(number)})
        scope.__exit__(None, None, None)

    async def drain(self) -> None:
        self.client.flush()
