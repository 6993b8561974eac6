"""What the API sees is causal: with any number of workers, through delays, retries and backlogs, in every id mode."""

from __future__ import annotations

import asyncio

import pytest
from tests.core.support import CREATE, Run, eventually, parents

from prefactor_core import AgentInstanceHandle
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

SPANS = f"{CREATE}.*"


async def leaf(instance: AgentInstanceHandle, name: str) -> None:
    async with instance.span(name) as span:
        await span.start({})


async def branch(instance: AgentInstanceHandle, name: str, depth: int) -> None:
    """Starts early, or late: after its children."""
    async with instance.span(name) as span:
        if depth % 2:
            await span.start({})
        if depth:
            await asyncio.gather(*(branch(instance, f"{name}{number}", depth - 1) for number in range(2)))
        await span.start({})


async def whole_run(instance: AgentInstanceHandle) -> dict[str, str | None]:
    """15 spans in two trees and 3 quality records; their parents."""
    await asyncio.gather(branch(instance, "a", 2), branch(instance, "b", 2))
    for number in range(3):
        await instance.record_quality("q", {"n": number})
    await leaf(instance, "last")
    await instance.finish()
    names = [f"{root}{rest}" for root in "ab" for rest in ("", "0", "1", "00", "01", "10", "11")]
    return {"last": None, **{name: name[:-1] or None for name in names}}


@pytest.mark.slow
@pytest.mark.parametrize("num_workers", [1, 2, 5, 20])
@pytest.mark.parametrize("bulk", ["auto", "never"])
async def test_order_through_delays_and_retries(api: LocalApi, run: Run, num_workers: int, bulk: str) -> None:
    queue = {"num_workers": num_workers, "bulk": bulk, "max_retries": 50}
    async with run(queue=queue) as (client, instance):
        api.inject(Fault(method="POST", jitter=0.01, times=None))
        api.inject(Fault(method="POST", status=503, rate=0.2, times=None))
        expected = await whole_run(instance)
        assert (await client.flush()).complete
    assert parents(api) == expected
    assert {span["status"] for span in api.spans()} == {"complete"}
    assert api.instances()[0]["status"] == "complete"
    assert not api.violations


@pytest.mark.parametrize("num_workers", [1, 8])
async def test_order_with_ids_of_the_api(api: LocalApi, run: Run, num_workers: int) -> None:
    async with run(queue={"num_workers": num_workers, "span_ids": "server"}) as (client, instance):
        api.inject(Fault(method="POST", jitter=0.005, times=None))
        expected = await whole_run(instance)
        assert (await client.flush()).complete
    assert parents(api) == expected
    assert not api.violations


@pytest.mark.parametrize("bulk", ["auto", "never"])
async def test_a_child_is_sent_right_after_its_parent_whenever_that_is(api: LocalApi, run: Run, bulk: str) -> None:
    async with run(queue={"bulk": bulk}) as (client, instance):
        async with instance.span("grandparent") as grandparent, instance.span("parent") as parent:
            await leaf(instance, "child")
            await parent.start({})
            report = await client.flush()  # returns, with what waits for the grandparent pending
            assert report.pending == 3
            assert api.spans() == []
            await grandparent.start({})
            assert (await client.flush()).complete
        assert [span["schema_name"] for span in api.spans()] == ["grandparent", "parent", "child"]
    assert parents(api) == {"grandparent": None, "parent": "grandparent", "child": "parent"}
    assert not api.violations


@pytest.mark.parametrize("bulk", ["auto", "never"])
async def test_children_of_a_parent_that_is_refused(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture, bulk: str
) -> None:
    async with run(queue={"bulk": bulk}) as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", schema_name="refused", path=CREATE, status=422))
        async with instance.span("refused") as refused, instance.span("early") as early:
            await leaf(instance, "before")
            await refused.start({})
            await eventually(lambda: client.stats().failed == 1)
            await early.start({})
            await leaf(instance, "after")
        report = await client.flush()
        assert (report.failed, report.pending) == (2, 0)
    assert parents(api) == {"early": None, "before": "early", "after": "early"}
    assert len([line for line in caplog.records if "is sent without its parent" in line.getMessage()]) == 1
    assert not api.violations


@pytest.mark.slow
async def test_a_parent_that_starts_behind_a_long_backlog(api: LocalApi, run: Run) -> None:
    """More operations than are admitted at a time, of which the first waits for the last."""
    async with run(queue={"close_timeout": 60.0}) as (client, instance):
        other = await client.create_agent_instance({"name": "Other"}, agent_id="other")
        await other.start()
        await client.flush()
        api.inject(Fault(method="POST", hang=True, times=None))
        async with instance.span("parent") as parent:
            await leaf(instance, "child")
            for _ in range(1300):
                await leaf(other, "other")
            await parent.start({})
        await instance.finish()
        api.clear_faults()
        assert (await client.flush()).complete
    assert parents(api, instance.id) == {"parent": None, "child": "parent"}
    assert len(api.spans(other.id)) == 1300
    assert not api.violations
