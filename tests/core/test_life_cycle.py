"""Opening and closing: concurrently, cancelled, again, and without an API."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from typing import Any

import pytest
from tests.core.support import CREATE, Running, config_for, eventually, opened, parents, register

from prefactor_core import (
    ClientAlreadyInitializedError,
    ClientClosedError,
    DeliveryReport,
    InMemoryQueue,
    Operation,
    OperationType,
    PrefactorCoreClient,
    QueueClosedError,
)
from prefactor_http import HttpClientConfig, PrefactorAuthError
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio


async def started(api: LocalApi, **settings: Any) -> Running:
    client, instance = await opened(api, **settings)
    await instance.start()
    await client.flush()
    return client, instance


def delivery_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "prefactor-delivery"}


async def outcome(call: Awaitable[object]) -> object:
    try:
        return await call
    except BaseException as error:
        return type(error)


async def test_a_cancelled_close_goes_on(api: LocalApi) -> None:
    client, instance = await started(api)
    api.inject(Fault(method="POST", path=CREATE, delay=0.2))
    await instance.create_span("step")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.close()
    with pytest.raises(ClientClosedError):
        await instance.create_span("late")
    with pytest.raises(ClientAlreadyInitializedError, match="being closed"):
        await client.initialize()
    report = await client.close()
    assert (report.accepted, report.delivered) == (2, 2)
    assert len(api.spans()) == 1
    await client.initialize()
    await client.close()


async def test_every_close_returns_the_report(api: LocalApi) -> None:
    client, instance = await started(api)
    api.inject(Fault(method="POST", path=CREATE, status=422, delay=0.1))
    for _ in range(2):
        async with instance.span("step"):
            pass
    reports: list[DeliveryReport] = [*await asyncio.gather(client.close(), client.close()), await client.close()]
    assert [(report.delivered, report.failed, report.pending) for report in reports] == [(3, 2, 0)] * 3
    assert [len(report.errors) for report in reports] == [2, 2, 2]


@pytest.mark.slow
async def test_each_close_keeps_its_own_deadline(api: LocalApi) -> None:
    client, instance = await started(api)
    api.inject(Fault(method="POST", path=CREATE, hang=True))
    await instance.create_span("step")
    first = asyncio.create_task(client.close(30))
    await asyncio.sleep(0)
    assert (await client.close(0)).pending == 1
    api.clear_faults()
    assert (await first).complete


async def test_the_second_of_two_initializes_raises(api: LocalApi) -> None:
    before = delivery_threads()
    client = PrefactorCoreClient(config_for(api))
    outcomes = await asyncio.gather(outcome(client.initialize()), outcome(client.initialize()))
    assert list(outcomes) == [None, ClientAlreadyInitializedError]
    assert len(delivery_threads() - before) == 1
    await client.close()
    await eventually(lambda: delivery_threads() <= before)


async def test_close_during_initialize(api: LocalApi) -> None:
    api.inject(Fault(path=".*/ping", delay=0.5))  # perhaps of the second one, when close() comes before the first
    client = PrefactorCoreClient(config_for(api))
    opening = asyncio.create_task(outcome(client.initialize()))
    await eventually(lambda: client._life.session is not None)
    assert (await client.close()).accepted == 0
    assert await opening is ClientClosedError
    assert not client._initialized
    with pytest.raises(ClientClosedError):
        client.span("i", "step")
    async with client:
        assert client._initialized


async def test_close_while_an_instance_is_registered(api: LocalApi) -> None:
    client, _ = await started(api)
    api.inject(Fault(path=".*/register", delay=5))
    registering = asyncio.create_task(outcome(register(client)))
    await asyncio.sleep(0)
    await client.close()
    assert await registering is ClientClosedError


async def test_a_cancelled_registration_is_a_cancellation(api: LocalApi) -> None:
    client, _ = await started(api)
    api.inject(Fault(path=".*/register", delay=5))
    registering = asyncio.create_task(register(client))
    await asyncio.sleep(0)
    registering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await registering
    await client.close()


@pytest.mark.parametrize("timeout", [0.0, 0.2])
async def test_close_releases_a_start_that_waits_for_an_id(api: LocalApi, timeout: float) -> None:
    client, instance = await started(api, queue={"span_ids": "server"})
    api.inject(Fault(method="POST", path=CREATE, delay=60))
    begun = asyncio.Event()

    async def work() -> None:
        async with instance.span("step") as span:
            begun.set()
            await span.start({})

    working = asyncio.create_task(work())
    await begun.wait()
    await asyncio.sleep(0)
    report = await client.close(timeout)
    assert report.dropped == 1
    async with asyncio.timeout(2):  # not request_timeout, which is 5 s
        await working


async def test_a_client_with_a_closed_queue_cannot_be_opened_again(api: LocalApi) -> None:
    queue: InMemoryQueue[Operation] = InMemoryQueue()
    client = PrefactorCoreClient(config_for(api), queue=queue)
    async with client:
        pass
    with pytest.raises(QueueClosedError, match="the queue that the client was given"):
        await client.initialize()


async def test_a_call_when_the_program_has_closed_the_queue(api: LocalApi) -> None:
    queue: InMemoryQueue[Operation] = InMemoryQueue()
    async with PrefactorCoreClient(config_for(api), queue=queue) as client:
        instance = await register(client)
        await queue.close()
        with pytest.raises(QueueClosedError, match="the queue that the client was given") as caught:
            await instance.start()
        assert not isinstance(caught.value, ClientClosedError)


async def test_a_failed_initialize_leaves_the_queue_open(api: LocalApi) -> None:
    queue: InMemoryQueue[Operation] = InMemoryQueue()
    api.inject(Fault(path=".*/ping", status=401))
    client = PrefactorCoreClient(config_for(api), queue=queue)
    with pytest.raises(PrefactorAuthError):
        await client.initialize()
    async with client:
        instance = await register(client)
        await instance.start()
    assert client.stats().delivered == 1


async def test_an_optional_api_that_is_away_at_start(
    api: LocalApi, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prefactor_core._session.registration._MAX_SECONDS", 0.05)
    monkeypatch.setattr("prefactor_core._session.registration._PATIENCE_SECONDS", 0.1)
    api.inject(Fault(path=".*/ping", status=503))
    api.inject(Fault(path=".*/register", delay=60))
    http = HttpClientConfig(api_url=api.url, api_token=api.token, max_retries=5)
    client = PrefactorCoreClient(config_for(api, http_config=http, require_api_at_start=False))
    async with client:
        assert [request.path for request in api.requests] == ["/api/v1/ping"]
        assert "the API is unavailable, the client starts without it" in caplog.text
        instance = await register(client)
        await instance.start()
        await client.flush()
    assert client.stats().delivered == 2


async def test_an_optional_api_that_refuses_the_token(api: LocalApi) -> None:
    api.inject(Fault(path=".*/ping", status=401))
    with pytest.raises(PrefactorAuthError):
        await PrefactorCoreClient(config_for(api, require_api_at_start=False)).initialize()


async def test_a_new_header_entry_is_sent_with_the_next_request(api: LocalApi) -> None:
    client, instance = await started(api)
    for number in range(20):
        client._set_sdk_header_entry(f"prefactor-langchain@{number}")
        await instance.record_quality("q", {})
        await client.flush()
    await client.close()
    assert api.requests[-1].headers["x-prefactor-sdk"].startswith("prefactor-langchain@19 ")


async def test_dropped_spans_stay_dropped_when_the_client_opens_again(api: LocalApi) -> None:
    client, instance = await started(api)
    api.inject(Fault(hang=True, times=None, path=CREATE))
    parent = await client.create_span(instance.id, "parent")
    assert (await client.close(0.1)).dropped == 1
    api.clear_faults()
    await client.initialize()
    await client.create_span(instance.id, "child")
    await client.finish_span(parent)
    report = await client.flush(5)
    assert (report.delivered, report.pending) == (1, 0)
    assert dict(report.failures) == {(OperationType.FINISH_SPAN, "dependency"): 1}
    assert parents(api) == {"child": None}
    await client.close()


async def test_starts_that_need_an_id_of_the_api_do_not_wait_in_an_outage(api: LocalApi) -> None:
    client, instance = await started(api, queue={"span_ids": "server"})
    api.go_away()
    async with asyncio.timeout(20):
        for _ in range(1100):  # more operations than delivery takes in at a time
            async with client.span(instance.id, "step") as span:
                await span.start()
    assert client.stats().pending == 2200
    await client.close(0.1)
