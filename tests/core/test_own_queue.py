"""A program's own queue that refuses or repeats operations, or is closed while the client is open."""

from __future__ import annotations

from typing import Literal

import pytest
from tests.core.support import config_for, parents, register, warnings

from prefactor_core import InMemoryQueue, Operation, OperationType, PrefactorCoreClient
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


class OddQueue(InMemoryQueue[Operation]):
    """Refuses the create of the span `parent`, or takes each create twice."""

    def __init__(self) -> None:
        super().__init__()
        self.does: Literal["take", "refuse", "repeat"] = "take"
        self.failures = 0

    async def get(self) -> Operation:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the broker is away")
        return await super().get()

    async def put(self, item: Operation) -> None:
        create = item.type is OperationType.CREATE_SPAN
        if self.does == "refuse" and create and item.span is not None and item.span.schema_name == "parent":
            raise RuntimeError("full")
        await super().put(item)
        if self.does == "repeat" and create:
            await super().put(item)


async def trace(api: LocalApi, queue: OddQueue, does: Literal["take", "refuse", "repeat"]) -> PrefactorCoreClient:
    """Record a parent and its child while the queue misbehaves, and close the client."""
    async with PrefactorCoreClient(config_for(api), queue=queue) as client:
        instance = await register(client)
        await instance.start()
        await client.flush()
        queue.does = does
        async with client.span(instance.id, "parent") as parent:
            await parent.start()
            await client.flush()  # the refusal is known before the span finishes
            async with client.span(instance.id, "child") as child:
                await child.start()
    return client


async def test_a_refused_operation_is_dropped_and_the_rest_is_sent(api: LocalApi) -> None:
    stats = (await trace(api, OddQueue(), "refuse")).stats()
    assert (stats.accepted, stats.delivered, stats.dropped, stats.failed, stats.pending) == (5, 3, 2, 0, 0)
    refused = (OperationType.CREATE_SPAN, OperationType.FINISH_SPAN)
    assert dict(stats.drops) == {(each, "queue_refused"): 1 for each in refused}
    assert parents(api) == {"child": None}


async def test_an_operation_that_it_returns_twice_is_sent_once(api: LocalApi) -> None:
    stats = (await trace(api, OddQueue(), "repeat")).stats()
    assert (stats.accepted, stats.delivered, stats.pending) == (5, 5, 0)
    assert parents(api) == {"parent": None, "child": "parent"}
    assert not api.violations


async def test_a_queue_that_fails_for_a_while(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    queue = OddQueue()
    queue.failures = 2
    stats = (await trace(api, queue, "take")).stats()
    assert (stats.accepted, stats.delivered) == (5, 5)
    assert len(warnings(caplog)) == 1


async def test_a_queue_closed_in_a_span_does_not_hide_the_programs_exception(api: LocalApi) -> None:
    queue: InMemoryQueue[Operation] = InMemoryQueue()
    async with PrefactorCoreClient(config_for(api), queue=queue) as client:
        instance = await register(client)

        async def step() -> None:
            async with client.span(instance.id, "step"):
                await queue.close()
                raise ValueError("the agent's own")

        with pytest.raises(ValueError, match="the agent's own"):
            await step()
