"""Code that runs in the middle of the client's code: signal handlers, and log handlers."""

from __future__ import annotations

import asyncio
import inspect
import logging
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any

import pytest
from tests.core.support import AWAY, Run, config_for, creates, eventually, is_balanced, record

import prefactor_core
from prefactor_core import PrefactorCoreClient
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

OURS = prefactor_core.__path__[0]


@contextmanager
def interrupted(handler: Callable[[], object], *, at: int | None = None, event: str = "line") -> Iterator[list[int]]:
    """Run `handler` in the middle of the client's code on this thread, like a signal handler: at one place, or at each.

    Args:
        handler: the signal handler.
        at: the number of the place.
        event: the kind of place. A finaliser may run at every `line`; the interpreter checks for signals at a `call`.

    Yields a list that holds the number of places so far.
    """
    lines = [0]

    def trace(frame: FrameType, what: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if frame.f_code.co_flags & inspect.CO_GENERATOR:
            return None  # raised while a generator is closed, nothing can catch it: Python itself reports it
        if what == event:
            lines[0] += 1
            if at is None or at == lines[0]:
                handler()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lines
    finally:
        sys.settrace(before)


def at_once(call: Coroutine[Any, Any, Any]) -> None:
    """Make a call of the client outside of an event loop; check that it does not wait."""
    with pytest.raises(StopIteration):
        call.send(None)


async def test_a_signal_handler_may_look_at_the_account_at_any_line(run: Run) -> None:
    async with run() as (client, instance):

        def look() -> None:
            assert is_balanced(client.stats())

        with interrupted(look):
            await record(instance)
        assert (await client.flush()).complete


@pytest.mark.slow
async def test_a_signal_handler_may_record_at_any_line(api: LocalApi, run: Run) -> None:
    handled = 0
    async with run() as (client, instance):

        def handle() -> None:
            nonlocal handled
            handled += 1
            at_once(record(instance))

        with interrupted(lambda: None) as lines:
            await record(instance)
        for line in range(1, lines[0]):
            with interrupted(handle, at=line):
                await record(instance)
        report = await client.flush()
    assert report.complete
    assert handled > lines[0] - 50  # the first one took a few more lines
    assert len(api.spans()) == lines[0] + handled
    assert {span["status"] for span in api.spans()} == {"complete"}
    assert not api.violations


async def test_a_signal_handler_may_finish_the_span_that_is_started(api: LocalApi, run: Run) -> None:
    async with run(queue={"bulk": "never"}) as (client, instance):
        with interrupted(lambda: None) as lines:
            await record(instance, "counted")
        for line in range(1, lines[0], 4):
            async with instance.span("interrupted") as span:
                with interrupted(lambda: at_once(span.fail({"by": "signal"})), at=line):
                    await span.start({"a": 1})
                    await span.complete({"b": 2})
        report = await client.flush()
    assert report.complete
    assert len(api.spans()) == 1 + len(range(1, lines[0], 4))
    assert {span["status"] for span in api.spans()} == {"complete", "failed"}
    assert not api.violations


async def test_a_signal_handler_may_raise_anywhere(api: LocalApi, run: Run) -> None:
    """The interrupted operation may be lost; no other one is lost or waits."""

    def give_up() -> None:
        raise KeyboardInterrupt

    async with run(queue={"close_timeout": 60.0}) as (client, instance):
        with interrupted(lambda: None, event="call") as calls:
            await record(instance, "counted")
        for call in range(1, calls[0] + 1):
            with suppress(KeyboardInterrupt), interrupted(give_up, at=call, event="call"):
                await record(instance, "interrupted")
            await record(instance, f"after {call}")
        async with asyncio.timeout(30):
            await client.flush()
        stats = client.stats()
        assert is_balanced(stats)
        assert stats.pending <= 4  # what was counted, and interrupted before it was handed over
        await client.close(0.1)
    names = [span["schema_name"] for span in api.spans() if span["status"] == "complete"]
    assert {f"after {call}" for call in range(1, calls[0] + 1)} <= set(names)
    assert api.violations.keys() <= {"span_finish_after_finish"}  # of an interrupted hand-over


@pytest.mark.slow
def test_a_signal_handler_may_close_the_client_that_is_being_closed(api: LocalApi) -> None:
    """Neither call waits for a lock that the other one holds: that would never end."""
    lines, line = [1], 0
    while line < lines[0]:
        client = PrefactorCoreClient(config_for(api))
        client.sync.initialize()
        line += 1
        with interrupted(partial(client.sync.close, 0.0), at=line) as lines:
            assert client.sync.close(0.0).complete
    assert line > 30
    assert not api.violations


@pytest.mark.slow
@pytest.mark.parametrize("how", ["flush", "run"])
def test_a_signal_handler_may_wait_for_the_client(api: LocalApi, how: str) -> None:
    """At any line of a span, with locks of the client held by the code that it interrupts."""
    client = PrefactorCoreClient(config_for(api))

    def step(instance: Any) -> None:
        with instance.span("step") as span:
            span.start({"x": 1})
            span.complete({"y": 1})

    def handle() -> None:
        if how == "flush":
            client.sync.flush(0.0)
        else:
            with client.instance({"name": "Signal"}, agent_id="a"):
                pass

    with client, client.instance({"name": "Agent"}, agent_id="a") as instance:
        step(instance)
        with interrupted(lambda: None) as lines:
            step(instance)
        for line in range(1, lines[0], 7 if how == "flush" else 29):
            with interrupted(handle, at=line):
                step(instance)
        assert client.sync.flush().complete
    assert {record["status"] for record in (*api.spans(), *api.instances())} == {"complete"}
    assert not api.violations


class Recorder(logging.Handler):
    """Records a span for each log entry."""

    instance: Any = None

    def emit(self, entry: logging.LogRecord) -> None:
        at_once(record(self.instance, "log"))


class Broken(logging.Handler):
    """Fails at every log entry."""

    def emit(self, entry: logging.LogRecord) -> None:
        raise RuntimeError(entry.getMessage())


@pytest.fixture
def handle() -> Iterator[Callable[[logging.Handler], None]]:
    """Adds a handler to the log until the end of the test."""
    log = logging.getLogger("prefactor_core")
    before = list(log.handlers)
    yield log.addHandler
    log.handlers[:] = before


async def test_a_log_handler_may_record_spans(api: LocalApi, run: Run, handle: Any) -> None:
    recorder = Recorder()
    async with run(queue={"max_queue_size": 20}) as (client, recorder.instance):
        await client.flush()
        handle(recorder)
        api.inject(AWAY)
        for _ in range(50):
            await record(recorder.instance)
        api.clear_faults()
        await client.flush()
        await record(recorder.instance)  # there is room again, which is logged
        await eventually(lambda: any(details["schema_name"] == "log" for details in creates(api)))
    stats = client.stats()
    assert stats.accepted == stats.delivered + stats.dropped
    assert not api.violations


async def test_a_log_handler_that_raises_stops_nothing(api: LocalApi, run: Run, handle: Any) -> None:
    handle(Broken())
    codes = [Fault(path=".*/agent_spans", status=422, times=1, code=code) for code in "abcd"]
    async with run(queue={"num_workers": 2, "max_queue_size": 20}) as (client, instance):
        await client.flush()
        for fault in codes:
            api.inject(fault)
        for _ in range(5):
            await record(instance, "refused")
            await client.flush()
        assert client.stats().failed == 8
        api.inject(AWAY)
        for _ in range(50):
            await record(instance, "dropped")
        api.clear_faults()
        await client.flush()
        await record(instance, "later")
    stats = client.stats()
    assert stats.accepted == stats.delivered + stats.failed + stats.dropped
    assert "later" in {span["schema_name"] for span in api.spans()}
