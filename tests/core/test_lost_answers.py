"""Requests without an answer: they are repeated on new connections, hold no worker, and cost nothing at the end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from typing import Any

import pytest
from tests.core.programs import running_program
from tests.core.support import CREATE, Run, eventually, record, warnings

from prefactor_http import HttpClientConfig
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.slow

UNANSWERED = f"{CREATE}.*|.*/bulk"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the next name resolution hang until the test ends."""
    over = threading.Event()
    resolve = socket.getaddrinfo
    hanging = [1]

    def hang(*args: Any, **kwargs: Any) -> Any:
        if hanging and threading.current_thread().name == "prefactor-resolver":
            hanging.pop()
            over.wait(60)
        return resolve(*args, **kwargs)

    yield lambda: monkeypatch.setattr(socket, "getaddrinfo", hang)
    over.set()


@pytest.mark.anyio
async def test_silent_connections_lose_nothing(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run(queue={"bulk": "never"}) as (client, instance):
        await client.flush()
        api.inject(Fault(path=UNANSWERED, hang=True, times=3))
        for number in range(100):
            await record(instance, f"s{number}")
        report = await client.flush()
        await instance.finish()
    assert (report.delivered, report.pending) == (201, 0)
    assert not api.violations
    assert not warnings(caplog)


@pytest.mark.anyio
async def test_a_server_that_hangs_is_an_outage_and_its_end_is_noticed(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "prefactor_core")
    async with run(queue={"bulk": "never"}) as (client, instance):
        await client.flush()
        api.inject(Fault(path=UNANSWERED, hang=True, times=None))
        for number in range(100):
            await record(instance, f"s{number}")
        await eventually(lambda: any("paused" in text for text in caplog.messages), seconds=20)
        assert len(api.requests) < 12
        api.clear_faults()
        await client.flush()
        await instance.finish()
    assert client.stats().delivered == client.stats().accepted
    assert not api.violations
    assert sum("has resumed" in text for text in caplog.messages) == 1


@pytest.mark.anyio
async def test_close_repeats_what_is_not_answered(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        api.inject(Fault(path=UNANSWERED, hang=True, times=4))
        await record(instance)
        await instance.finish()
        report = await client.close()
    assert (report.delivered, report.dropped) == (4, 0)
    assert not api.violations


@pytest.mark.anyio
async def test_a_slow_answer_counts(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        before = len(api.requests)
        api.inject(Fault(path=UNANSWERED, delay=1.5, times=None))
        await record(instance)
        await client.flush()
        assert client.stats().pending == 0
        assert len(api.requests) - before <= 4
    assert not api.violations


@pytest.mark.anyio
async def test_a_name_resolution_that_hangs_holds_nothing_else(api: LocalApi, run: Run, calls: Any) -> None:
    http = HttpClientConfig(api_url=api.url.replace("127.0.0.1", "localhost"), api_token=api.token)
    async with run(http_config=http, queue={"bulk": "never"}) as (client, instance):
        await client.flush()
        calls()
        for number in range(100):
            await record(instance, f"s{number}")
        report = await client.flush()
        assert (report.delivered, report.pending) == (201, 0)
        await instance.finish()
    assert not api.violations


@pytest.mark.anyio
async def test_flush_does_not_wait_for_what_is_recorded_meanwhile(api: LocalApi, run: Run) -> None:
    api.inject(Fault(path=UNANSWERED, delay=0.02, times=None))
    async with run() as (client, instance):

        async def others() -> None:
            while True:
                await record(instance)
                await asyncio.sleep(0.001)

        tasks = [asyncio.create_task(others()) for _ in range(3)]
        await record(instance, "mine")
        report = await client.flush(timeout=60)
        for task in tasks:
            task.cancel()
        assert report.pending > 0
        assert "mine" in {span["schema_name"] for span in api.spans() if span["status"] == "complete"}
        await instance.finish()


ENDS = """
async def main():
    client, instance = await started(queue_config=QueueConfig(bulk="never", close_timeout=1.5))
    await client.flush()
    for number in range(15):
        async with instance.span("step"):
            pass
    say("ends")
    report = await client.{end}()
    say(f"{{report.pending}} pending, {{report.dropped}} dropped")
    await client.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("end", ["flush", "close"])
def test_time_in_which_the_process_did_not_run_does_not_count(api: LocalApi, end: str) -> None:
    api.inject(Fault(path=UNANSWERED, delay=0.1, times=None))
    with running_program(ENDS.format(end=end), api) as program:
        assert program.line() == "ends"
        while not api.spans():
            pass
        program.send(signal.SIGSTOP)
        threading.Event().wait(2.5)  # longer than its time-out, while its process does not run
        program.send(signal.SIGCONT)
        assert program.line() == "0 pending, 0 dropped"
        program.end()
    assert len(api.spans()) == 15
