"""Correct uses of the shipped span types; see accept.py."""

from __future__ import annotations

from typing import Any, TypeAlias, assert_type

from pydantic import BaseModel

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient
from prefactor_core.testing import Recorded, RecordedSpan, record
from prefactor_core.typed import MISSING, EmptyResult, PayloadModel, TypedSpan
from prefactor_spans import (
    AgentChatTurn,
    AgentLlm,
    AgentLlmParamsMessage,
    AgentLlmResultTokenUsage,
    AgentRetrieval,
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
