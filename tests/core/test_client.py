"""Misuse, settings, and the connections to queues, integrations and other threads."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from tests.compat.programs import ListQueue
from tests.core.support import Run, bodies, config_for, creates, eventually, opened, register, warnings

from prefactor_core import (
    AgentInstance,
    AgentInstanceHandle,
    ClientAlreadyInitializedError,
    ClientClosedError,
    ClientNotInitializedError,
    InMemoryQueue,
    Operation,
    OperationType,
    PrefactorCoreClient,
    PrefactorCoreConfig,
    PrefactorCoreError,
    Queue,
    QueueClosedError,
    QueueConfig,
    SchemaRegistry,
    Span,
    SpanNotFoundError,
    build_runtime_environment,
    generate_idempotency_key,
    validate_idempotency_key,
    warn_missing_adaptor_config,
)
from prefactor_core.client import CORE_SDK_HEADER_ENTRY
from prefactor_http import HttpClientConfig
from prefactor_local import LocalApi
from prefactor_schema.schema_hash import schema_version_hash

pytestmark = pytest.mark.anyio


def test_unknown_options_are_ignored_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The documented client ignores them silently; but with a misspelled `redact` nothing would be redacted."""
    http = HttpClientConfig(api_url="http://127.0.0.1:9", api_token="t")
    options: dict[str, Any] = {"redactt": None, "queue_config": {"max_retry": 1}, "colour": "red"}
    PrefactorCoreConfig(http_config=http, **options)
    assert sorted(warnings(caplog)) == [
        "PrefactorCoreConfig: the unknown option 'colour' is ignored",
        "PrefactorCoreConfig: the unknown option 'redactt' is ignored; did you mean 'redact'?",
        "QueueConfig: the unknown option 'max_retry' is ignored; did you mean 'max_retries'?",
    ]


async def check_calls_are_refused(client: PrefactorCoreClient) -> None:
    handle = AgentInstanceHandle("instance_123", client)
    with pytest.raises(ClientNotInitializedError):
        client.span("i", "step")
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: client.create_span("i", "step"),
        lambda: client.create_agent_instance({}),
        lambda: client.finish_span("unknown"),
        lambda: client.record_quality("i", "q"),
        client.flush,
        handle.start,
    ]
    for call in calls:
        with pytest.raises(ClientNotInitializedError):
            await call()


async def test_calls_before_initialize(api: LocalApi) -> None:
    client = PrefactorCoreClient(config_for(api))
    assert not client._initialized
    await check_calls_are_refused(client)
    assert (await client.close()).accepted == 0


async def test_initialize_of_an_open_client(api: LocalApi) -> None:
    async with PrefactorCoreClient(config_for(api)) as client:
        assert client._initialized
        with pytest.raises(ClientAlreadyInitializedError):
            await client.initialize()


@pytest.mark.parametrize("error", [QueueClosedError, ClientNotInitializedError, ClientClosedError])
async def test_calls_after_close(api: LocalApi, error: type[Exception]) -> None:
    async with PrefactorCoreClient(config_for(api)) as client:
        instance = await register(client)
        async with instance.span("step") as span:
            await span.start({})
            open_span = await instance.create_span("step")
    await check_calls_are_refused(client)
    with pytest.raises(error):
        await client.finish_span(open_span)
    with pytest.raises(error):
        await instance.finish()
    assert (await client.close()).accepted == 3


async def test_a_client_can_be_initialised_again(api: LocalApi) -> None:
    client = PrefactorCoreClient(config_for(api))
    for _ in range(2):
        async with client:
            instance = await register(client)
            await instance.start()
        assert client.stats().delivered == 1
    assert [instance["status"] for instance in api.instances()] == ["active", "active"]


async def test_wrong_arguments_raise_at_once(run: Run) -> None:
    wrong: Any = ["not a mapping"]
    async with run() as (client, instance):
        async with instance.span("step") as span:
            for of_span in (span.start, span.complete, span.fail, partial(span.start, {})):
                with pytest.raises(TypeError):
                    of_span(wrong)
            with pytest.raises(TypeError):
                span.set_result(wrong)
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: instance.record_quality("q", wrong),
            lambda: instance.start(wrong),
            lambda: client.create_agent_instance(wrong),
            lambda: client.create_span(wrong, "step"),
            lambda: client.create_span(instance.id, "step", wrong),
            lambda: client.create_span(instance.id, "step", payload=wrong),
        ]
        for call in calls:
            with pytest.raises(TypeError):
                await call()
        with pytest.raises(TypeError, match="schema_name"):
            client.span(instance.id, wrong)
        with pytest.raises(ValueError, match="status"):
            await instance.finish("done")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="schema_name"):
            await instance.create_span("")


