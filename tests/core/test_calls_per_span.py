"""What recording a span takes on the agent's thread, as a number of calls: unlike a time, it is the same each time."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

from prefactor_core import (
    AgentInstanceHandle,
    PrefactorCoreClient,
    PrefactorCoreConfig,
    validate_idempotency_key,
)
from prefactor_core.operations import Operation
from prefactor_core.queue import InMemoryQueue
from prefactor_http import HttpClientConfig
from prefactor_local import LocalApi
from prefactor_spans import AgentLlm, registry

MOST_CALLS = 110  # Python functions for one span: 85 and 98, and 153 and 167 before they were made fewer


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[AgentInstanceHandle]:
    monkeypatch.setenv("PREFACTOR_DISABLED", "1")
    http = HttpClientConfig(api_url="http://localhost", api_token="t")
    config = PrefactorCoreConfig(http_config=http, schema_registry=registry)
    with PrefactorCoreClient(config) as client, client.instance({"name": "A"}, agent_id="a") as handle:
        yield handle


def untyped(instance: AgentInstanceHandle) -> None:
    with instance.span("agent:llm", payload={"model": "m", "prompt": "Hello"}) as span:
        span.complete({"response": "Hi"})


def typed(instance: AgentInstanceHandle) -> None:
    with instance.span(AgentLlm) as span:
        span.start(model="m", prompt="Hello")
        span.complete(response="Hi")


def calls_of(record: Callable[[AgentInstanceHandle], None], instance: AgentInstanceHandle) -> int:
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        record(instance)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("record", [untyped, typed])
def test_a_span_takes_few_calls(instance: AgentInstanceHandle, record: Callable[[AgentInstanceHandle], None]) -> None:
    for _ in range(1_100):  # more than are remembered, so that each one that is finished makes one be forgotten
        record(instance)
    assert calls_of(record, instance) <= MOST_CALLS


def test_a_finished_span_is_freed_without_the_garbage_collector(instance: AgentInstanceHandle) -> None:
    gc.disable()
    try:
        with instance.span("agent:llm") as span:
            reference = weakref.ref(span)
        del span
        assert reference() is None
    finally:
        gc.enable()


class Recorded(InMemoryQueue[Operation]):
    """A queue that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Operation] = []

    async def put(self, item: Operation) -> None:
        self.given.append(item)
        await super().put(item)


def test_each_operation_has_a_key_of_its_own() -> None:
    queue = Recorded()
    with LocalApi() as api:
        http = HttpClientConfig(api_url=api.url, api_token=api.token)
        config = PrefactorCoreConfig(http_config=http, schema_registry=registry)
        with (
            PrefactorCoreClient(config, queue=queue) as client,
            client.instance({"name": "A"}, agent_id="a") as instance,
        ):
            for _ in range(3):
                with instance.span("agent:llm") as span:
                    untyped(instance)
                client.finish_span(span.id)  # a second time
            client.sync.flush()
        keys = [operation.idempotency_key for operation in queue.given]
    assert len(keys) == len({*keys}) == 2 + 3 * 5
    assert all(validate_idempotency_key(key or "") == key for key in keys)
