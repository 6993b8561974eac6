"""A small travel agent whose every step is recorded: it asks a model, calls tools, looks things up, and answers.

The model and the tools are scripted, so that it runs anywhere. The platform's address and token come from the
environment: PREFACTOR_API_URL and PREFACTOR_API_TOKEN.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass

from example_agent_spans import AgentLlm, AgentRetrieval, AgentRun, AgentTool, MessageDict, registry

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
from prefactor_core.managers import AgentInstanceHandle
from prefactor_http import HttpClientConfig

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


async def ask_model(messages: list[MessageDict]) -> Reply:
    """Answer as a model would: first ask for tools, then, with what they gave, answer."""
    await asyncio.sleep(0.02)
    if all(message["role"] != "tool" for message in messages):
        weather = ToolRequest("get_forecast", {"city": "Lisbon"})
        flight = ToolRequest("get_flight_status", {"flight": "TP 1234"})
        return Reply("", (weather, flight))
    return Reply("Light clothes, a rain jacket for Thursday, and good shoes for the hills.")


async def call_tool(request: ToolRequest) -> str:
    """Run one of the agent's tools; the airline's system is always down."""
    await asyncio.sleep(0.01)
    if request.name == "get_flight_status":
        raise ConnectionError("the airline does not answer")
    return "18 to 24 °C, rain on Thursday"


async def search_guides(query: str) -> list[str]:
    """Find passages in the travel guides."""
    await asyncio.sleep(0.005)
    return ["Lisbon is built on seven hills; wear shoes with a grip.", "Evenings by the river are windy."]


async def suffices(passages: list[str]) -> bool:
    """Judge whether more passages would help."""
    await asyncio.sleep(0.005)
    return bool(passages)


async def think(instance: AgentInstanceHandle, messages: list[MessageDict]) -> Reply:
    """Ask the model, and record the call."""
    async with instance.span(AgentLlm) as span:
        await span.start(model=MODEL, messages=messages, parameters={"temperature": 0.2, "max_tokens": 400})
        reply = await ask_model(messages)
        await span.complete(
            response=reply.text or f"(asks for {len(reply.tools)} tools)",
            finish_reason="tool_calls" if reply.tools else "stop",
            usage={"input_tokens": 40 * len(messages), "output_tokens": 25},
        )
    return reply


async def use_tool(instance: AgentInstanceHandle, request: ToolRequest) -> str:
    """Call a tool, and record the call; a tool that fails is an answer to the model too."""
    async with instance.span(AgentTool) as span:
        await span.start(name=request.name, arguments=request.arguments)
        try:
            output = await call_tool(request)
        except ConnectionError as error:
            span.set_result(error_message=str(error))
            await span.fail(error)
            return f"{request.name} failed: {error}"
        await span.complete(output=output, summary=output)
    return output


async def look_up(instance: AgentInstanceHandle, query: str, known: list[str]) -> list[str]:
    """Search the guides, and record the search; one that turns out to be unnecessary is recorded as cancelled."""
    async with instance.span(AgentRetrieval) as span:
        if await suffices(known):
            await span.cancel()
            return []
        await span.start(query=query, data_source_id="guides", top_k=2)
        passages = await search_guides(query)
        await span.complete(documents=[{"content": passage} for passage in passages], count=len(passages))
    return passages


async def run(instance: AgentInstanceHandle, question: str) -> str:
    """One run of the agent."""
    async with instance.span(AgentRun) as span:
        await span.start(input=question, agent_name="Travel agent")
        messages: list[MessageDict] = [{"role": "user", "content": question}]
        reply = await think(instance, messages)
        answers = await asyncio.gather(*(use_tool(instance, request) for request in reply.tools))
        messages += [{"role": "tool", "content": answer} for answer in answers]
        passages = await look_up(instance, "what to wear in Lisbon", [])
        passages += await look_up(instance, "events in Lisbon", passages)
        messages.append({"role": "system", "content": "\n".join(passages)})
        final = await think(instance, messages)
        await span.complete(output=final.text, steps=2)
    return final.text


async def main() -> None:
    """Run the agent once and print its answer."""
    config = PrefactorCoreConfig(
        http_config=HttpClientConfig(
            api_url=os.environ["PREFACTOR_API_URL"], api_token=os.environ["PREFACTOR_API_TOKEN"]
        ),
        schema_registry=registry,
    )
    async with PrefactorCoreClient(config) as client:
        instance = await client.create_agent_instance(
            agent_id="travel-agent", agent_version={"name": "Travel agent", "external_identifier": "v1.0.0"}
        )
        await instance.start()
        answer = await run(instance, QUESTION)
        await instance.finish()
    print(answer)


if __name__ == "__main__":
    asyncio.run(main())
