"""Automatic parents: across tasks, threads and loops, whatever the order in which spans end."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import gc
import itertools
import sys
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.support import CREATE, Run, creates, eventually, parents

from prefactor_core import AgentInstanceHandle, SpanContext, SpanContextStack, context_stack
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

# A new thread has the context of the code that started it: in free-threaded Python, and if an option says so.
THREADS_INHERIT = bool(getattr(sys.flags, "thread_inherit_context", False))


async def leaf(instance: AgentInstanceHandle, name: str) -> None:
    """Record a span without children; other tasks run while it is open."""
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
    assert parents(api) == {"root": None, "inherits": "root", "bare thread": "root" if THREADS_INHERIT else None}


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


async def test_a_span_finished_in_another_task_is_no_longer_a_parent(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        span_id = await instance.create_span("outer")
        await asyncio.create_task(instance.finish_span(span_id))
        assert SpanContextStack.is_empty()
        await leaf(instance, "after")
    assert parents(api)["after"] is None


async def test_a_completed_span_is_no_longer_a_parent(api: LocalApi, run: Run) -> None:
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


async def ticks(instance: AgentInstanceHandle, name: str = "generator") -> AsyncIterator[int]:
    async with instance.span(name) as span:
        await span.start({})
        for number in range(10):
            yield number


@pytest.mark.parametrize("how", ["aclose", "break", "collected", "other task", "exhausted"])
async def test_an_async_generator_that_ends(api: LocalApi, run: Run, how: str) -> None:
    async with run() as (client, instance), instance.span("root") as root:
        await root.start({})
        generator: Any = ticks(instance)
        async for _ in generator:
            await leaf(instance, "within")  # a generator runs in the context of its consumer
            if how != "exhausted":
                break
        if how == "aclose":
            await generator.aclose()
        elif how == "other task":
            await asyncio.create_task(generator.aclose())
        else:
            del generator
            gc.collect()
        await eventually(lambda: SpanContextStack.get_stack() == [root.id])
        await leaf(instance, "after")
        await client.flush()
    spans = {span["schema_name"]: span for span in api.spans()}
    assert spans["generator"]["status"] == ("complete" if how == "exhausted" else "cancelled")
    assert parents(api) == {"root": None, "generator": "root", "within": "generator", "after": "root"}
    assert not api.violations


async def test_async_generators_that_take_turns(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        first, second = ticks(instance, "first"), ticks(instance, "second")
        await anext(first)
        await anext(second)
        await leaf(instance, "innermost")
        await first.aclose()  # type: ignore[attr-defined]
        await leaf(instance, "second is left")
        await second.aclose()  # type: ignore[attr-defined]
        assert SpanContextStack.is_empty()
    assert parents(api) == {"first": None, "second": None, "innermost": "second", "second is left": "second"}


async def stream(instance: AgentInstanceHandle, name: str, inner: str = "") -> AsyncIterator[int]:
    """A stream with a span around it, and one for each chunk."""
    async with instance.span(name) as span:
        await span.start({})
        for number in range(3):
            await leaf(instance, f"{name} {number}")
            yield number
        if inner:
            async for number in stream(instance, inner):
                yield number


async def test_streams_that_are_read_in_turns(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance), instance.span("root") as root:
        await root.start({})
        first, second = stream(instance, "first", "within"), stream(instance, "second")
        async for _ in first:
            await anext(second, None)
        assert SpanContextStack.get_stack() == [root.id]
    chunks = {f"{name} {number}": name for name in ("first", "second", "within") for number in range(3)}
    assert parents(api) == {"root": None, "first": "root", "second": "root", "within": "first", **chunks}
    assert not api.violations


async def test_generators_that_are_read_in_turns(api: LocalApi, run: Run) -> None:
    def produce(name: str) -> Iterator[None]:
        scope = instance.span(name)
        complete(scope.__aenter__())
        complete(leaf(instance, f"{name} first"))
        yield
        complete(leaf(instance, f"{name} last"))
        complete(scope.__aexit__(None, None, None))

    async with run() as (_, instance):
        for _ in itertools.zip_longest(produce("first"), produce("second")):
            assert SpanContextStack.depth() in {2, 0}
        await leaf(instance, "after")
    assert parents(api) == {
        "first": None, "first first": "first", "first last": "first",
        "second": None, "second first": "second", "second last": "second", "after": None,
    }  # fmt: skip


def complete(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine that waits for nothing."""
    for _ in coroutine.__await__():
        pass


