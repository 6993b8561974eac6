"""An agent of the OpenAI Agents SDK. Its model calls and its tools are decorated.

Usage: python openai_agents.py "How is the weather in Oslo?"
The environment has PREFACTOR_API_URL and PREFACTOR_API_TOKEN, and OPENAI_API_KEY.
"""

import asyncio
import sys
from typing import Any

import agents
from agents import Agent, ModelResponse, OpenAIChatCompletionsModel, Runner, function_tool
from openai import AsyncOpenAI

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, traced
from prefactor_spans import AgentLlm, AgentTool, registry

MODEL = "gpt-4.1"


class RecordedModel(OpenAIChatCompletionsModel):
    @traced(
        AgentLlm,
        params=lambda options: {"model": MODEL, "prompt": str(options.get("input"))},
        result=lambda response: {"response": str(response.output)},
    )
    async def get_response(self, *args: Any, **options: Any) -> ModelResponse:
        return await super().get_response(*args, **options)


@function_tool
@traced(AgentTool, params=lambda city: {"name": "get_weather", "arguments": {"city": city}}, result="output")
def get_weather(city: str) -> str:
    """Look out of the window."""
    return f"rain in {city}"


async def main(question: str) -> None:
    agents.set_tracing_disabled(True)  # the SDK's own tracing
    agent = Agent("Weather", tools=[get_weather], model=RecordedModel(MODEL, AsyncOpenAI()))
    async with (
        PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry)) as client,
        client.instance(agent_id="weather-agent", agent_version={"name": "Weather"}),
    ):
        result = await Runner.run(agent, question)
    print(result.final_output)


asyncio.run(main(sys.argv[1]))
