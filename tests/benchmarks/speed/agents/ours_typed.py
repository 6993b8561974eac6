"""An agent with this client and generated classes."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.speed.agents import ours
from tests.benchmarks.speed.agents.agent import MODEL, prompt, response

from prefactor_spans import AgentLlm

__all__ = ["Measured"]


class Measured(ours.Measured):
    async def begin(self, number: int) -> Any:
        scope = self.instance.span(AgentLlm)
        span = scope.__enter__()
        span.start(model=MODEL, prompt=prompt(number))
        return scope, span

    async def end(self, span: Any, number: int) -> None:
        scope, opened = span
        opened.complete(response=response(number))
        scope.__exit__(None, None, None)
