"""Faults of the program's callbacks and queues, and of delivery itself: they are logged once and lose no span."""

from __future__ import annotations

import asyncio
import gc
import gzip
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from tests.core.support import CREATE, Run, config_for, creates, eventually, record, register, warnings

from prefactor_core import (
    ClientClosedError,
    DeliveryError,
    InMemoryQueue,
    Operation,
    OperationType,
    PrefactorCoreClient,
)
from prefactor_core._delivery.outcomes import Failed, TryAgain
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit, KeyboardInterrupt, asyncio.CancelledError])
async def test_an_on_error_that_raises_does_not_stop_delivery(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture, kind: type[BaseException]
) -> None:
    def on_error(error: DeliveryError) -> None:
        raise kind("callback")

    async with run(on_error=on_error, queue={"bulk": "never"}) as (client, instance):
        api.inject(Fault(method="POST", path=CREATE, status=422, times=3))
        for _ in range(5):
            await record(instance)
        assert (await client.flush()).failed == 6
        await record(instance)
        assert (await client.flush()).pending == 0
    assert len(api.spans()) == 3
    assert len(warnings(caplog)) == 3  # the cause, that on_error raised, and how many failures there were
    assert "on_error raised" in caplog.text
    assert caplog.text.count("Traceback") == 1


async def test_a_termination_callback_that_raises_does_not_stop_delivery(api: LocalApi, run: Run) -> None:
    def stop() -> None:
        raise SystemExit

    async with run() as (client, instance):
        client._termination_monitor.subscribe(stop)
        await client.flush()
        api.terminate(instance.id, "enough")
        for _ in range(2):
            await record(instance)
        assert (await client.flush()).pending == 0


async def test_one_cause_is_logged_once(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run() as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=CREATE, status=422, delay=0.05))
        async with instance.span("parent") as parent:
            await parent.start({})
            await record(instance, "child")
        assert (await client.flush()).failed == 2
    (line,) = warnings(caplog)
    assert "1 operation that depends on it fails, too" in line
    assert "1 span is sent without its parent" in line


