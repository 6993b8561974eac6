"""An agent of the OpenAI Agents SDK: its model is a subclass that records, and its tool gets the run as its context.

Usage: python openai_agents.py "How is the weather in Oslo?"
The environment has PREFACTOR_API_URL and PREFACTOR_API_TOKEN, and OPENAI_API_KEY.
"""

import asyncio
import sys
from typing import Any

import agents
from agents import Agent, ModelResponse, OpenAIChatCompletionsModel, RunContextWrapper, Runner, function_tool
from openai import AsyncOpenAI

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig
from prefactor_spans import AgentLlm, AgentTool, registry


class RecordedModel(OpenAIChatCompletionsModel):
    instance: AgentInstanceHandle

    async def get_response(self, *args: Any, **options: Any) -> ModelResponse:
        with self.instance.span(AgentLlm) as span:
            span.start(model=str(self.model), prompt=str(options.get("input")))
            response = await super().get_response(*args, **options)
            span.complete(response=str(response.output), response_id=response.response_id or "")
        return response


@function_tool
def get_weather(run: RunContextWrapper[AgentInstanceHandle], city: str) -> str:
    """Look out of the window."""
    with run.context.span(AgentTool) as span:
        span.start(name="get_weather", arguments={"city": city})
        weather = f"rain in {city}"
        span.complete(output=weather)
    return weather


async def main(question: str) -> None:
    agents.set_tracing_disabled(True)  # the SDK's own tracing
    model = RecordedModel("gpt-4.1", AsyncOpenAI())
    agent = Agent[AgentInstanceHandle]("Weather", tools=[get_weather], model=model)
    async with (
        PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry)) as client,
        client.instance(agent_id="weather-agent", agent_version={"name": "Weather"}) as model.instance,
    ):
        result = await Runner.run(agent, question, context=model.instance)
    print(result.final_output)


asyncio.run(main(sys.argv[1]))
