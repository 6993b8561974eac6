"""accept*.py as programs: what their scenarios record with the embedded API, which checks every payload."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

import anyio
import pytest
from tests.codegen.support import forget

import prefactor_spans
from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, SchemaRegistry
from prefactor_local import LocalApi

THREAD = "8c8fd8a1-0f0a-4f0b-9f2c-6f4cfe6f5c11"
NOON = "2026-01-02T12:00:00+00:00"


class Span(NamedTuple):
    """A span as the API has recorded it."""

    schema_name: str
    payload: Mapping[str, Any]
    result: Mapping[str, Any] = {}
    status: str = "complete"


Recorded: TypeAlias = dict[str, list[dict[str, Any]]]

ORDER = {"customer": "Ada", "quantity": 1, "channel": "web", "note": None}
NOTE = {"text": "remember"}
ME = {"email": "ada@example.com"}
BOB = {"email": "bob@example.com", "name": "Bob"}
EVE = {"email": "eve@example.com"}
WHOLE_ORDER = Span("order:place", ORDER, {"order_id": "o-2", "total": 2.5, "warnings": ["late"]})
PLACED = Span("order:place", ORDER, {"order_id": "o-1", "total": 2})
START = {"start": [1, 2], "target": "home"}
NORTH = {"name": "North", "parts": [{"name": "Hamburg"}], "parent": None}

EXPECTED = {
    "required_only": [PLACED],
    "everything": [
        Span(
            "order:place",
            {**ORDER, "channel": "phone", "note": "soon"}
            | {"price": 9.5, "express": True, "coupon": None, "rating": 3, "currency": "EUR"},
            {"order_id": "o-1", "total": 9.5, "warnings": ["late", "wet"], "reason": None},
        )
    ],
    "null_and_absent": [
        Span(
            "order:place", {**ORDER, "channel": "shop", "rating": None, "coupon": "x"}, {"order_id": "o-1", "total": 1}
        )
    ],
    "whole_literals": [WHOLE_ORDER],
    "whole_models": [WHOLE_ORDER],
    "literals_with_a_name": [Span("order:place", ORDER, {"order_id": "o-1", "total": 1})],
    "nested_models": [
        Span(
            "mail:send",
            {
                "sender": {**ME, "name": "Ada"},
                "to": [{**ME, "name": "Ada"}],
                "subject": "Hi",
                "tags": ["a"],
                "headers": {"X-One": "1"},
                "folders": {"inbox": [{**ME, "name": "Ada"}]},
                "body": {"content": "Hello", "format": "text"},
            },
            {"message_id": THREAD, "receipt": ME},
        ),
        Span(
            "mail:send",
            {"sender": {**ME, "name": "Ada"}, "to": [{**ME, "name": "Ada"}], "subject": "Hi"}
            | {"body": {"content": "Hello", "format": "text"}},
            {"message_id": THREAD},
        ),
    ],
    "an_object_or_none": [
        Span("mail:send", {"sender": ME, "to": [], "subject": "Hi"}, {"message_id": THREAD}),
    ],
    "lists_in_variables": [
        Span(
            "mail:send",
            {"sender": ME, "to": [ME, BOB, EVE], "subject": "Hi", "folders": {"all": [ME, BOB, EVE], "some": [ME]}},
            {"message_id": THREAD},
        )
    ],
    "nested_literals": [
        Span(
            "mail:send",
            {
                "sender": {**ME, "name": "Ada"},
                "to": [ME, {"email": "bob@example.com"}],
                "subject": "Hi",
                "tags": ["a"],
                "headers": {"X-One": "1"},
                "folders": {"inbox": [{"email": "bob@example.com"}], "spam": []},
                "body": {"content": "Hello", "format": "html"},
                "extra": {"anything": [1, {"deep": None}]},
            },
            {"message_id": THREAD, "receipt": ME},
        )
    ],
    "formatted_texts": [
        Span(
            "mail:send",
            {"sender": ME, "to": [], "subject": "Hi"}
            | {"send_at": NOON, "day": "2026-01-02", "thread": THREAD, "expires": expires},
            {"message_id": THREAD, "delivered_at": NOON},
        )
        for expires in (None, NOON)
    ],
    "tuples_and_unions": [
        Span(
            "route:plan",
            {
                "start": [52.5, 13],
                "target": {"city": "Hamburg"},
                "limit": 3,
                "vehicle": {"kind": "train", "line": "ICE 1"},
                "via": [[53.0, 12.0], [53.1, 11.5]],
                "window": ["08:00", 30],
            },
            {
                "distance": 290,
                "legs": [{"from": "Berlin", "to": "Hamburg"}],
                "stats": {"co2": 1.5, "toll": None},
                "bends": [1, 2.5],
            },
        ),
        Span(
            "route:plan",
            {
                "start": [52.5, 13.4],
                "target": {"city": "Hamburg", "zip": "20095"},
                "limit": "none",
                "vehicle": {"kind": "car", "seats": 4},
            },
            {"distance": 290.5, "legs": [{"from": "Berlin", "to": "Hamburg", "minutes": 103}]},
        ),
        Span("route:plan", {"start": [1, 2], "target": [3, 4]}, {"distance": 3}),
        Span("route:plan", START, {"distance": 0}),
    ],
    "recursion": [
        Span("route:plan", {**START, "region": NORTH}, {"distance": 0}),
        Span(
            "route:plan",
            {
                **START,
                "region": {
                    "name": "All",
                    "parts": [NORTH, {"name": "South", "parts": [{"name": "Ulm"}], "parent": None}],
                },
            },
            {"distance": 0},
        ),
    ],
    "trees": [
        Span(
            "tree:walk",
            {
                "root": {
                    "name": "root",
                    "branches": {"left": {"name": "left", "branches": {}}, "right": {"name": "leaf"}},
                },
                "spot": [1, 2.5],
                "row": ["a", 1, None],
                "version": 2,
                "mood": None,
                "weights": {"left": 1},
            },
            {"depth": 1},
        ),
        Span(
            "tree:walk",
            {"root": {"name": "root", "branches": {"leaf": {"name": "leaf"}}}, "spot": ["here"], "weights": None},
            {"depth": 0},
        ),
    ],
    "references": [
        Span("tree:grow", {"text": "root", "children": [{"text": "leaf"}, {"text": "bud", "children": []}]}, ME),
        Span("tree:grow", {"text": "root"}, ME),
    ],
    "odd_names": [
        Span(
            "names:odd",
            {"class": "c", "self": 1, "a-b": "ab", "params": "p", "copy": "y"}
            | {"model_config": "m", "list": ["l"], "str": "s"},
            {"id": "i", "status": "fine", "from": "f"},
        ),
        Span(
            "names:odd",
            {"class": "c", "self": 1, "a-b": "ab", "params": "p", "copy": "y", "list": ["l"]},
            {"id": "i", "from": "f"},
        ),
        Span(
            "names:odd",
            {"class": "c", "self": 1, "a-b": "ab", "model_config": "m", "list": ["l"], "str": "s"},
            {"id": "i", "from": "f"},
        ),
    ],
    "no_result_schema": [Span("note:write", NOTE), Span("note:write", NOTE)],
    "any_object": [
        Span("event:any", {}),
        *[Span("event:any", {"any": "thing", "at": [1]}, {"other": None})] * 3,
    ],
    "maps": [
        Span("meter:read", {"kitchen": 20.5, "attic": 31}, {"kitchen": "fine", "attic": None}),
        Span("meter:read", {"kitchen": 20.5}, {"kitchen": "fine", "attic": None}),
        Span("meter:read", {"kitchen": 20.5}, {"kitchen": None}),
    ],
    "root_union": [
        Span("media:show", {"kind": "image", "width": 640}, {"shown": True}),
        Span("media:show", {"kind": "video", "seconds": 1.5}, {"shown": False}),
        *[Span("media:show", {"kind": "image", "width": 640})] * 3,
    ],
    "partial_results": [Span("order:place", ORDER, {"order_id": "o-1", "total": 2.5, "warnings": ["late"]})],
    "failures": [
        Span("note:write", NOTE, status="failed"),
        Span("order:place", ORDER, {"error": {"type": "ValueError", "message": "sold out"}}, "failed"),
        Span("order:place", ORDER, {"reason": "sold out"}, "failed"),
        Span("order:place", ORDER, {"order_id": "o-1", "total": 0, "reason": "sold out"}, "failed"),
    ],
    "cancellations": [Span("note:write", NOTE, status="cancelled")],
    "through_the_client": [PLACED, Span("note:write", NOTE)],
    "default_params": [
        PLACED,
        PLACED,
        PLACED._replace(payload={**ORDER, "price": 2}),
        Span("meter:read", {"kitchen": 20.5}),
        Span("note:write", NOTE),
        Span("note:write", NOTE),
    ],
    "untyped": [
        Span(
            "order:place",
            {"customer": "Ada", "quantity": 1, "channel": "web", "note": None},
            {"order_id": "o-1", "total": 2},
        ),
        Span(
            "order:place",
            {"customer": "Ada", "quantity": 1, "channel": "web", "note": None},
            {"order_id": "o-1", "total": 2},
        ),
    ],
    "by_name": [Span("note:write", NOTE)],
    "in_functions": [
        Span(
            "order:place",
            {"customer": "Ada", "quantity": 2, "channel": "web", "note": None, "price": 2},
            {"order_id": "ADA", "total": 4},
        )
    ],
    "run_of_an_agent": [
        Span(
            "agent:run",
            {"input": "What is the weather?", "agent_name": "Weather", "metadata": {"tenant": 7}},
            {"output": "Sunny", "steps": 3, "usage": {"input_tokens": 3, "output_tokens": 1}},
        ),
        Span("agent:llm", {"model": "gpt-4", "prompt": "What is the weather?"}, {"response": "Sunny"}),
        Span(
            "agent:tool",
            {"name": "weather", "arguments": {"city": "Berlin"}, "call_id": "c-1"},
            {"output": [{"degrees": 21}], "summary": "21 degrees"},
        ),
        Span(
            "agent:retrieval",
            {"query": "weather", "top_k": 3, "filters": {"year": 2026}},
            {"documents": [{"id": "d-1", "score": 1, "metadata": {"page": 1}}], "count": 1},
        ),
    ],
    "traced_functions": [
        Span("agent:retrieval", {"query": "weather", "top_k": 1}, {"documents": [{"content": "weather"}], "count": 1}),
        Span("agent:tool", {"name": "weather"}, {"output": "Sunny", "summary": "sunny"}),
        Span("agent:llm", {"model": "gpt-4", "prompt": "Hi"}, {"response": "Hi", "finish_reason": "stop"}),
        Span("agent:llm", {"model": "gpt-4", "prompt": "Hi"}, {"response": "Hi"}),
        Span("agent:tool", {"name": "calculator"}),
        *[Span("agent:retrieval", {"query": "Hi"})] * 3,
    ],
    "without_await": [PLACED, Span("note:write", NOTE, {"error": "none"}, "failed")],
    "what_takes_coroutines": [Span("note:write", NOTE)],
    "models_by_name": [Span("note:write", NOTE), PLACED],
    "decorated": [Span("note:write", NOTE)] * 2,
    "chat": [
        Span("agent:chat_turn", {"user_message": "Hi", "turn": 1, "channel": "text"}, {"assistant_message": "Hello"}),
        Span(
            "agent:llm",
            {
                "model": "gpt-4",
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                    {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [{"id": "c-1", "name": "greet", "arguments": {"to": "Ada"}}],
                    },
                    {"role": "tool", "content": "done", "tool_call_id": "c-1"},
                ],
                "parameters": {"temperature": 0, "top_p": 0.5, "stop_sequences": ["END"]},
                "tools": ["greet"],
            },
            {
                "message": {"role": "assistant", "content": "Hello"},
                "usage": {"input_tokens": 12, "output_tokens": 1},
            },
        ),
    ],
}
# The result of a failed span may be anything.
MISMATCHED = {"failures"}


@pytest.fixture(scope="module")
def programs(project: Path) -> Iterator[list[ModuleType]]:
    """The modules accept.py and accept_shipped.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(project)
        yield [importlib.import_module(name) for name in ("accept", "accept_shipped")]
    forget("typing_spans", "accept", "accept_shipped")


