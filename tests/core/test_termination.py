"""Noticing that the platform terminated the run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from tests.core.support import Run, eventually

from prefactor_core.monitoring import TerminationMonitor
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


@dataclass
class State:
    status: str = "active"
    termination_reason: str | None = None


async def never(instance_id: str) -> State:
    raise AssertionError(instance_id)


async def test_the_signal_in_an_answer(api: LocalApi, run: Run) -> None:
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


async def test_a_poll_notices_too() -> None:
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


async def test_another_run_is_not_stopped() -> None:
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


async def test_a_run_that_ended_is_not_watched() -> None:
    monitor = TerminationMonitor(never)
    monitor.sync("i1")
    monitor.finished("i1")
    monitor.detect_termination("late", "i1")
    assert monitor.termination_reason is None


async def test_every_loop_has_its_event() -> None:
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


def test_outside_of_any_loop() -> None:
    monitor = TerminationMonitor(never)
    event = monitor.get_termination_event()
    monitor.detect_termination("enough")
    assert event.is_set()
