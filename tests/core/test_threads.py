"""Every call works from any thread and any event loop, also while the agent blocks its own loop."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.core.support import CREATE, Run, config_for, creates, finishes, parents, record, steps
from tests.support.waiting import wait_until

from prefactor_core import PrefactorCoreClient, SpanContextStack
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads switch as often as possible, so that a possible race does happen."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def in_threads(calls: Sequence[Callable[[], object]]) -> None:
    """Run the calls at the same time, each in a thread of its own; raise what they raise."""
    barrier = threading.Barrier(len(calls))

    def meet(call: Callable[[], object]) -> object:
        barrier.wait(10)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        for future in [pool.submit(meet, call) for call in calls]:
            future.result()


async def test_delivery_goes_on_while_the_agent_blocks_its_loop(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        api.inject(Fault(method="POST", path=CREATE, status=503, headers={"Retry-After": "0"}, times=2))
        async with instance.span("outer") as outer:
            await outer.start({})
            for _ in range(20):
                await record(instance, "inner")
            # Retries included; nothing else runs in the agent's loop meanwhile.
            wait_until(lambda: [each["status"] for each in api.spans()].count("complete") == 20)
            assert finishes(api, outer.id) == []
    assert not api.violations


async def test_delivery_goes_on_after_the_agents_loop_has_ended(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        in_threads([lambda: asyncio.run(record(instance, "short"))] * 4)
        assert (await client.flush()).complete
    assert steps(api).count("finish short") == 4


async def test_synchronous_tools_call_back_on_a_second_loop(api: LocalApi, run: Run) -> None:
    async def from_the_second_loop(name: str) -> None:
        await record(instance, f"{name} leaf")
        await asyncio.gather(*(record(instance, f"{name} branch {number}") for number in range(3)))

    def tool(name: str) -> None:
        asyncio.run(from_the_second_loop(name))

    async with run() as (client, instance):
        async with instance.span("agent") as agent:
            await agent.start({})
            await asyncio.gather(*(asyncio.to_thread(tool, f"tool {number}") for number in range(4)))
        assert (await client.flush()).complete
    found = parents(api)
    assert len(found) == 17
    assert {parent for name, parent in found.items() if name != "agent"} == {"agent"}
    assert not api.violations


@pytest.mark.parametrize("span_ids", ["auto", "server"])
async def test_two_loops_at_the_same_time(api: LocalApi, run: Run, span_ids: str) -> None:
    async def work(number: int) -> None:
        async with instance.span(f"t{number}") as span:
            await span.start({})
            for index in range(5):
                await record(instance, f"t{number}.{index}")

    async with run(queue={"span_ids": span_ids}) as (client, instance):
        calls = [functools.partial(asyncio.run, work(number)) for number in range(6)]
        await asyncio.to_thread(in_threads, calls)
        assert (await client.flush()).complete
    expected = {f"t{number}.{index}": f"t{number}" for number in range(6) for index in range(5)}
    assert parents(api) == {**expected, **{f"t{number}": None for number in range(6)}}
    assert not api.violations


async def test_run_in_executor_with_and_without_a_copied_context(api: LocalApi, run: Run) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()  # its thread starts outside of the span
        async with run() as (_, instance), instance.span("root") as root:
            await root.start({})
            loop = asyncio.get_running_loop()
            copied = contextvars.copy_context()
            await loop.run_in_executor(pool, copied.run, asyncio.run, record(instance, "copied"))
            await loop.run_in_executor(pool, asyncio.run, record(instance, "bare"))
            future = pool.submit(contextvars.copy_context().run, asyncio.run, record(instance, "submitted"))
            await asyncio.wrap_future(future)
    assert parents(api) == {"root": None, "copied": "root", "bare": None, "submitted": "root"}


async def test_a_context_that_was_copied_before_its_span_ended(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        async with instance.span("outer") as outer:
            await outer.start({})
            async with instance.span("inner") as inner:
                await inner.start({})
                copied = contextvars.copy_context()
                in_inner = copied.run(SpanContextStack.get_stack)
            await asyncio.to_thread(copied.run, asyncio.run, record(instance, "after inner"))
        await asyncio.to_thread(copied.run, asyncio.run, record(instance, "after both"))
        assert in_inner == [outer.id, inner.id]
        assert copied.run(SpanContextStack.is_empty)
    found = parents(api)
    assert (found["after inner"], found["after both"]) == ("inner", "inner")


async def test_a_span_that_is_handed_to_other_threads(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        async with instance.span("step") as span:
            await asyncio.to_thread(asyncio.run, span.start({"x": 1}))
            await asyncio.to_thread(span.set_result, {"a": 1})
            await asyncio.to_thread(asyncio.run, span.complete({"b": 2}))
            assert SpanContextStack.is_empty()
        created = await instance.create_span("by id")
        await asyncio.to_thread(asyncio.run, client.finish_span(created))
        await asyncio.to_thread(asyncio.run, client.record_quality(instance.id, "q", {}))
        await asyncio.to_thread(asyncio.run, instance.finish())
        assert (await client.flush()).complete
    assert {each["schema_name"]: each["result_payload"] for each in api.spans()} == {
        "step": {"a": 1, "b": 2},
        "by id": None,
    }
    assert steps(api)[-1] == "finish instance"


@pytest.mark.parametrize("span_ids", ["auto", "server"])
@pytest.mark.usefixtures("restless")
async def test_a_span_started_and_finished_by_many_threads_is_sent_once(api: LocalApi, run: Run, span_ids: str) -> None:
    async with run(queue={"span_ids": span_ids}) as (client, instance):
        for _ in range(10):
            async with instance.span("parent"), instance.span("child") as span:
                starts = [lambda span=span: asyncio.run(span.start({}))] * 4
                ends = [lambda span=span: asyncio.run(span.complete()), lambda span=span: asyncio.run(span.fail())]
                await asyncio.to_thread(in_threads, [*starts, *ends])
        assert (await client.flush()).accepted == 41
    assert len(api.spans()) == 20
    assert not api.violations


async def test_threads_that_keep_the_interpreter_busy(api: LocalApi, run: Run) -> None:
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            sum(range(1000))

    async with run() as (client, instance):
        thread = threading.Thread(target=spin)
        thread.start()
        try:
            for _ in range(15):
                await record(instance, "step")
            report = await client.flush()
        finally:
            stop.set()
            thread.join()
        assert report.complete


async def test_everything_at_once_from_many_threads(api: LocalApi, run: Run) -> None:
    async def agent(client: PrefactorCoreClient, number: int) -> None:
        instance = await client.create_agent_instance({"name": "Agent"}, agent_id=f"agent {number}")
        await instance.start()
        for _ in range(5):
            async with instance.span(f"outer {number}") as span:
                await span.start({})
                await record(instance, f"inner {number}")
                await instance.record_quality("q", {"n": number})
        await instance.finish()
        client.stats()
        await client.flush()

    async with run(queue={"num_workers": 20}) as (client, _):
        await asyncio.to_thread(in_threads, [functools.partial(asyncio.run, agent(client, n)) for n in range(6)])
        report = await client.flush()
    assert report.complete
    assert report.accepted == 1 + 6 * (2 + 5 * 5)
    names = {span["id"]: span["schema_name"] for span in api.spans()}
    for span in api.spans():
        kind, _, number = span["schema_name"].partition(" ")
        assert names.get(span["parent_span_id"]) == (f"outer {number}" if kind == "inner" else None)
    assert not api.violations


async def test_closing_from_another_loop(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await record(instance, "step")
        report: Any = await asyncio.to_thread(asyncio.run, client.close())
        assert report.complete
        assert len(creates(api)) == 1


def test_threads_of_the_program_may_have_any_name(api: LocalApi) -> None:
    with PrefactorCoreClient(config_for(api)) as client, ThreadPoolExecutor(1, "prefactor-agent") as pool:
        assert pool.submit(client.sync.flush).result().complete