async def test_context_managers_that_are_generators_nest(api: LocalApi, run: Run) -> None:
    @contextlib.asynccontextmanager
    async def traced(name: str) -> AsyncIterator[None]:
        async with instance.span(name) as span:
            await span.start({})
            yield

    async with run() as (_, instance), traced("outer"), traced("inner"):
        async for _ in stream(instance, "stream"):
            async with traced("deep"):
                await leaf(instance, "leaf")
            break
    found = parents(api)
    assert (found["inner"], found["stream"], found["deep"], found["leaf"]) == ("outer", "inner", "stream", "deep")


async def test_a_fixture_that_is_entered_and_left_in_different_contexts(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        fixture: Any = ticks(instance, "fixture")
        await asyncio.create_task(anext(fixture))  # a token of contextvars would raise in `aclose`
        assert SpanContextStack.is_empty()
        await leaf(instance, "test")
        await asyncio.create_task(fixture.aclose())
    assert parents(api) == {"fixture": None, "test": None}


async def test_a_block_that_is_entered_and_left_in_different_contexts(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        scope = instance.span("scope")
        span = await contextvars.Context().run(asyncio.create_task, scope.__aenter__())
        await span.start({})
        await asyncio.create_task(scope.__aexit__(None, None, None))
        assert (await client.flush()).complete
    assert parents(api) == {"scope": None}
    assert [span["status"] for span in api.spans()] == ["complete"]


async def test_an_exit_stack_that_is_left_elsewhere(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        stack = AsyncExitStack()
        outer = await stack.enter_async_context(instance.span("outer"))
        inner = await stack.enter_async_context(instance.span("inner"))
        await outer.start({})
        await inner.start({})
        await asyncio.create_task(stack.aclose())
        assert SpanContextStack.is_empty()
        await leaf(instance, "after")
    assert parents(api) == {"outer": None, "inner": "outer", "after": None}


async def test_blocks_that_are_left_out_of_order(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        outer, inner = instance.span("outer"), instance.span("inner")
        await outer.__aenter__()
        inner_span = await inner.__aenter__()
        await outer.__aexit__(None, None, None)
        assert SpanContextStack.get_stack() == [inner_span.id]
        await leaf(instance, "leaf")
        await inner.__aexit__(None, None, None)
        assert SpanContextStack.is_empty()
    assert parents(api) == {"outer": None, "inner": "outer", "leaf": "inner"}
    assert not api.violations


async def test_a_task_that_finishes_the_span_of_a_block_too_late(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        handed_over = asyncio.Event()

        async def take_over(span: SpanContext) -> None:
            await handed_over.wait()
            assert SpanContextStack.is_empty()  # the span ended at the end of its block
            await span.complete({"too": "late"})
            await leaf(instance, "late")

        async with instance.span("block") as span:
            await span.start({})
            task = asyncio.create_task(take_over(span))
        handed_over.set()
        await task
    assert parents(api) == {"block": None, "late": "block"}
    assert [span["result_payload"] for span in api.spans() if span["schema_name"] == "block"] == [None]


async def test_a_task_that_finishes_a_span_by_its_id(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        by_id = await instance.create_span("by id")
        await asyncio.create_task(instance.finish_span(by_id, {"in": "time"}))
        await leaf(instance, "after")
    assert parents(api) == {"by id": None, "after": None}
    assert [span["result_payload"] for span in api.spans() if span["schema_name"] == "by id"] == [{"in": "time"}]


async def test_tasks_that_outlive_the_span_they_were_created_in(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance), instance.span("root") as root:
        await root.start({})
        go_on = asyncio.Event()

        async def later() -> None:
            await leaf(instance, "at once")
            await go_on.wait()
            await leaf(instance, "later")

        async with instance.span("short") as short:
            await short.start({})
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
        go_on.set()
        await task
        await leaf(instance, "after")
    assert parents(api) == {"root": None, "short": "root", "at once": "short", "later": "short", "after": "root"}
    assert not api.violations


async def test_threads_and_callbacks_that_outlive_the_span_they_were_started_in(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        loop, called, ended = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
        tasks: list[asyncio.Task[None]] = []

        def call() -> None:
            tasks.append(asyncio.create_task(leaf(instance, "callback")))
            called.set()

        def work() -> None:
            ended.wait(5)
            asyncio.run(leaf(instance, "thread"))

        async with instance.span("block") as span:
            await span.start({})
            thread = asyncio.create_task(asyncio.to_thread(work))
            await asyncio.sleep(0)
            context = contextvars.copy_context()
        ended.set()
        loop.call_soon(call, context=context)
        await called.wait()
        await asyncio.gather(thread, *tasks)
    assert parents(api) == {"block": None, "thread": "block", "callback": "block"}


async def test_spans_of_a_task_that_outlives_its_span(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        go_on = asyncio.Event()

        async def later() -> None:
            await go_on.wait()
            assert SpanContextStack.is_empty()
            async with instance.span("a") as a:
                await a.start({})
                assert SpanContextStack.pop() == a.id
                assert SpanContextStack.pop() is None
                await leaf(instance, "b")
            async with instance.span("c") as c:
                await c.start({})
                await leaf(instance, "d")

        by_id = await instance.create_span("by id")
        task = asyncio.create_task(later())
        await asyncio.sleep(0)
        await instance.finish_span(by_id)
        go_on.set()
        await task
    assert parents(api) == {"by id": None, "a": "by id", "b": "by id", "c": "by id", "d": "c"}


async def test_a_task_that_outlives_a_span_that_the_api_refused(api: LocalApi, run: Run) -> None:
    api.inject(Fault(path=CREATE, status=422, times=1))
    async with run() as (client, instance):
        go_on = asyncio.Event()

        async def later() -> None:
            await go_on.wait()
            await leaf(instance, "later")

        async with instance.span("refused") as refused:
            await refused.start({})
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
        await client.flush()
        go_on.set()
        await task
    assert parents(api) == {"later": None}


async def test_tasks_that_start_tasks_for_ever(api: LocalApi, run: Run) -> None:
    lengths: list[int] = []

    async def step(number: int) -> None:
        async with instance.span(f"step {number}") as span:
            await span.start({})
            following = asyncio.create_task(after(number)) if number < 20 else None
        if following:
            await following

    async def after(number: int) -> None:
        await asyncio.sleep(0)
        await step(number + 1)
        lengths.append(len(contextvars.copy_context()[context_stack._stack]))

    async with run() as (_, instance):
        await step(0)
    assert parents(api) == {f"step {n}": f"step {n - 1}" if n else None for n in range(21)}
    assert max(lengths) <= 2


async def test_two_instances_interleaved(api: LocalApi, run: Run) -> None:
    async with run() as (client, a):
        b = await client.create_agent_instance({"name": "B"}, agent_id="b")
        await b.start()
        async with a.span("a1") as a1, b.span("b1") as b1, a.span("a2") as a2, b.span("b2") as b2:
            for span in (b2, a2, b1, a1):
                await span.start({})
            await asyncio.gather(leaf(a, "a3"), leaf(b, "b3"))
            await a2.complete()
            await asyncio.gather(leaf(a, "a4"), leaf(b, "b4"))
    assert parents(api) == {
        "a1": None, "b1": None, "a2": "a1", "b2": "b1", "a3": "a2", "b3": "b2", "a4": "a1", "b4": "b2",
    }  # fmt: skip
    assert not api.violations


async def test_nested_clients(api: LocalApi, run: Run) -> None:
    async with run() as (_, outer), outer.span("outer") as span:
        await span.start({})
        async with run() as (inner_client, inner), inner.span("inner") as other:
            await other.start({})
            await leaf(outer, "outer leaf")
            await leaf(inner, "inner leaf")
            await inner_client.close()
            await leaf(outer, "outer goes on")
        assert SpanContextStack.get_stack() == [span.id]
    found = parents(api)
    assert (found["inner"], found["inner leaf"]) == (None, "inner")
    assert (found["outer leaf"], found["outer goes on"]) == ("outer", "outer")


async def test_a_decorated_function_has_a_span_for_each_call(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):

        @instance.span("decorated", payload={"x": 1})
        async def call(depth: int) -> int:
            if depth == 0:
                raise LookupError
            await leaf(instance, f"depth {depth}")
            with contextlib.suppress(LookupError):
                await call(depth - 1)
            return depth

        assert list(await asyncio.gather(call(1), call(1))) == [1, 1]
    statuses = sorted(span["status"] for span in api.spans() if span["schema_name"] == "decorated")
    assert statuses == ["complete", "complete", "failed", "failed"]
    assert parents(api)["depth 1"] == "decorated"
    assert not api.violations


class Step(NamedTuple):
    """A span, how its parent runs it, and its children, which run in it one by one or all at the same time."""

    how: str
    together: bool
    start: str
    children: tuple[Step, ...]


HOWS = ("inline", "task", "thread", "executor", "bare thread", "by id")
steps_of_trees = st.recursive(
    st.builds(Step, st.sampled_from(HOWS), st.booleans(), st.sampled_from(["first", "last", "never"]), st.just(())),
    lambda children: st.builds(
        Step,
        st.sampled_from(HOWS),
        st.booleans(),
        st.sampled_from(["first", "last", "never"]),
        st.lists(children, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=8,
)


class Tree:
    """Runs trees of spans, and records the parent that is expected of each."""

    def __init__(self, instance: AgentInstanceHandle) -> None:
        self.instance = instance
        self.expected: dict[str, str | None] = {}
        self._numbers = itertools.count()

    async def run(self, step: Step, parent: str | None) -> None:
        if step.how == "task":
            await asyncio.create_task(self._span(step, parent))
        elif step.how == "thread":
            await asyncio.to_thread(lambda: asyncio.run(self._span(step, parent)))
        elif step.how == "executor":
            call = functools.partial(contextvars.copy_context().run, asyncio.run, self._span(step, parent))
            await asyncio.get_running_loop().run_in_executor(None, call)
        elif step.how == "bare thread":
            thread = threading.Thread(target=asyncio.run, args=(self._span(step, parent if THREADS_INHERIT else None),))
            thread.start()
            await asyncio.to_thread(thread.join)
        else:
            await self._span(step, parent)

    async def _span(self, step: Step, parent: str | None) -> None:
        name = f"span {next(self._numbers)}"
        self.expected[name] = parent
        if step.how == "by id":
            span_id = await self.instance.create_span(name)
            await self._children(step, name)
            await self.instance.finish_span(span_id)
            return
        async with self.instance.span(name) as span:
            if step.start == "first":
                await span.start({})
            await self._children(step, name)
            if step.start == "last":
                await span.start({})

    async def _children(self, step: Step, name: str) -> None:
        before = SpanContextStack.get_stack()
        # Spans by ID that overlap in one task would be each other's parents: those run one by one.
        together = step.together and all(child.how != "by id" for child in step.children)
        if together:
            await asyncio.gather(*(self.run(child, name) for child in step.children))
        else:
            for child in step.children:
                await self.run(child, name)
        assert SpanContextStack.get_stack() == before


@pytest.mark.slow
@pytest.mark.parametrize("num_workers", [1, 7])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=steps_of_trees)
async def test_parents_of_any_tree_of_tasks_and_threads(api: LocalApi, run: Run, tree: Step, num_workers: int) -> None:
    async with run(queue={"num_workers": num_workers}) as (client, instance):
        grown = Tree(instance)
        await grown.run(tree, None)
        assert SpanContextStack.is_empty()
        await instance.finish()
        assert (await client.flush()).complete
    assert parents(api, instance.id) == grown.expected
    assert not api.violations
