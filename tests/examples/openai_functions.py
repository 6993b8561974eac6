"""An agent of plain functions with the OpenAI client: the model asks for a tool, and answers with what it gave.

Usage: python openai_functions.py "How is the weather in Oslo?"
The environment has PREFACTOR_API_URL and PREFACTOR_API_TOKEN, and OPENAI_API_KEY.
"""

import json
import sys
from typing import Any

from openai import OpenAI

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, traced
from prefactor_spans import AgentLlm, AgentTool, registry

MODEL = "gpt-4.1"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: Any = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]

openai = OpenAI()


@traced(AgentTool, params=lambda city: {"name": "get_weather", "arguments": {"city": city}}, result="output")
def get_weather(city: str) -> str:
    return f"rain in {city}"


@traced(
    AgentLlm,
    params=lambda messages: {"model": MODEL, "prompt": str(messages[-1]["content"]), "tools": ["get_weather"]},
    result=lambda message: {"response": message.content or ""},
)
def ask(messages: list[Any]) -> Any:
    return openai.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0].message


def run(question: str) -> str:
    messages: list[Any] = [{"role": "user", "content": question}]
    while (message := ask(messages)).tool_calls:
        messages.append(message.to_dict())
        for call in message.tool_calls:
            output = get_weather(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": output})
    return str(message.content)


with (
    PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry)) as client,
    client.instance(agent_id="weather-agent", agent_version={"name": "Weather"}),
):
    print(run(sys.argv[1]))
