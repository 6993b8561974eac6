"""A full queue: which spans are dropped, and what is logged."""

from __future__ import annotations

import logging

import pytest
from tests.core.support import AWAY, Run, creates, eventually, is_balanced, record

from prefactor_core import OperationType
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


async def test_the_newest_spans_are_dropped_as_a_whole_and_logged_twice(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "prefactor_core")
    async with run(queue={"max_queue_size": 10}) as (client, instance):
        await client.flush()
        api.inject(AWAY)
        for number in range(50):
            await record(instance, f"s{number}")
        full = client.stats()
        assert full.drops == {
            (OperationType.CREATE_SPAN, "queue_full"): 45,
            (OperationType.FINISH_SPAN, "queue_full"): 45,
        }
        assert is_balanced(full)
        api.clear_faults()
        await client.flush()
        await record(instance, "later")
        await instance.finish()
    assert {span["schema_name"] for span in api.spans()} == {"s0", "s1", "s2", "s3", "s4", "later"}
    assert all(span["status"] == "complete" for span in api.spans())
    full_message, dropped_message = [message for message in caplog.messages if "queue" in message]
    assert full_message.startswith("the queue is full (10 operations, ")
    assert dropped_message == "45 spans and quality records were dropped while the queue was full"
    assert not api.violations


async def test_the_operations_of_an_accepted_span_are_never_dropped(api: LocalApi, run: Run) -> None:
    async with run(queue={"max_queue_size": 5}) as (client, instance):
        await client.flush()
        api.inject(AWAY)
        open_spans = [instance.span(f"s{number}") for number in range(8)]
        spans = [await each.__aenter__() for each in open_spans]
        for span in spans:
            await span.start({})
        await instance.record_quality("q", {"score": 1})
        for each in reversed(open_spans):
            await each.__aexit__(None, None, None)
        await instance.finish()
        stats = client.stats()
        assert stats.by_type[OperationType.CREATE_SPAN].dropped == 3
        assert stats.by_type[OperationType.FINISH_SPAN].dropped == 3
        assert stats.by_type[OperationType.RECORD_QUALITY].dropped == 1
        assert stats.by_type[OperationType.FINISH_AGENT_INSTANCE].dropped == 0
        api.clear_faults()
    assert [span["status"] for span in api.spans()] == ["complete"] * 5
    assert api.instances()[0]["status"] == "complete"
    assert not api.violations


async def test_the_child_of_a_dropped_span_gets_the_next_ancestor(api: LocalApi, run: Run) -> None:
    async with run(queue={"max_queue_size": 3}) as (client, instance):
        await client.flush()
        async with instance.span("root") as root:
            await root.start({})
            await client.flush()
            api.inject(AWAY)
            for _ in range(3):
                await record(instance, "filler")
            async with instance.span("dropped") as dropped:
                await dropped.start({})
                api.clear_faults()
                await client.flush()
                await record(instance, "child")
    parents = {details["schema_name"]: details.get("parent_span_id") for details in creates(api)}
    assert "dropped" not in parents
    assert parents["child"] == parents["filler"] == root.id
    assert not api.violations


async def test_a_child_that_waits_for_a_dropped_parent_is_sent(api: LocalApi, run: Run) -> None:
    async with run(queue={"max_queue_size": 3}) as (client, instance):
        await client.flush()
        async with instance.span("parent") as parent:
            await record(instance, "child")
            api.inject(AWAY)
            for _ in range(3):
                await record(instance, "filler")
            await parent.start({})
            api.clear_faults()
            await eventually(lambda: "child" in [details["schema_name"] for details in creates(api)])
    assert "parent" not in [details["schema_name"] for details in creates(api)]


async def test_the_bound_in_bytes(api: LocalApi, run: Run) -> None:
    async with run(queue={"max_queue_bytes": 50_000}) as (client, instance):
        await client.flush()
        api.inject(AWAY)
        for number in range(10):
            async with instance.span(f"s{number}") as span:
                await span.start({"text": "x" * 20_000})
        assert client.stats().by_type[OperationType.CREATE_SPAN].dropped == 7
        api.clear_faults()
    assert len(creates(api)) >= 3


async def test_start_returns_if_a_span_that_waits_for_its_id_is_dropped(api: LocalApi, run: Run) -> None:
    async with run(queue={"max_queue_size": 1, "span_ids": "server"}) as (client, instance):
        await client.flush()
        api.inject(AWAY)
        await instance.record_quality("q", None)
        await record(instance, "dropped")
        api.clear_faults()
    assert client.stats().by_type[OperationType.CREATE_SPAN].dropped == 1