@pytest.fixture(scope="module")
def recorded(programs: list[ModuleType]) -> Recorded:
    """The spans of each scenario; each scenario has an agent instance of its own."""
    with LocalApi() as api:
        return anyio.run(_record, api, programs)


async def _record(api: LocalApi, programs: list[ModuleType]) -> Recorded:
    instances: dict[str, str] = {}
    config: PrefactorCoreConfig = programs[0].configuration(api.url, api.token)
    assert isinstance(config.schema_registry, SchemaRegistry)
    config.schema_registry.merge(prefactor_spans.registry)
    async with PrefactorCoreClient(config) as client:
        for name, scenario in _scenarios(programs):
            instance = await client.create_agent_instance(agent_id="typing", agent_version={"name": "Typing"})
            await instance.start()
            await scenario(client, instance)
            await instance.finish()
            instances[name] = instance.id
        (await client.close()).raise_for_loss()
        assert client.stats().schema_mismatches == 0
    return {name: api.spans(instance) for name, instance in instances.items()}


def _scenarios(programs: Iterable[ModuleType]) -> Iterator[tuple[str, Any]]:
    for program in programs:
        for name, function in inspect.getmembers(program, inspect.iscoroutinefunction):
            if list(inspect.signature(function).parameters) == ["client", "instance"]:
                yield name, function


def _in_one_order(spans: Iterable[Span]) -> list[str]:
    """Return the spans as sorted texts: as texts 1 and true differ, and independent spans arrive in any order."""
    return sorted(json.dumps(span._asdict(), sort_keys=True) for span in spans)


def test_every_scenario_is_expected(programs: list[ModuleType]) -> None:
    assert {name for name, _ in _scenarios(programs)} == EXPECTED.keys()


@pytest.mark.parametrize("scenario", EXPECTED)
def test_a_scenario_records_its_spans(recorded: Recorded, scenario: str) -> None:
    spans = [
        Span(span["schema_name"], span["payload"], span["result_payload"] or {}, span["status"])
        for span in recorded[scenario]
    ]
    assert _in_one_order(spans) == _in_one_order(EXPECTED[scenario])


@pytest.mark.parametrize("scenario", sorted(EXPECTED.keys() - MISMATCHED))
def test_the_api_finds_no_mistake_in_a_scenario(recorded: Recorded, scenario: str) -> None:
    assert [span["schema_errors"] for span in recorded[scenario]] == [[]] * len(EXPECTED[scenario])
