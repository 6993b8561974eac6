"""A small travel agent whose every step is recorded: it asks a model, calls tools, looks things up, and answers.

The model and the tools are scripted, so that it runs anywhere. The platform's address and token come from the
environment: PREFACTOR_API_URL and PREFACTOR_API_TOKEN.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from example_agent_spans import AgentLlm, AgentRetrieval, AgentRun, AgentTool, MessageDict, registry

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, current_span, traced
from prefactor_core.managers import AgentInstanceHandle

MODEL = "scripted-1"
QUESTION = "What should I pack for Lisbon next week?"


@dataclass(frozen=True)
class ToolRequest:
    """A tool that the model asks for."""

    name: str
    arguments: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What the scripted model answers: a text, or tools that it wants first."""

    text: str
    tools: tuple[ToolRequest, ...] = ()


class Model:
    """A scripted model: it first asks for tools, then, with what they gave, answers."""

    name = MODEL

    @traced(
        AgentLlm,
        params=lambda self, messages: {
            "model": self.name,
            "messages": messages,
            "parameters": {"temperature": 0.2, "max_tokens": 400},
        },
        result=lambda reply: {"response": f"(asks for {len(reply.tools)} tools)", "finish_reason": "tool_calls"},
    )
    async def plan(self, messages: list[MessageDict]) -> Reply:
        """Say which tools are needed."""
        await asyncio.sleep(0.02)
        current_span(AgentLlm).set_result(usage={"input_tokens": 40 * len(messages), "output_tokens": 25})
        weather = ToolRequest("get_forecast", {"city": "Lisbon"})
        flight = ToolRequest("get_flight_status", {"flight": "TP 1234"})
        return Reply("", (weather, flight))

    @traced(
        AgentLlm,
        params=lambda self, messages: {"model": self.name, "messages": messages},
        collect=lambda parts: {"response": "".join(parts)},
    )
    async def answer(self, messages: list[MessageDict]) -> AsyncIterator[str]:
        """Answer part by part. The span gets the whole text, or what was read of it."""
        for part in ("Light clothes, ", "a rain jacket for Thursday, ", "and good shoes for the hills."):
            await asyncio.sleep(0.005)
            yield part
        current_span(AgentLlm).set_result(finish_reason="stop")


@traced(
    AgentTool,
    params=lambda request: {"name": request.name, "arguments": request.arguments},
    result=lambda output: {"output": output, "summary": output},
)
async def call_tool(request: ToolRequest) -> str:
    """Run one of the agent's tools; the airline's system is always down."""
    await asyncio.sleep(0.01)
    if request.name == "get_flight_status":
        current_span(AgentTool).set_result(error_message="the airline does not answer")
        raise ConnectionError("the airline does not answer")
    return "18 to 24 °C, rain on Thursday"


async def use_tool(request: ToolRequest) -> str:
    """Call a tool; a tool that fails is an answer to the model too."""
    try:
        return await call_tool(request)
    except ConnectionError as error:
        return f"{request.name} failed: {error}"


@traced(
    AgentRetrieval,
    params=lambda query: {"query": query, "data_source_id": "guides"},
    result=lambda passages: {"documents": [{"content": each} for each in passages], "count": len(passages)},
)
def search_guides(query: str, known: list[str]) -> list[str]:
    """Find passages in the travel guides. A search that turns out to be unnecessary is recorded as cancelled."""
    time.sleep(0.005)
    if known:
        current_span(AgentRetrieval).cancel()
        return []
    return ["Lisbon is built on seven hills; wear shoes with a grip.", "Evenings by the river are windy."]


async def run(instance: AgentInstanceHandle, question: str) -> str:
    """One run of the agent."""
    model = Model()
    async with instance.span(AgentRun) as span:
        await span.start(input=question, agent_name="Travel agent")
        messages: list[MessageDict] = [{"role": "user", "content": question}]
        reply = await model.plan(messages)
        answers = await asyncio.gather(*(use_tool(request) for request in reply.tools))
        messages += [{"role": "tool", "content": answer} for answer in answers]
        passages = search_guides("what to wear in Lisbon", [])
        passages += search_guides("events in Lisbon", passages)
        messages.append({"role": "system", "content": "\n".join(passages)})
        answer = "".join([part async for part in model.answer(messages)])
        await span.complete(output=answer, steps=2)
    return answer


async def main() -> None:
    """Run the agent once and print its answer."""
    async with (
        PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry)) as client,
        client.instance(
            agent_id="travel-agent", agent_version={"name": "Travel agent", "external_identifier": "v1.0.0"}
        ) as instance,
    ):
        answer = await run(instance, QUESTION)
    print(answer)


if __name__ == "__main__":
    asyncio.run(main())
