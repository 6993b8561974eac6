"""Wrong uses of the shipped span types; marks as in reject.py."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_core import carry, current_span, traced
from prefactor_core.testing import Recorded, record
from prefactor_core.typed import MISSING
from prefactor_spans import AgentChatTurn, AgentLlm, AgentRetrieval, AgentRun, AgentTool


async def llm(span: AgentLlm) -> None:
    await span.start(modell="gpt-4", prompt="Hi")  # E: "modell"
    await span.start(prompt="Hi")  # E: "model"
    await span.start(model=4, prompt="Hi")  # E: "model"
    await span.start({"model": "gpt-4", "prompt": "Hi"})  # E: "positional"
    await span.start(model="gpt-4", messages="Hi")  # E: "messages"
    await span.start(model="gpt-4", messages=[{"role": "bot", "content": "Hi"}])  # E: "item "role"" | "Literal['bot']"
    await span.start(model="gpt-4", messages=[{"role": "user"}])  # E: "Missing key "content"" | ""content" is required"
    await span.start(model="gpt-4", parameters={"temprature": 1})  # E: "Extra key "temprature"" | ""temprature" is an"
    await span.start(model="gpt-4", tools="greet")  # E: "tools"
    await span.complete(response=None)  # E: "response"
    await span.complete(text="Hello")  # E: "text"
    await span.complete(usage={"input_tokens": 1})  # E: "Missing key "output_tokens"" | ""output_tokens" is required"
    await span.complete(usage={"input_tokens": "1", "output_tokens": 1})  # E: "item "input_tokens"" | "usage"
    await span.complete_with(AgentTool.Result(output="x"))  # E: "AgentToolResult"


async def others(run: AgentRun, tool: AgentTool, retrieval: AgentRetrieval, turn: AgentChatTurn) -> None:
    await run.start(agent_name="Weather")  # E: "input"
    await run.complete(steps="3")  # E: "steps"
    await tool.start(name="weather", arguments=["Berlin"])  # E: "arguments"
    await tool.complete(response="Sunny")  # E: "response"
    await retrieval.start(query=["weather"])  # E: "query"
    await retrieval.complete(documents=[{"score": "high"}])  # E: "TypedDict item "score"" | "documents"
    await turn.start(user_message="Hi", channel="fax")  # E: "channel"
    await turn.complete(interrupted="no")  # E: "interrupted"


def reading(result: AgentLlm.Result) -> int:
    if result.response is not MISSING:
        print(result.response.upper())
    print(result.response.upper())  # E: "MISSING"
    return result.usage.input_tokens  # E: "MISSING"


def recorded_spans(recorded: Recorded) -> None:
    print(recorded.one(AgentLlm).params.modell)  # E: "modell"
    recorded.one(AgentLlm, where=lambda span: span.params.modell == "gpt-4")  # E: "modell"
    print(recorded.all(AgentTool)[0].params.model)  # E: "model"
    print(recorded.one(AgentRun).children(AgentTool)[0].result.response)  # E: "response"
    print(recorded.one("agent:llm").params.model)  # E: "model"
    recorded.one(AgentLlm.Params)  # E: "one"
    recorded.refuse("finish", ValueError())  # E: "refuse"
    record(allow=["open_spam"])  # E: "open_spam"


@traced(AgentRetrieval, result=lambda found: {"document": found})  # E: "AgentRetrievalResultDict" | "result"
def wrong_key_of_a_result(query: str) -> list[str]:
    return [query]


@traced(AgentTool, params=lambda: {"name": 4})  # E: "AgentToolParamsDict" | "params"
def wrong_type_of_a_param() -> None: ...


@traced(AgentTool, params=lambda: {"summary": "x"})  # E: "AgentToolParamsDict" | "params"
def missing_param() -> None: ...


@traced(AgentLlm, collect=lambda parts: {"respons": "".join(parts)})  # E: "AgentLlmResultDict" | "collect"
def wrong_key_of_a_stream(model: str) -> Iterator[str]:
    yield model


@traced(AgentTool, capture="both")  # E: "capture"
def wrong_capture(name: str) -> None: ...


@traced(AgentTool, params=lambda name: {"name": name})  # E(pyright)
def untyped_argument_of_a_lambda(name: str) -> None: ...


@traced(AgentTool, params=lambda **others: {"name": "t", "arguments": others})  # E: "AgentToolParamsDict" | "unknown"
def others_of_a_lambda(city: str) -> None: ...


def calls() -> None:
    wrong_capture(4)  # E: "int" | "name"
    carry(missing_param)(4)  # E: "Too many arguments" | "Expected 0"
    current_span(AgentTool).set_result(response="x")  # E: "response"
    current_span(AgentTool).set_result(summary=4)  # E: "summary"
    current_span("agent:tool")  # E: "str"
