"""Operations gather and share requests; what somebody waits for does not wait for others.

Most intervals here are far longer than a test may last: what arrives has not waited for their end.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

import pytest
from tests.core.programs import running_program
from tests.core.support import CREATE, Run, config_for, creates, eventually, record, register

from prefactor_core import AgentInstanceHandle, InMemoryQueue, Operation, PrefactorCoreClient
from prefactor_core._delivery.pace import Pace
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

HOURS = {"bulk_interval": 3600.0}


def span_requests(api: LocalApi) -> list[str]:
    """Return the paths of the requests that carried spans: `bulk`, or the last part of a single one."""
    paths = [request.path for request in api.requests]
    return [path.rsplit("/", 1)[1] for path in paths if path.startswith(CREATE) or path.endswith("/bulk")]


async def warm(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    """Let the API confirm the ids of this client, so that a create may share a request with its finish."""
    await record(instance, "warm")
    await client.flush()


async def test_operations_share_few_requests(api: LocalApi, run: Run) -> None:
    async with run(queue=HOURS) as (client, instance):
        await warm(client, instance)
        before = len(span_requests(api))
        for number in range(8):
            await record(instance, f"s{number}")
        assert (await client.flush()).complete
        assert len(span_requests(api)) - before <= 3
    assert len(creates(api)) == 9
    assert not api.violations


async def test_the_interval_ends_by_itself(api: LocalApi, run: Run) -> None:
    async with run(queue={"bulk_interval": 0.01}) as (client, instance):
        for number in range(10):
            await record(instance, f"s{number}")
        await eventually(lambda: not client.stats().pending)
    assert len(creates(api)) == 10


async def test_the_first_operation_is_a_single_request_at_once(api: LocalApi, run: Run) -> None:
    async with run(queue=HOURS):
        await eventually(lambda: any(request.path.endswith("/start") for request in api.requests))


async def test_a_lone_operation_is_a_single_request(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        async with instance.span("step") as span:
            await span.start({})
            await client.flush()
        await client.flush()
    assert span_requests(api) == ["agent_spans", "finish"]


@pytest.mark.parametrize("queue", [{**HOURS, "bulk": "never"}, {"bulk_interval": 0}])
async def test_without_a_pace_nothing_gathers(api: LocalApi, run: Run, queue: dict[str, Any]) -> None:
    async with run(queue=queue) as (client, instance):
        for number in range(10):
            await record(instance, f"s{number}")
        await eventually(lambda: not client.stats().pending)
        assert queue.get("bulk") != "never" or "bulk" not in span_requests(api)


async def test_close_does_not_wait_for_the_pace(api: LocalApi, run: Run) -> None:
    async with run(queue=HOURS) as (client, instance):
        for number in range(10):
            await record(instance, f"s{number}")
        await instance.finish()
        assert (await client.close()).complete
    assert len(creates(api)) == 10
    assert not api.violations


async def test_a_start_that_waits_for_its_id_does_not_wait_for_the_pace(api: LocalApi, run: Run) -> None:
    async with run(queue={**HOURS, "span_ids": "server"}) as (client, instance):
        for _ in range(3):
            async with instance.span("step") as span:
                await span.start({})
                assert span.id in {each["id"] for each in api.spans()}
        assert (await client.flush()).complete


async def test_more_than_a_request_holds_does_not_wait(api: LocalApi, run: Run) -> None:
    async with run(queue=HOURS) as (client, instance):
        await warm(client, instance)
        for number in range(300):
            await record(instance, f"s{number}")
        await eventually(lambda: len(creates(api)) > 100)
        assert (await client.flush()).complete


async def test_half_of_a_small_queue_does_not_wait(api: LocalApi, run: Run) -> None:
    async with run(queue={**HOURS, "max_queue_size": 20}) as (client, instance):
        for _ in range(30):
            await record(instance)
            await eventually(lambda: client.stats().pending < 10)
    assert client.stats().delivered == client.stats().accepted


async def test_a_missing_bulk_endpoint_ends_the_pace(api: LocalApi, run: Run) -> None:
    async with run(queue=HOURS) as (client, instance):
        await warm(client, instance)
        api.inject(Fault(path=".*/bulk", status=404, times=None))
        for _ in range(3):
            await record(instance)
        assert (await client.flush()).complete
        for _ in range(3):
            await record(instance)
        await eventually(lambda: not client.stats().pending)
    assert span_requests(api).count("bulk") == 1


async def test_what_gathers_survives_an_outage(api: LocalApi, run: Run) -> None:
    async with run(queue={"bulk_interval": 0.01}) as (client, instance):
        api.inject(Fault(path=f"{CREATE}.*|.*/bulk", status=503, times=5))
        for number in range(20):
            await record(instance, f"s{number}")
        await eventually(lambda: not client.stats().pending)
    assert {span["status"] for span in api.spans()} == {"complete"}
    assert client.stats().failed == 0
    assert not api.violations


async def test_the_programs_queue_is_not_paced(api: LocalApi) -> None:
    class Own(InMemoryQueue[Operation]):
        pass

    async with PrefactorCoreClient(config_for(api, queue=HOURS), queue=Own()) as client:
        instance = await register(client)
        await instance.start()
        for _ in range(5):
            await record(instance)
        await eventually(lambda: not client.stats().pending)


PROGRAM = """
async def main():
    queue = QueueConfig(bulk_interval=3600.0)
    client, instance = await started(queue_config=queue)
    for _ in range(5):
        async with instance.span("step") as span:
            await span.start({})
    say("recorded")
    sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM")
@pytest.mark.parametrize("end", ["exit", "SIGTERM"])
def test_the_end_of_the_program_does_not_wait_for_the_pace(api: LocalApi, end: str) -> None:
    with running_program(f"{PROGRAM}\nasyncio.run(main())", api) as program:
        assert program.line() == "recorded"
        if end == "exit":
            program.say("end")
        else:
            program.send(signal.SIGTERM)
        program.end()
    assert [span["status"] for span in api.spans()] == ["complete"] * 5


def test_the_interval_grows_while_operations_come() -> None:
    pace = Pace(0.05)
    assert pace.seconds == 0.05
    pace.gathered()
    assert pace.seconds == 0.1
    for _ in range(5):
        pace.gathered()
    assert pace.seconds == pytest.approx(0.15)
    pace.paused()
    assert pace.seconds == 0.05
