"""Noticing that the platform has terminated the run."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest
from tests.core.support import Run, config_for, eventually, register

from prefactor_core import PrefactorCoreClient, PrefactorTerminatedError
from prefactor_core._records.records import InstanceRecord
from prefactor_core.monitoring import TerminationMonitor
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


@dataclass
class State:
    status: str = "active"
    termination_reason: str | None = None


async def never(instance_id: str) -> State:
    raise AssertionError(instance_id)


async def test_termination_in_an_answer(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        monitor = client._termination_monitor
        event = monitor.get_termination_event()
        heard: list[str | None] = []
        monitor.subscribe(lambda: heard.append(monitor.termination_reason))
        await client.flush()
        api.terminate(instance.id, "enough")
        assert not event.is_set()
        await instance.create_span("step")
        async with asyncio.timeout(5):
            await event.wait()
        await eventually(lambda: heard == ["enough"])
        await instance.finish()  # refused with 409, which counts as delivered
        assert (await client.flush()).complete


async def test_termination_in_a_poll() -> None:
    states = iter([State(), State("terminated", "by hand")])

    async def fetch(instance_id: str) -> State:
        assert instance_id == "i1"
        return next(states)

    monitor = TerminationMonitor(fetch, poll_interval=0.001)
    monitor.sync("i1")
    polling = asyncio.create_task(monitor.run())
    async with asyncio.timeout(5):
        await monitor.get_termination_event().wait()
    assert monitor.termination_reason == "by hand"
    polling.cancel()


async def test_a_poll_that_fails_is_repeated() -> None:
    tries: list[str] = []

    async def fetch(instance_id: str) -> State:
        tries.append(instance_id)
        if len(tries) == 1:
            raise OSError("away")
        return State("terminated")

    monitor = TerminationMonitor(fetch, poll_interval=0.001)
    monitor.sync("i1")
    polling = asyncio.create_task(monitor.run())
    async with asyncio.timeout(5):
        await monitor.get_termination_event().wait()
    assert tries == ["i1", "i1"]
    polling.cancel()


async def test_the_termination_of_another_run_is_ignored() -> None:
    monitor = TerminationMonitor(never)
    monitor.sync("old")
    event = monitor.get_termination_event()
    monitor.detect_termination("late", "another")
    await asyncio.sleep(0)
    assert not event.is_set()
    monitor.detect_termination("now", "old")
    await asyncio.sleep(0)
    assert event.is_set()
    monitor.sync("new")
    await asyncio.sleep(0)
    assert not event.is_set()
    assert monitor.termination_reason is None
    monitor.detect_termination("late", "old")
    assert monitor.termination_reason is None


async def test_a_finished_run_is_not_watched() -> None:
    monitor = TerminationMonitor(never)
    instance = InstanceRecord("i1")
    monitor.sync("i1")
    monitor.finished(instance)
    monitor.terminate(instance, "late")
    assert monitor.termination_reason is None
    assert not instance.terminated.is_set()


async def test_every_loop_has_an_event_of_its_own() -> None:
    monitor = TerminationMonitor(never)
    here = monitor.get_termination_event()
    assert monitor.get_termination_event() is here
    woken = asyncio.Event()
    ready = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def elsewhere() -> None:
        event = monitor.get_termination_event()
        assert event is not here
        loop.call_soon_threadsafe(ready.set)
        await event.wait()
        loop.call_soon_threadsafe(woken.set)

    other = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(elsewhere())))
    async with asyncio.timeout(5):
        await ready.wait()
        monitor.detect_termination("enough")
        await asyncio.gather(here.wait(), woken.wait(), other)


async def test_subscriptions() -> None:
    monitor = TerminationMonitor(never)
    heard: list[str] = []

    def fails() -> None:
        raise RuntimeError("callback")

    monitor.subscribe(fails)
    ended = monitor.subscribe(lambda: heard.append("ended"))
    monitor.subscribe(lambda: heard.append("kept"))
    ended()
    ended()
    monitor.detect_termination(None)
    monitor.detect_termination(None)
    assert heard == ["kept"]
    monitor.destroy()
    monitor.detect_termination("again")
    assert heard == ["kept"]


def test_termination_outside_of_any_loop() -> None:
    monitor = TerminationMonitor(never)
    event = monitor.get_termination_event()
    monitor.detect_termination("enough")
    assert event.is_set()


async def test_each_instance_has_an_event_of_its_own(api: LocalApi, run: Run) -> None:
    async with run() as (client, first):
        second = await register(client)
        await second.start()
        await client.flush()
        heard: list[tuple[str, str | None]] = []
        unsubscribe = client.on_terminate(lambda instance_id, reason: heard.append((instance_id, reason)))
        api.terminate(first.id, "enough")
        await second.create_span("step")
        await first.create_span("step")
        async with asyncio.timeout(5):
            await first.terminated.wait()
        await eventually(lambda: heard == [(first.id, "enough")])
        assert first.terminated.is_set()
        assert first.termination_reason == "enough"
        with pytest.raises(PrefactorTerminatedError, match="enough"):
            first.raise_if_terminated()
        assert not second.terminated.is_set()
        second.raise_if_terminated()
        await first.create_span("after")  # is delivered, and its answer has the termination again
        assert (await client.flush()).complete
        unsubscribe()
        api.terminate(second.id, "too")
        await second.create_span("step")
        await eventually(second.terminated.is_set)
        assert heard == [(first.id, "enough")]


async def test_termination_in_the_answer_to_a_finish(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        span_id = await instance.create_span("step")
        await client.flush()
        api.terminate(instance.id, "enough")
        await instance.finish_span(span_id)
        await eventually(instance.terminated.is_set)


async def test_the_poll_asks_for_every_live_instance(api: LocalApi) -> None:
    client = PrefactorCoreClient(config_for(api))
    client._termination_monitor.poll_interval = 0.01
    async with client:
        first, second, third = [await register(client) for _ in range(3)]
        for instance in (first, second, third):
            await instance.start()
        await third.finish()
        await client.flush()
        api.terminate(first.id, "first")
        await eventually(first.terminated.is_set)
        before = len(polls_of(api, first.id))
        api.terminate(second.id, "second")
        await eventually(second.terminated.is_set)
        assert (first.termination_reason, second.termination_reason) == ("first", "second")
        third_polled = len(polls_of(api, third.id))
        assert len(polls_of(api, first.id)) == before  # it is known to be terminated
        await third.create_span("late")
        await client.flush()
        assert len(polls_of(api, third.id)) == third_polled
    assert not third.terminated.is_set()


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock goes on to the next timer at once, instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        inner: Any = self
        if not inner._ready and inner._scheduled:
            self._now = max(self._now, inner._scheduled[0].when())
        super()._run_once()  # type: ignore[misc]


class Polled:
    """Agent instances, the answers to their polls, and how many are asked for at the same time."""

    def __init__(self, number: int, answer_seconds: float) -> None:
        self.instances = [InstanceRecord(f"i{place}") for place in range(number)]
        self.answer_seconds = answer_seconds
        self.terminated = self.away = False
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    async def fetch(self, instance_id: str) -> State:
        self.asked.append(instance_id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if instance_id == "hangs":
                await asyncio.get_running_loop().create_future()
            terminated = self.terminated
            await asyncio.sleep(self.answer_seconds)
            if self.away:
                raise OSError("away")
            return State("terminated" if terminated else "active")
        finally:
            self.at_once -= 1


def in_virtual_time(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(test())


@pytest.mark.parametrize("seconds_before", [0, 7, 100])
def test_five_hundred_runs_hear_of_their_termination_within_thirty_seconds(seconds_before: float) -> None:
    async def terminate_all() -> None:
        polled = Polled(500, answer_seconds=0.15)
        monitor = TerminationMonitor(polled.fetch)
        for instance in [*polled.instances, hanging := InstanceRecord("hangs")]:
            monitor.watch(instance)
        polling = asyncio.create_task(monitor.run())
        await asyncio.sleep(seconds_before)
        polled.terminated = True
        before = len(polled.asked)
        async with asyncio.timeout(30):
            await asyncio.gather(*(instance.terminated.wait() for instance in polled.instances))
        assert 500 <= len(polled.asked) - before <= 502
        assert polled.most_at_once <= 8
        assert not hanging.terminated.is_set()
        polling.cancel()

    in_virtual_time(terminate_all)


def test_an_api_that_is_away_is_polled_less() -> None:
    async def come_back() -> None:
        polled = Polled(500, answer_seconds=0.15)
        polled.away = True
        monitor = TerminationMonitor(polled.fetch)
        for instance in polled.instances:
            monitor.watch(instance)
        polling = asyncio.create_task(monitor.run())
        await asyncio.sleep(60)
        assert len(polled.asked) < 300
        polled.away, polled.terminated = False, True
        async with asyncio.timeout(30):
            await asyncio.gather(*(instance.terminated.wait() for instance in polled.instances))
        polling.cancel()

    in_virtual_time(come_back)


def test_the_poll_ends_with_its_monitor() -> None:
    async def forget() -> None:
        monitor = TerminationMonitor(never)
        polling = asyncio.create_task(monitor.run())
        await asyncio.sleep(0)
        del monitor
        gc.collect()
        async with asyncio.timeout(60):
            await polling

    in_virtual_time(forget)


def polls_of(api: LocalApi, instance_id: str) -> list[str]:
    """Return the polls of an instance."""
    path = f"/api/v1/agent_instance/{instance_id}"
    return [request.path for request in api.requests if request.method == "GET" and request.path == path]


async def test_a_run_that_the_agent_has_finished_is_not_terminated(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        api.terminate(instance.id, "enough")
        await instance.finish()
        await instance.create_span("late")
        await client.flush()
        assert not instance.terminated.is_set()
        assert not client._termination_monitor.get_termination_event().is_set()


async def test_waiting_in_another_loop_and_thread(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        waiting = [asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(instance.terminated.wait())))]
        waiting.append(asyncio.create_task(instance.terminated.wait()))
        await client.flush()
        api.terminate(instance.id, "enough")
        await instance.create_span("step")
        async with asyncio.timeout(5):
            assert await asyncio.gather(*waiting) == [True, True]


async def test_a_callback_that_raises(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run() as (client, instance):
        heard: list[str] = []

        def leave(instance_id: str, reason: str | None) -> None:
            raise SystemExit(1)

        client.on_terminate(leave)
        client.on_terminate(lambda instance_id, reason: heard.append(instance_id))
        await client.flush()
        api.terminate(instance.id, "enough")
        await instance.create_span("step")
        await eventually(lambda: heard == [instance.id])
        assert "an on_terminate callback raised" in caplog.text
        assert (await client.flush()).complete


def test_the_reason_of_a_termination_is_one_line_in_the_error() -> None:
    error = PrefactorTerminatedError("enough\n\x1b[31m" + "x" * 10_000)
    assert str(error).isprintable()
    assert len(str(error)) < 1000
    assert error.reason == "enough\n\x1b[31m" + "x" * 10_000


async def test_the_event_of_a_new_run_is_clear_at_once() -> None:
    monitor = TerminationMonitor(never)
    renewals = (monitor.reset, lambda: monitor.sync("new"))
    for renew in renewals:
        monitor.sync("old")
        event = monitor.get_termination_event()
        monitor.detect_termination("enough")
        assert event.is_set()
        renew()
        assert not event.is_set()
        assert monitor.get_termination_event() is event


async def test_a_stop_from_another_thread_does_not_reach_the_next_run() -> None:
    monitor = TerminationMonitor(never)
    monitor.sync("old")
    event = monitor.get_termination_event()
    old_run = asyncio.create_task(event.wait())
    await asyncio.sleep(0)
    detection = threading.Thread(target=monitor.detect_termination, args=("enough",))
    detection.start()
    detection.join()  # the event loop has not heard of it yet
    monitor.sync("new")
    new_run = asyncio.create_task(monitor.get_termination_event().wait())
    async with asyncio.timeout(5):
        assert await old_run
    for _ in range(5):
        await asyncio.sleep(0)
    assert not event.is_set()
    assert not new_run.done()
    monitor.detect_termination("again", "new")
    async with asyncio.timeout(5):
        assert await new_run


async def test_a_reset_in_another_thread_is_seen_by_the_next_look() -> None:
    monitor = TerminationMonitor(never)
    monitor.detect_termination("enough")
    assert monitor.get_termination_event().is_set()
    reset = threading.Thread(target=monitor.reset)
    reset.start()
    reset.join()
    assert not monitor.get_termination_event().is_set()
