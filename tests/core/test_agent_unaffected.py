"""No call of an agent waits for the network or raises because of it, and its own exceptions pass unchanged."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.core.support import CREATE, Run, Running, config_for, finishes, opened, register, warnings

from prefactor_core import (
    AgentInstanceHandle,
    ClientClosedError,
    DeliveryError,
    OperationType,
    PrefactorCoreClient,
    SpanContextStack,
    SpanNotFoundError,
)
from prefactor_local import Fault, LocalApi
from prefactor_spans import AgentTool

pytestmark = pytest.mark.anyio

AT_ONCE = 0.5
"""Seconds for a whole program: far more than the calls take, and half of one slow answer."""
WRONG: Any = "wrong"


@asynccontextmanager
async def away(how: str, **settings: Any) -> AsyncIterator[tuple[LocalApi, *Running]]:
    """A client with a registered instance, whose API is slow, hangs or is down from then on."""
    api = LocalApi()
    async with api:
        client, instance = await opened(api, queue={"close_timeout": 0.05}, **settings)
        if how != "down":
            api.inject(Fault(delay=1.0 if how == "slow" else 1000.0, times=None))
            yield api, client, instance
            await client.close()
            return
    yield api, client, instance
    await client.close()


async def untyped(instance: AgentInstanceHandle) -> None:
    async with instance.span("a", payload={"x": 1}) as span:
        await span.start({"x": 2})
        span.set_result({"y": 1})
        await span.complete({"z": 1})
    for finish in ("fail", "cancel", "finish"):
        async with instance.span("b") as span:
            await span.start({})
            await getattr(span, finish)()
    async with instance.span("never started"):
        pass
    async with instance.span("cancelled before its start") as span:
        await span.cancel()


async def typed(instance: AgentInstanceHandle) -> None:
    async with instance.span(AgentTool) as span:
        await span.start(name="search")
        span.set_result(output="x")
        await span.complete()
    async with instance.span(AgentTool) as span:
        await span.start_with({"name": "search"})
        span.set_result_with({"output": "x"})
        await span.complete_with({"output": "y"})
    for finish in ("fail", "cancel", "finish"):
        async with instance.span(AgentTool) as span:
            await span.start(name="search")
            await getattr(span, finish)()


async def by_id(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    await instance.finish_span(await instance.create_span("c", payload={"x": 1}), {"y": 1})
    await client.finish_span(await client.create_span(instance.id, "c"))
    await instance.record_quality("q", {"score": 1})
    await client.record_quality(instance.id, "q", None)


async def whole_run(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    await instance.start()
    await untyped(instance)
    await typed(instance)
    await by_id(client, instance)
    await client.instance_manager.start(instance.id)
    await instance.finish()


@pytest.mark.parametrize("how", ["slow", "hanging", "down"])
async def test_no_call_waits_or_raises(how: str) -> None:
    async with away(how) as (_, client, instance):
        begin = time.monotonic()
        await whole_run(client, instance)
        assert time.monotonic() - begin < AT_ONCE
        assert client.stats().delivered == 0
        report = await client.close()
        assert report.accepted == report.dropped > 20
        assert report.drops[OperationType.CREATE_SPAN, "deadline"] == 13


async def test_no_call_waits_while_another_client_hangs(api: LocalApi, run: Run) -> None:
    async with away("hanging") as (_, _, stuck), run() as (client, instance):
        async with stuck.span("stuck") as span:
            await span.start({})
            async with instance.span("free") as other:
                await other.start({})
        assert (await client.flush()).complete
    assert [span["parent_span_id"] for span in api.spans()] == [None]


@pytest.mark.parametrize("how", ["slow", "hanging", "down"])
async def test_misuse_raises_at_once(how: str) -> None:
    async with away(how) as (_, client, instance):
        begin = time.monotonic()
        async with instance.span("step") as span:
            with pytest.raises(TypeError):
                await span.start(WRONG)
            with pytest.raises(TypeError):
                await span.start({}, started_at=WRONG)
            with pytest.raises(TypeError):
                span.set_result(WRONG)
            with pytest.raises(TypeError):
                await span.complete({}, timestamp=WRONG)
        with pytest.raises(SpanNotFoundError):
            await client.finish_span("unknown")
        with pytest.raises(ValueError, match="status"):
            await instance.finish(status=WRONG)
        with pytest.raises(TypeError):
            await instance.record_quality("q", WRONG)
        assert time.monotonic() - begin < AT_ONCE
        await client.close()
        with pytest.raises(ClientClosedError):
            await instance.start()


async def test_a_create_span_that_raises_leaves_nothing_behind(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        with pytest.raises(TypeError):
            await instance.create_span("wrong", started_at=WRONG)
        assert SpanContextStack.is_empty()
        async with instance.span("step") as span:
            await span.start({})
        assert (await client.flush()).complete
    assert [span["parent_span_id"] for span in api.spans()] == [None]


async def test_a_scope_is_entered_once_at_a_time(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        scope = instance.span("step")
        async with scope:
            with pytest.raises(RuntimeError, match="entered"):
                await scope.__aenter__()
        async with scope:
            pass
    assert [span["status"] for span in api.spans()] == ["complete", "complete"]


async def test_errors_are_reported_in_every_way(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    errors: list[DeliveryError] = []
    async with run(on_error=errors.append, queue={"bulk": "never"}) as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=CREATE, status=422, times=4))
        for _ in range(4):
            async with instance.span("refused") as span:
                await span.start({})
        report = await client.flush()
        stats = client.stats()
        assert len(warnings(caplog)) == 1
    assert (stats.failed, report.failed, len(errors)) == (8, 8, 8)
    assert stats.failures == {(OperationType.CREATE_SPAN, "http_422"): 4, (OperationType.FINISH_SPAN, "dependency"): 4}
    assert len(report.errors) == 2
    assert len(warnings(caplog)) == 2  # and how many there were


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


EXCEPTIONS = [
    ZeroDivisionError("by zero"),
    UnprintableError(),
    ExceptionGroup("several", [ValueError("one"), TypeError("two")]),
    BaseExceptionGroup("several", [KeyboardInterrupt()]),
    KeyboardInterrupt(),
    SystemExit(3),
    GeneratorExit(),
    StopAsyncIteration("over"),
    StopIteration("over"),
    asyncio.CancelledError("stop"),
    BaseExceptionGroup("stop", [asyncio.CancelledError(), BaseExceptionGroup("stop", [asyncio.CancelledError()])]),
    BaseExceptionGroup("stop", [asyncio.CancelledError(), OSError()]),
    TimeoutError("late"),
    ClientClosedError("the program's own"),
]


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("how", ["up", "down"])
async def test_an_exception_passes_unchanged(api: LocalApi, run: Run, error: BaseException, how: str) -> None:
    error.__cause__ = error.__context__ = None
    error.__traceback__ = None
    caught: BaseException | None = None
    async with away(how) if how == "down" else run() as (*_, instance):
        try:
            async with instance.span("step") as span:
                await span.start({})
                raise error
        except BaseException as raised:
            caught = raised
    assert caught is error
    assert error.__cause__ is error.__context__ is None
    assert not hasattr(error, "__notes__")
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert frames == ["test_an_exception_passes_unchanged"]
    if how == "up":
        others = error.split(asyncio.CancelledError)[1] if isinstance(error, BaseExceptionGroup) else error
        expected = "cancelled" if isinstance(others, GeneratorExit | asyncio.CancelledError | None) else "failed"
        (recorded,) = api.spans()
        assert recorded["status"] == expected
        if expected == "failed":
            assert recorded["result_payload"]["error"]["type"] == type(error).__name__


async def test_a_deadline_cancels_the_span_and_raises_outside(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        with pytest.raises(TimeoutError):  # noqa: PT012
            async with asyncio.timeout(0.01), instance.span("outer") as outer, instance.span("inner") as inner:
                await outer.start({})
                await inner.start({})
                await asyncio.Event().wait()
    assert {span["schema_name"]: span["status"] for span in api.spans()} == {"outer": "cancelled", "inner": "cancelled"}


async def test_an_agent_that_raises_before_finish_has_failed(api: LocalApi) -> None:
    with pytest.raises(LookupError):  # noqa: PT012
        async with PrefactorCoreClient(config_for(api)) as client:
            instance = await register(client)
            await instance.start()
            async with instance.span("step"):
                raise LookupError
    assert [span["status"] for span in api.spans()] == ["failed"]
    assert [each["status"] for each in api.instances()] == ["failed"]


async def test_an_exception_fails_every_span_that_it_leaves(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        with pytest.raises(LookupError):  # noqa: PT012
            async with instance.span("outer") as outer:
                await outer.start({})
                async with instance.span("inner"):
                    raise LookupError
        async with instance.span("handles") as handles:
            await handles.start({})
            try:
                async with instance.span("raises"):
                    raise LookupError
            except LookupError:
                await handles.complete()
    statuses = {span["schema_name"]: span["status"] for span in api.spans()}
    assert statuses == {"outer": "failed", "inner": "failed", "handles": "complete", "raises": "failed"}


async def test_open_children_of_a_failed_span_can_be_finished(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        go_on = asyncio.Event()

        async def child(name: str, *, start_late: bool) -> None:
            async with instance.span(name) as span:
                if not start_late:
                    await span.start({})
                await go_on.wait()
                await span.start({})
                await span.complete({"done": True})

        with pytest.raises(LookupError):  # noqa: PT012
            async with instance.span("parent") as parent:
                await parent.start({})
                tasks = [
                    asyncio.create_task(child("a", start_late=False)),
                    asyncio.create_task(child("b", start_late=True)),
                ]
                by_hand = await instance.create_span("c")
                await asyncio.sleep(0)
                raise LookupError
        go_on.set()
        await asyncio.gather(*tasks)
        await instance.finish_span(by_hand)
        assert (await client.flush()).complete
        assert SpanContextStack.is_empty()
    spans = {span["schema_name"]: span for span in api.spans()}
    assert {name: span["status"] for name, span in spans.items()} == {
        "parent": "failed",
        "a": "complete",
        "b": "complete",
        "c": "complete",
    }
    assert {spans[name]["parent_span_id"] for name in "abc"} == {spans["parent"]["id"]}
    assert not api.violations


@pytest.mark.parametrize("span_ids", ["auto", "server"])
async def test_a_cancelled_create_span_leaves_nothing_open(api: LocalApi, run: Run, span_ids: str) -> None:
    async with run(queue={"span_ids": span_ids}) as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=CREATE, delay=0.05))
        with pytest.raises(TimeoutError):  # noqa: PT012
            async with asyncio.timeout(0.01):
                await instance.create_span("lost")
                await asyncio.Event().wait()
        if span_ids == "auto":  # it had returned: the span is the program's to finish
            assert SpanContextStack.depth() == 1
            return
        assert SpanContextStack.is_empty()
        assert (await client.flush()).complete
    (span,) = api.spans()
    assert [finish["status"] for finish in finishes(api, span["id"])] == ["cancelled"]