@pytest.mark.parametrize("kind", [SpanNotFoundError, KeyError, PrefactorCoreError])
async def test_an_unknown_span(run: Run, kind: type[Exception]) -> None:
    async with run() as (_, instance):
        with pytest.raises(kind, match="span 'unknown' is unknown"):
            await instance.finish_span("unknown")


@pytest.mark.parametrize(
    "wrong", [{"num_workers": 0}, {"num_workers": 21}, {"max_retries": -1}, {"retry_delay_base": 0}, {"span_ids": "x"}]
)
def test_wrong_queue_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        QueueConfig(**wrong)


def test_the_token_does_not_show(api: LocalApi) -> None:
    config = config_for(api)
    assert api.token not in repr(config)
    assert api.token not in repr(PrefactorCoreClient(config))
    with pytest.raises(ValueError, match="schema_registry") as caught:
        PrefactorCoreConfig(http_config=config.http_config, schema_registry="no")  # type: ignore[arg-type]
    assert api.token not in str(caught.value)


DEFINITIONS: dict[str, Any] = {"span_type_schemas": [{"name": "a", "params_schema": {"type": "object"}}]}
DEFINITIONS_HASH = schema_version_hash(DEFINITIONS)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"external_identifier": DEFINITIONS_HASH, **DEFINITIONS}),
        ({"external_schema_version_id": "mine"}, {"external_identifier": "mine", **DEFINITIONS}),
        ({"agent_schema_version": {"external_identifier": "given"}}, {"external_identifier": "given"}),
    ],
)
async def test_the_schema_version(api: LocalApi, fields: dict[str, Any], expected: dict[str, Any]) -> None:
    registry = SchemaRegistry.from_definitions(DEFINITIONS)
    async with PrefactorCoreClient(config_for(api, schema_registry=registry)) as client:
        await register(client, **fields)
    assert [body["agent_schema_version"] for body in bodies(api, "/register")] == [expected]


async def test_the_schema_version_changes_with_the_registry(api: LocalApi) -> None:
    registry = SchemaRegistry.from_definitions(DEFINITIONS)
    async with PrefactorCoreClient(config_for(api, schema_registry=registry)) as client:
        registry.register_type("b", {"type": "object"})
        await register(client)
    (body,) = bodies(api, "/register")
    identifier = body["agent_schema_version"]["external_identifier"]
    assert identifier.startswith("sha256-")
    assert identifier != DEFINITIONS_HASH


async def test_registration_arguments(api: LocalApi) -> None:
    async with PrefactorCoreClient(config_for(api)) as client:
        version = {"name": "Agent", "runtime_environment": {"os": "mine"}}
        await register(client, agent_version=version, purpose="eval", external_identifier="run-1")
    (body,) = bodies(api, "/register")
    assert body["agent_version"] == {"name": "Agent", "runtime_environment": {"os": "mine"}}
    assert (body["purpose"], body["external_identifier"]) == ("eval", "run-1")


async def test_the_header_of_an_integration(api: LocalApi) -> None:
    async with PrefactorCoreClient(config_for(api), sdk_header_entry="prefactor-langchain@0.3.0") as client:
        assert client._sdk_header_entry == "prefactor-langchain@0.3.0"
        instance = await register(client)
        assert instance._client is client
        client._set_sdk_header_entry("prefactor-livekit@1.0.0")
        await instance.start()
    first, last = api.requests[0].headers["x-prefactor-sdk"], api.requests[-1].headers["x-prefactor-sdk"]
    assert first.startswith(f"prefactor-langchain@0.3.0 {CORE_SDK_HEADER_ENTRY} prefactor-http@")
    assert last.startswith("prefactor-livekit@1.0.0 ")
    (body,) = bodies(api, "/register")
    assert body["agent_version"]["runtime_environment"]["agent_sdk"] == ["prefactor-langchain@0.3.0"]
    assert build_runtime_environment()["agent_sdk"] == []


