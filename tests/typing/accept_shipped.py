"""Correct uses of the shipped span types; see accept.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeAlias, assert_type

from pydantic import BaseModel

from prefactor_core import (
    AgentInstanceHandle,
    PrefactorCoreClient,
    carry,
    current_instance,
    current_span,
    set_default_instance,
    traced,
)
from prefactor_core.testing import Recorded, RecordedSpan, record
from prefactor_core.typed import MISSING, EmptyResult, PayloadModel, TypedSpan
from prefactor_spans import (
    AgentChatTurn,
    AgentLlm,
    AgentLlmParamsDict,
    AgentLlmParamsMessage,
    AgentLlmResultDict,
    AgentLlmResultTokenUsage,
    AgentRetrieval,
    AgentRetrievalResultDict,
    AgentRun,
    AgentTool,
)


async def run_of_an_agent(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(AgentRun) as run:
        await run.start(input="What is the weather?", agent_name="Weather", metadata={"tenant": 7})
        async with instance.span(AgentLlm) as llm:
            await llm.start(model="gpt-4", prompt="What is the weather?")
            await llm.complete(response="Sunny")
        async with instance.span(AgentTool) as tool:
            await tool.start(name="weather", arguments={"city": "Berlin"}, call_id="c-1")
            await tool.complete(output=[{"degrees": 21}], summary="21 degrees")
        async with instance.span(AgentRetrieval) as retrieval:
            await retrieval.start(query="weather", top_k=3, filters={"year": 2026})
            await retrieval.complete(documents=[{"id": "d-1", "score": 1, "metadata": {"page": 1}}], count=1)
        await run.complete(output="Sunny", steps=3, usage={"input_tokens": 3, "output_tokens": 1})


async def chat(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(AgentChatTurn) as turn:
        await turn.start(user_message="Hi", turn=1, channel="text")
        async with instance.span(AgentLlm) as llm:
            await llm.start(
                model="gpt-4",
                messages=[
                    AgentLlmParamsMessage(role="system", content="Be brief.").to_dict(),
                    {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                    {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [{"id": "c-1", "name": "greet", "arguments": {"to": "Ada"}}],
                    },
                    {"role": "tool", "content": "done", "tool_call_id": "c-1"},
                ],
                parameters={"temperature": 0, "top_p": 0.5, "stop_sequences": ("END",)},
                tools=("greet",),
            )
            await llm.complete(
                message={"role": "assistant", "content": "Hello"},
                usage=AgentLlmResultTokenUsage(input_tokens=12, output_tokens=1).to_dict(),
            )
        await turn.complete(assistant_message="Hello")


def tokens(result: AgentLlm.Result) -> int:
    if result.usage is MISSING:
        return 0
    assert_type(result.usage, AgentLlmResultTokenUsage)
    cached = result.usage.cached_input_tokens
    return result.usage.input_tokens - (0 if cached is MISSING else cached)


def recorded_spans(recorded: Recorded) -> None:
    llm = recorded.one(AgentLlm, where=lambda span: span.params.model == "gpt-4" and span.status == "complete")
    assert_type(llm, RecordedSpan[AgentLlm.Params, AgentLlm.Result])
    assert_type(llm.params.model, str)
    assert_type(recorded.all(AgentTool)[0].params.name, str)
    assert_type(recorded.one(AgentRun).children(AgentTool), list[RecordedSpan[AgentTool.Params, AgentTool.Result]])
    assert_type(recorded.one("agent:llm"), RecordedSpan[BaseModel, BaseModel])
    assert_type(recorded.all(where=lambda span: span.status == "failed"), list[RecordedSpan[BaseModel, BaseModel]])
    assert_type(llm.error.type, str)
    with record(allow=["open_span"]) as other:
        assert_type(other, Recorded)


class OldParams(PayloadModel):
    text: str


class Old(TypedSpan["OldParams", "EmptyResult"]):
    """As packages of earlier versions have it: without the models."""

    schema_name = "old"
    Params: TypeAlias = OldParams
    Result: TypeAlias = EmptyResult


def of_any_type(recorded: Recorded, span_type: type[TypedSpan[Any, Any]]) -> RecordedSpan[BaseModel, BaseModel]:
    return recorded.one(span_type)


def of_several_types(recorded: Recorded) -> None:
    for span_type in (AgentLlm, AgentTool, Old):
        of_any_type(recorded, span_type)
    assert_type(recorded.one(Old), RecordedSpan[BaseModel, BaseModel])


def retrieved(found: list[str]) -> AgentRetrievalResultDict:
    return {"documents": [{"content": each} for each in found], "count": len(found)}


def llm_call(prompt: str, retries: int = 3) -> AgentLlmParamsDict:
    return {"model": "gpt-4", "prompt": prompt}


def joined(parts: list[str]) -> AgentLlmResultDict:
    return {"response": "".join(parts)}


@traced(AgentRetrieval, result=retrieved)
def search(query: str, top_k: int = 3) -> list[str]:
    return [query] * top_k


@traced(AgentTool, params=lambda: {"name": "weather"}, result="output")
async def weather() -> str:
    current_span(AgentTool).set_result(summary="sunny")
    return "Sunny"


@traced(AgentLlm, params=llm_call, collect=joined)
async def words(prompt: str, retries: int = 3) -> AsyncIterator[str]:
    span = current_span(AgentLlm)
    assert_type(span, AgentLlm)
    span.set_result(finish_reason="stop")
    yield prompt


@traced(AgentLlm, params=llm_call, collect=joined)
def letters(prompt: str) -> Iterator[str]:
    yield from prompt


@traced("agent:tool", params=lambda: {"name": "calculator"}, capture="params")
def calculate() -> int:
    return 4


class Assistant:
    @traced(AgentRetrieval, result=None)
    def answer(self, query: str) -> str:
        return query

    @classmethod
    @traced(AgentRetrieval, result=None)
    def default(cls, query: str) -> str:
        return query

    @traced(AgentRetrieval, result=None)
    @staticmethod
    def echo(query: str) -> str:
        return query


async def traced_functions(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    assert_type(search("weather", top_k=1), list[str])
    assert_type(await weather(), str)
    assert_type([word async for word in words("Hi")], list[str])
    assert_type(list(letters("Hi")), list[str])
    assert_type(carry(calculate)(), int)
    assert_type(Assistant().answer("Hi"), str)
    assert_type(Assistant.default("Hi"), str)
    assert_type(Assistant.echo("Hi"), str)
    current = current_instance()
    assert_type(current, AgentInstanceHandle | None)
    set_default_instance(current)
    set_default_instance(None)
    assert_type(current_span().id, str)