async def test_open_spans_are_logged_once(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    client = PrefactorCoreClient(config_for(api))
    for _ in range(3):
        async with client, client.span("instance", "step"):
            await client.close()
    assert sum("a span is not finished" in line for line in warnings(caplog)) == 1


async def end_the_delivery_thread(run: Run) -> None:
    def die() -> None:
        raise SystemExit

    async with run() as (client, instance):
        await client.flush()
        thread = client._life.open_session()._delivery._thread  # type: ignore[attr-defined]
        thread.call_soon(die)
        await eventually(lambda: not thread.alive)
        await record(instance)
        assert (await client.flush()).pending == 2
        with pytest.raises(ClientClosedError):
            await register(client)
        report = await client.close()
        assert (report.delivered, report.dropped) == (1, 2)
        assert await client.close() == report


@pytest.fixture
def collected() -> Iterator[None]:
    """What a test leaves is collected before the next one. Of tasks that have not ended, asyncio writes a log."""
    yield
    gc.collect()


@pytest.mark.usefixtures("collected")
async def test_a_delivery_thread_that_ended(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    await end_the_delivery_thread(run)
    assert "an exception ended the delivery thread" in caplog.text
    assert "2 operations were not delivered" in caplog.text
    caplog.clear()


class Counting(InMemoryQueue[Operation]):
    """A queue of the program's that does more than its base."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[OperationType] = []

    async def put(self, item: Operation) -> None:
        self.seen.append(item.type)
        await super().put(item)


async def recorded(api: LocalApi, queue: InMemoryQueue[Operation]) -> PrefactorCoreClient:
    """Return an open client that has recorded a start and two spans through the queue."""
    client = PrefactorCoreClient(config_for(api), queue=queue)
    await client.initialize()
    instance = await register(client)
    await instance.start()
    await record(instance)
    await record(instance)
    return client


async def test_a_subclass_of_the_queue_is_used_through_its_methods(api: LocalApi) -> None:
    queue = Counting()
    client = await recorded(api, queue)
    assert (await client.close()).delivered == 5
    assert len(queue.seen) == 5


async def test_a_queue_that_refuses_is_logged_once(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    class FullQueue(Counting):
        async def put(self, item: Operation) -> None:
            raise asyncio.QueueFull

    client = await recorded(api, FullQueue())
    async with asyncio.timeout(5):  # not close_timeout, which is 10 s: nothing is left to wait for
        assert (await client.flush()).dropped == 5
    await client.close()
    assert len(warnings(caplog)) == 1


async def test_a_queue_that_adds_items_of_its_own(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    class Odd(Counting):
        async def put(self, item: Operation) -> None:
            await super().put(item)
            self.put_nowait(None)  # type: ignore[arg-type]

    client = await recorded(api, Odd())
    assert (await client.close()).delivered == 5
    assert len(warnings(caplog)) == 1
    assert "cannot be delivered: NoneType" in caplog.text


async def test_the_payload_of_an_operation_that_cannot_be_admitted_is_not_logged(
    api: LocalApi, caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(Counting):
        async def put(self, item: Operation) -> None:
            await super().put(item)
            nameless = {"payload": "secret"}
            self.put_nowait(Operation(OperationType.RECORD_QUALITY, nameless, item.timestamp, instance=item.instance))

    client = await recorded(api, Odd())
    assert (await client.close()).delivered == 5
    assert "cannot be delivered: RECORD_QUALITY" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("hangs", [True, False])
async def test_connections_close_whatever_the_queue_does(
    api: LocalApi, caplog: pytest.LogCaptureFixture, hangs: bool
) -> None:
    class Stuck(Counting):
        async def close(self, num_waiters: int = 1) -> None:
            if hangs:
                await asyncio.Event().wait()
            raise RuntimeError("no")

    client = await recorded(api, Stuck())
    assert (await client.close()).complete
    assert len(creates(api)) == 2
    assert "the program's queue could not be closed" in caplog.text
    del client
    gc.collect()  # an open connection warns here, which fails the test


async def test_a_failure_inside_delivery_costs_one_operation(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        sender = client._life.open_session()._sender  # type: ignore[attr-defined]
        send, failures = sender.send, [SystemExit()]

        async def fail_once(*args: Any, **options: Any) -> Any:
            if failures:
                raise failures.pop()
            return await send(*args, **options)

        sender.send = fail_once
        await instance.record_quality("q", {})
        await record(instance)
        report = await client.flush()
    assert report.failures == {(OperationType.RECORD_QUALITY, "internal_error"): 1}
    assert len(api.spans()) == 1


@pytest.mark.parametrize(
    "problem",
    ["[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, '{"message":' * 900 + "1" + "}" * 900],
    ids=["lists", "objects", "messages"],
)
@pytest.mark.parametrize("place", ["errors", "id", "message", "code"])
async def test_an_answer_that_is_nested_deeply_costs_one_operation(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture, problem: str, place: str
) -> None:
    where = f'"errors":{{"{place}":{problem}}}' if place in {"errors", "id"} else f'"{place}":{problem}'
    body = f'{{"status":"error",{where}}}'
    async with run(queue={"close_timeout": 5.0}) as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=".*/record_quality", status=422, body=body))
        api.inject(Fault(method="POST", path=CREATE, status=422, body=body))
        await instance.record_quality("q", {})
        await record(instance)
        report = await client.flush()
        assert report.pending == 0
        assert report.accepted == report.delivered + report.failed
        assert report.failures.get((OperationType.RECORD_QUALITY, "http_422")) == 1
        assert all(len(line) < 3000 for line in warnings(caplog))
        await record(instance)
        await instance.finish()
        assert (await client.flush()).pending == 0
    assert [each["status"] for each in api.instances()] == ["complete"]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("status", [200, 422])
@pytest.mark.parametrize("compressed", [True, False])
async def test_an_answer_that_is_too_long_is_repeated(api: LocalApi, run: Run, compressed: bool, status: int) -> None:
    blanks = b" " * 100_000_000
    answer = gzip.compress(blanks, 1) if compressed else blanks[:10_000_000]
    headers = {"Content-Encoding": "gzip"} if compressed else {}
    async with run() as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=CREATE, status=status, body=answer, headers=headers))
        del blanks
        tracemalloc.start()
        try:
            await record(instance)
            report = await client.flush()
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert report.complete
    keys = [details["idempotency_key"] for details in creates(api)]
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert most < 60_000_000  # in client and server together


async def test_the_token_of_a_configuration_in_a_payload_is_not_recorded(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        config = config_for(api)
        payload = {"client": config, "http": config.http_config, "token": config.http_config.api_token}
        async with instance.span("step") as span:
            await span.start(payload)
            await span.complete({"of": [config.http_config]})
        assert (await client.flush()).complete
    recorded = repr([request.body for request in api.requests])
    assert api.url in recorded
    assert api.token not in recorded


async def test_texts_of_an_answer_are_one_line_in_the_log(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    forged = "no\r\nERROR forged\x1b[2J\u202e" + "x" * 1_000_000
    body = {"code": forged, "message": forged, "errors": {forged: [forged]}}
    reported: list[DeliveryError] = []
    async with run(on_error=reported.append) as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=CREATE, status=422, body=body))
        await record(instance)
        report = await client.flush()
    assert report.errors
    for text in (*warnings(caplog), *map(str, reported), *map(str, report.errors)):
        assert text.isprintable()
        assert len(text) < 3000
    assert "forged" in caplog.text


@pytest.mark.parametrize("body", ["x" * 2_000_000, '{"a": "' + "x" * 2_000_000 + '"}'], ids=["no JSON", "no span"])
async def test_answers_are_not_kept_with_their_errors(api: LocalApi, body: str) -> None:
    queue = {"retry_delay_base": 60.0, "close_timeout": 0.0, "bulk": "never"}
    async with PrefactorCoreClient(config_for(api, queue=queue)) as client:
        instance = await register(client)
        await instance.start()
        await client.flush(timeout=5)
        api.inject(Fault(method="POST", path=CREATE, status=200, body=body, times=None))
        tracemalloc.start()
        try:
            for _ in range(50):
                await record(instance)
            await eventually(lambda: len(creates(api)) == 50)
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert kept < 30_000_000


class UnspeakableError(Exception):
    """An error without a text."""

    def __str__(self) -> str:
        raise RecursionError

    def __repr__(self) -> str:
        raise RecursionError


@pytest.mark.parametrize(
    "outcome",
    [
        Failed(UnspeakableError(), "http_422"),
        TryAgain(UnspeakableError(), unreachable=False, retry_after="soon"),  # type: ignore[arg-type]
    ],
)
async def test_whatever_raises_while_an_answer_is_judged_costs_one_operation(
    api: LocalApi, run: Run, outcome: Any
) -> None:
    async with run() as (client, instance):
        await client.flush()
        sender = client._life.open_session()._sender  # type: ignore[attr-defined]
        send, outcomes = sender.send, [outcome]

        async def answer_once(*args: Any, **options: Any) -> Any:
            return outcomes.pop() if outcomes else await send(*args, **options)

        sender.send = answer_once
        await instance.record_quality("q", {})
        await record(instance)
        report = await client.flush()
    assert (report.failed, report.pending) == (1, 0)
    assert len(report.errors) == 1
    assert len(api.spans()) == 1


@pytest.mark.usefixtures("collected")
async def test_a_start_that_waits_for_an_id_returns_when_the_thread_ends(api: LocalApi, run: Run) -> None:
    def die() -> None:
        raise SystemExit

    async with run(queue={"span_ids": "server", "close_timeout": 0.5}) as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=CREATE, delay=60))
        arrived = len(api.requests)
        session: Any = client._life.session
        async with asyncio.timeout(2):  # not request_timeout, which is 5 s
            async with instance.span("step") as waiting:
                starting = asyncio.create_task(waiting.start({}))
                await eventually(lambda: len(api.requests) > arrived)
                session._delivery._thread.loop.call_soon_threadsafe(die)
                await starting
                await eventually(session._delivery._thread.ended.done)
                await record(instance)  # a later start does not wait either
    assert client.stats().dropped == 4


@pytest.mark.parametrize("method", ["put", "get", "close"])
async def test_a_queue_that_exits_does_not_end_the_thread(
    api: LocalApi, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    async def leave(*args: Any, **options: Any) -> Any:
        raise SystemExit

    queue = Counting()
    setattr(queue, method, leave)
    client = PrefactorCoreClient(config_for(api, queue={"close_timeout": 0.3}), queue=queue)
    async with client:
        instance = await register(client)
        await instance.start()
        await eventually(lambda: method == "close" or "queue" in caplog.text)
        assert client._life.session is not None
        assert (await register(client)).id  # the thread lives
    counts = client.stats()
    assert (counts.accepted, counts.delivered, counts.dropped) == (1, int(method == "close"), int(method != "close"))
    assert "queue" in caplog.text
