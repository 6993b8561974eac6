"""An agent of plain functions with the OpenAI client: the model asks for a tool, and answers with what it gave.

Usage: python openai_functions.py "How is the weather in Oslo?"
The environment has PREFACTOR_API_URL and PREFACTOR_API_TOKEN, and OPENAI_API_KEY.
"""

import json
import sys
from typing import Any

from openai import OpenAI

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig
from prefactor_spans import AgentLlm, AgentTool, registry

MODEL = "gpt-4.1"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: Any = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]

openai = OpenAI()


def get_weather(instance: AgentInstanceHandle, city: str) -> str:
    with instance.span(AgentTool) as span:
        span.start(name="get_weather", arguments={"city": city})
        weather = f"rain in {city}"
        span.complete(output=weather)
    return weather


def ask(instance: AgentInstanceHandle, messages: list[Any]) -> Any:
    with instance.span(AgentLlm) as span:
        span.start(model=MODEL, prompt=str(messages[-1]["content"]), tools=["get_weather"])
        answer = openai.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS)
        span.complete(response=answer.choices[0].message.content or "", response_id=answer.id)
    return answer.choices[0].message


def run(instance: AgentInstanceHandle, question: str) -> str:
    messages: list[Any] = [{"role": "user", "content": question}]
    while (message := ask(instance, messages)).tool_calls:
        messages.append(message.to_dict())
        for call in message.tool_calls:
            output = get_weather(instance, **json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": output})
    return str(message.content)


with (
    PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry)) as client,
    client.instance(agent_id="weather-agent", agent_version={"name": "Weather"}) as instance,
):
    print(run(instance, sys.argv[1]))