@pytest.mark.parametrize(
    ("entry", "agent_sdk", "header"),
    [
        (None, [], ""),
        ("  ", [], ""),
        ("a@1 b@2", ["a@1", "b@2"], "a@1 b@2 "),
        ("  a@1 \t b@2\n", ["a@1", "b@2"], "a@1 \t b@2 "),
        ("a@1 prefactor-core@0.5.3", ["a@1"], "a@1 prefactor-core@0.5.3 "),
        (CORE_SDK_HEADER_ENTRY, [], f"{CORE_SDK_HEADER_ENTRY} "),
        ("my-prefactor-core@1 prefactor-core", ["my-prefactor-core@1", "prefactor-core"], None),
    ],
)
def test_a_whole_header_value_as_the_entry(
    api: LocalApi, entry: str | None, agent_sdk: list[str], header: str | None
) -> None:
    assert build_runtime_environment(entry)["agent_sdk"] == agent_sdk
    if header is not None:
        client = PrefactorCoreClient(config_for(api), sdk_header_entry=entry)
        assert client._build_http_sdk_header() == header + CORE_SDK_HEADER_ENTRY


class RecordingQueue(ListQueue):
    """Remembers its operations."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Operation] = []

    async def put(self, item: Operation) -> None:
        self.seen.append(item)
        await super().put(item)


@pytest.mark.parametrize("queue_class", [ListQueue, InMemoryQueue])
async def test_a_queue_of_the_program(api: LocalApi, queue_class: type[Queue[Operation]]) -> None:
    queue = queue_class()
    async with PrefactorCoreClient(config_for(api), queue=queue) as client:
        instance = await register(client)
        await instance.start()
        async with instance.span("step", payload={"x": 1}):
            pass
        await instance.finish()
        assert (await client.flush()).delivered == 4
    assert queue.closed
    assert not api.violations


async def test_a_queue_of_the_program_gets_the_operations(api: LocalApi) -> None:
    queue = RecordingQueue()
    async with PrefactorCoreClient(config_for(api), queue=queue) as client:
        instance = await register(client)
        await instance.start()
        async with instance.span("step", payload={"x": 1}):
            pass
        await instance.finish()
    start, create, finish_span, finish = queue.seen
    assert start.type is OperationType.START_AGENT_INSTANCE
    assert create.type is OperationType.CREATE_SPAN
    assert create.payload == {"status": "active", "payload": {"x": 1}}
    assert finish_span.type is OperationType.FINISH_SPAN
    assert finish.type is OperationType.FINISH_AGENT_INSTANCE


async def test_a_queue_that_refuses(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    class FullQueue(ListQueue):
        async def put(self, item: Operation) -> None:
            raise asyncio.QueueFull

    async with PrefactorCoreClient(config_for(api), queue=FullQueue()) as client:
        instance = await register(client)
        await instance.start()
        report = await client.flush()
    assert report.drops == {(OperationType.START_AGENT_INSTANCE, "queue_refused"): 1}
    assert "refused an operation" in caplog.text


async def test_a_closed_client_leaves_nothing_open(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    def threads() -> set[threading.Thread]:
        return {each for each in threading.enumerate() if not each.name.startswith("prefactor-local")}

    before = threads()
    for queue in (None, ListQueue(), InMemoryQueue[Operation]()):
        async with PrefactorCoreClient(config_for(api), queue=queue) as client:
            instance = await register(client)
            await instance.start()
    await eventually(lambda: threads() <= before)
    gc.collect()
    assert caplog.records == []


async def test_closing_inside_an_open_span(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    client, instance = await opened(api)
    async with instance.span("step") as span:
        await span.start({})
        await client.close()
        with pytest.raises(QueueClosedError):
            await span.complete({})
    assert "a span is not finished, and its result is lost: the client is closed inside its block" in caplog.text


async def test_a_disabled_client_sends_nothing(api: LocalApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFACTOR_DISABLED", "1")
    threads = threading.active_count()
    async with PrefactorCoreClient(config_for(api)) as client:
        instance = await register(client)
        await instance.start()
        async with instance.span("outer") as outer:
            await outer.start({"x": 1})
            span_id = await instance.create_span("inner")
            await instance.finish_span(span_id)
            await instance.record_quality("q", {})
        await instance.finish()
        assert len(instance.id) == len(outer.id) == 32
        client._set_sdk_header_entry("x@1")
        assert (await client.flush()).accepted == 0
        assert threading.active_count() == threads
    assert api.requests == []


async def test_a_disabled_client_does_not_wait_for_the_api(api: LocalApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFACTOR_DISABLED", "1")
    async with PrefactorCoreClient(config_for(api)) as client, asyncio.timeout(2):  # request_timeout is 5 s
        async with client.span("instance_123", "step") as span:
            await span.start({})
        await client.create_span("instance_123", "step")


async def test_a_span_as_a_decorator(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):

        @client.span(instance.id, "outer", payload={"x": 1})
        async def work(depth: int) -> int:
            """Recursive: each call has a span of its own."""
            if depth:
                await work(depth - 1)
            return depth

        assert await work(2) == 2
        await client.flush()
        await asyncio.gather(work(0), work(0))
    spans = api.spans()
    assert [span["payload"] for span in spans] == [{"x": 1}] * 5
    assert [span["parent_span_id"] for span in spans] == [None, spans[0]["id"], spans[1]["id"], None, None]


async def test_a_disabled_client_keeps_no_spans(api: LocalApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFACTOR_DISABLED", "1")
    async with PrefactorCoreClient(config_for(api)) as client:
        instance = await register(client)
        spans = [await instance.create_span("step", payload={"x": 1}) for _ in range(1100)]
        for span_id in spans:
            await instance.finish_span(span_id)
        first = client._span_manager.get_span(spans[0])
        last = client._span_manager.get_span(spans[-1])
    assert first is None
    assert last is not None
    assert last.payload == {}


async def test_span_types_are_needed(api: LocalApi) -> None:
    async with PrefactorCoreClient(config_for(api, schema_registry=None)) as client:
        for name in (None, "mine"):
            with pytest.raises(ValueError, match="agent_schema_version"):
                await register(client, external_schema_version_id=name)
        await register(client, agent_schema_version={"external_identifier": "given"})


async def test_any_object_that_gives_a_schema_version(api: LocalApi) -> None:
    class Source:
        def to_agent_schema_version(self, external_id: str) -> dict[str, Any]:
            return {"external_identifier": external_id, "span_schemas": {"step": {"type": "object"}}}

    async with PrefactorCoreClient(config_for(api, schema_registry=Source())) as client:
        await register(client, external_schema_version_id="mine")
    (body,) = bodies(api, "/register")
    assert body["agent_schema_version"] == {"external_identifier": "mine", "span_schemas": {"step": {"type": "object"}}}


def test_an_object_that_gives_no_schema_version(api: LocalApi) -> None:
    with pytest.raises(ValueError, match="needs a method to_agent_schema_version; int has none"):
        config_for(api, schema_registry=3)


def test_models_take_positional_arguments() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    instance = AgentInstance("i", "a", "active", "live", at, at, None, {"m": 1}, {"q": {}})
    assert dataclasses.asdict(instance) == {
        "id": "i",
        "agent_id": "a",
        "status": "active",
        "purpose": "live",
        "created_at": at,
        "started_at": at,
        "finished_at": None,
        "metadata": {"m": 1},
        "quality_payloads": {"q": {}},
    }
    span = Span("s", "i", "step", "p", "active", {"x": 1}, at, at, None)
    assert (span.parent_span_id, span.payload, span.created_at) == ("p", {"x": 1}, at)
    assert AgentInstance("i", "a").created_at.tzinfo is UTC


def test_idempotency_keys_are_valid_and_differ() -> None:
    key = generate_idempotency_key()
    assert validate_idempotency_key(key) == key
    assert generate_idempotency_key() != key


@pytest.mark.parametrize("key", ["", "x" * 65])
def test_wrong_idempotency_keys(key: str) -> None:
    with pytest.raises(ValueError, match="idempotency key"):
        validate_idempotency_key(key)


def test_the_warning_of_an_adaptor(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        warn_missing_adaptor_config("i1", "LangChain", "create_client()")
    assert "i1" in caplog.text
    assert "LangChain" in caplog.text
    assert "span types" not in caplog.text  # whether they are registered depends on the client's registry


async def test_naive_times_go_without_offset(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        await instance.create_span("step", started_at=datetime(2026, 1, 2, 3, 4, 5))
        await instance.create_span("step", started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert [create["started_at"] for create in creates(api)] == ["2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00"]
