"""Automatic parents: across tasks, threads and loops, and in any order of ends."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.core.support import Run, creates, parents

from prefactor_core import AgentInstanceHandle, SpanContextStack
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


async def leaf(instance: AgentInstanceHandle, name: str) -> None:
    async with instance.span(name) as span:
        await span.start({})
        await asyncio.sleep(0)


async def test_nested_spans(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        async with instance.span("a") as a:
            await a.start({})
            async with instance.span("b") as b:
                await b.start({})
                await leaf(instance, "c")
            await leaf(instance, "d")
        await leaf(instance, "e")
        assert SpanContextStack.is_empty()
    assert parents(api) == {"a": None, "b": "a", "c": "b", "d": "a", "e": None}
    assert not api.violations


async def test_a_child_that_starts_before_its_parent(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        async with instance.span("parent"):
            await leaf(instance, "child")
        await instance.finish()
    assert [create["schema_name"] for create in creates(api)] == ["parent", "child"]
    assert parents(api) == {"parent": None, "child": "parent"}
    assert not api.violations


async def test_tasks_and_gather_inherit_and_do_not_interfere(api: LocalApi, run: Run) -> None:
    async def branch(name: str) -> None:
        async with instance.span(name) as span:
            await span.start({})
            await asyncio.gather(leaf(instance, f"{name}1"), leaf(instance, f"{name}2"))

    async with run() as (_, instance), instance.span("root") as root:
        await root.start({})
        await asyncio.gather(branch("x"), branch("y"))
        async with asyncio.TaskGroup() as group:
            group.create_task(leaf(instance, "z"))
        assert SpanContextStack.get_stack() == [root.id]
    assert parents(api) == {
        "root": None,
        "x": "root",
        "y": "root",
        "x1": "x",
        "x2": "x",
        "y1": "y",
        "y2": "y",
        "z": "root",
    }
    assert not api.violations


async def test_threads_with_loops_of_their_own(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance), instance.span("root") as root:
        await root.start({})
        await asyncio.to_thread(lambda: asyncio.run(leaf(instance, "inherits")))
        thread = threading.Thread(target=lambda: asyncio.run(leaf(instance, "bare thread")))
        thread.start()
        await asyncio.to_thread(thread.join)
    assert parents(api) == {"root": None, "inherits": "root", "bare thread": None}


async def test_spans_that_end_out_of_order(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        outer = await instance.create_span("outer")
        inner = await instance.create_span("inner")
        await instance.finish_span(outer)
        assert SpanContextStack.get_stack() == [inner]
        await leaf(instance, "leaf")
        await instance.finish_span(inner)
        await leaf(instance, "after")
    assert parents(api) == {"outer": None, "inner": "outer", "leaf": "inner", "after": None}


async def test_a_span_that_is_finished_in_another_task_is_no_parent_any_more(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        span_id = await instance.create_span("outer")
        await asyncio.create_task(instance.finish_span(span_id))
        assert SpanContextStack.is_empty()
        await leaf(instance, "after")
    assert parents(api)["after"] is None


async def test_after_complete_a_span_is_no_parent_any_more(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance), instance.span("a") as span:
        await span.start({})
        await span.complete()
        await leaf(instance, "b")
    assert parents(api) == {"a": None, "b": None}


async def test_explicit_parents(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance), instance.span("a") as a:
        await a.start({})
        async with instance.span("b") as b:
            await b.start({})
            async with instance.span("c", parent_span_id=a.id) as c:
                await c.start({})
                await leaf(instance, "d")
    assert parents(api) == {"a": None, "b": "a", "c": "a", "d": "c"}


async def test_a_span_of_another_instance_is_no_parent(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance), instance.span("a") as a:
        await a.start({})
        other = await client.create_agent_instance({"name": "Sub"}, agent_id="sub")
        async with other.span("b") as b:
            await b.start({})
            await leaf(instance, "c")
    assert parents(api) == {"a": None, "b": None, "c": "a"}


async def test_ids_that_are_pushed_by_hand(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        outer = await instance.create_span("outer")
        SpanContextStack.push("x")
        assert SpanContextStack.peek() == "x"
        assert SpanContextStack.depth() == 2
        assert SpanContextStack.pop() == "x"
        assert SpanContextStack.pop() == outer
        assert SpanContextStack.pop() is None
        assert SpanContextStack.peek() is None
