"""What the payloads of our standard span types mean to readers of OpenTelemetry.

The names of attributes are those of OpenInference, which Phoenix shows, and of the GenAI semantic conventions of
OpenTelemetry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from prefactor_local._view.exports.json_text import json_text
from prefactor_local._view.exports.payload_fields import Object, objects, part, text, texts
from prefactor_local._view.shapes import Json

__all__ = ["STANDARD_TYPES", "Found", "StandardType"]

Found: TypeAlias = Iterator[tuple[str, Json]]
"""Names and values of attributes. None is none."""

_PARAMETERS = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "stop_sequences",
    "frequency_penalty",
    "presence_penalty",
    "seed",
)


class StandardType(NamedTuple):
    """A standard span type.

    Attributes:
        operation: `gen_ai.operation.name`; None if there is none for it.
        subject: the field of the params that the span's name has after the operation, if there is one.
        input, output: the field that is the input or the output in short, if there is one.
        details: the other attributes.
    """

    operation: str | None
    subject: str | None
    input: str
    output: str | None
    details: Callable[[Object, Object], Found]


def _run(params: Object, result: Object) -> Found:
    yield "gen_ai.agent.name", params.get("agent_name")
    yield "agent.name", params.get("agent_name")
    yield "user.id", params.get("user_id")
    yield "metadata", params.get("metadata")
    yield from _conversation(params)
    yield from _usage(part(result, "usage"))


def _chat_turn(params: Object, _result: Object) -> Found:
    yield from _conversation(params)


def _conversation(params: Object) -> Found:
    yield "gen_ai.conversation.id", params.get("conversation_id")
    yield "session.id", params.get("conversation_id")


def _tool(params: Object, _result: Object) -> Found:
    yield "gen_ai.tool.name", params.get("name")
    yield "gen_ai.tool.call.id", params.get("call_id")
    yield "gen_ai.tool.description", params.get("description")
    yield "tool.name", params.get("name")
    yield "tool.description", params.get("description")
    yield "tool.id", params.get("call_id")


def _retrieval(params: Object, result: Object) -> Found:
    yield "gen_ai.data_source.id", params.get("data_source_id")
    yield "gen_ai.request.top_k", params.get("top_k")
    yield "gen_ai.retrieval.query.text", params.get("query")
    for index, document in enumerate(objects(result.get("documents"))):
        for name in ("id", "content", "score", "metadata"):
            yield f"retrieval.documents.{index}.document.{name}", document.get(name)


def _llm(params: Object, result: Object) -> Found:
    settings = part(params, "parameters")
    yield "gen_ai.provider.name", params.get("provider")
    yield "gen_ai.request.model", params.get("model")
    yield "gen_ai.response.model", result.get("response_model")
    yield "gen_ai.response.id", result.get("response_id")
    reason = text(result, "finish_reason")
    yield "gen_ai.response.finish_reasons", None if reason is None else [reason]
    for name in _PARAMETERS:
        yield f"gen_ai.request.{name}", settings.get(name)
    yield "llm.provider", params.get("provider")
    yield "llm.model_name", text(result, "response_model") or params.get("model")
    yield "llm.invocation_parameters", dict(settings) or None
    yield "llm.finish_reason", reason
    for index, tool in enumerate(texts(params.get("tools"))):
        yield f"llm.tools.{index}.tool.name", tool
    yield from _usage(part(result, "usage"))
    for index, message in enumerate(objects(params.get("messages"))):
        yield from _message(f"llm.input_messages.{index}.message", message)
    yield from _message("llm.output_messages.0.message", _answer(result))


def _answer(result: Object) -> Object:
    """The message that the model answered with. A plain text is one, too."""
    response = text(result, "response")
    return part(result, "message") or ({} if response is None else {"role": "assistant", "content": response})


def _usage(usage: Object) -> Found:
    read, written = usage.get("input_tokens"), usage.get("output_tokens")
    cached, reasoning = usage.get("cached_input_tokens"), usage.get("reasoning_tokens")
    yield "gen_ai.usage.input_tokens", read
    yield "gen_ai.usage.output_tokens", written
    yield "gen_ai.usage.cache_read.input_tokens", cached
    yield "gen_ai.usage.reasoning.output_tokens", reasoning
    yield "llm.token_count.prompt", read
    yield "llm.token_count.completion", written
    yield "llm.token_count.total", read + written if type(read) is int and type(written) is int else None
    yield "llm.token_count.prompt_details.cache_read", cached
    yield "llm.token_count.completion_details.reasoning", reasoning


def _message(at: str, message: Object) -> Found:
    for name in ("role", "name", "tool_call_id"):
        yield f"{at}.{name}", message.get(name)
    content = message.get("content")
    if isinstance(content, list):
        for index, item in enumerate(objects(content)):
            yield from _content(f"{at}.contents.{index}.message_content", item)
    else:
        yield f"{at}.content", content
    for index, call in enumerate(objects(message.get("tool_calls"))):
        there = f"{at}.tool_calls.{index}.tool_call"
        yield f"{there}.id", call.get("id")
        yield f"{there}.function.name", call.get("name")
        arguments = call.get("arguments")
        yield f"{there}.function.arguments", None if arguments is None else json_text(arguments)


def _content(at: str, item: Object) -> Found:
    yield f"{at}.type", item.get("type")
    yield f"{at}.text", item.get("text")
    if item.get("type") == "image":
        yield f"{at}.image.image.url", item.get("uri")


STANDARD_TYPES: Mapping[str, StandardType] = {
    "agent:run": StandardType("invoke_agent", "agent_name", "input", "output", _run),
    "agent:chat_turn": StandardType(None, None, "user_message", "assistant_message", _chat_turn),
    "agent:llm": StandardType("chat", "model", "prompt", "response", _llm),
    "agent:tool": StandardType("execute_tool", "name", "arguments", "output", _tool),
    "agent:retrieval": StandardType("retrieval", "data_source_id", "query", None, _retrieval),
}
