"""Many operations at once: they share requests, in causal order, and nothing is lost when that does not work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.core.support import CREATE, Run, Running, bodies, record

from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

BULK = ".*/bulk"
SPANS = 60


@pytest.fixture
def backlog(api: LocalApi, run: Run) -> Any:
    """A client that cannot send until many operations wait."""

    @asynccontextmanager
    async def waiting(**settings: Any) -> AsyncIterator[Running]:
        async with run(**settings) as (client, instance):
            await record(instance, "first")
            await client.flush()
            api.inject(Fault(path=f"{CREATE}.*", status=503, times=3))  # an outage, until the first probe
            await record_many(instance)
            yield client, instance
            await instance.finish()

    return waiting


async def record_many(instance: Any) -> None:
    for number in range(SPANS // 3):
        async with instance.span(f"outer{number}") as outer:
            await outer.start({})
            await asyncio.gather(record(instance, f"inner{number}"), record(instance, f"other{number}"))


def requests(api: LocalApi, path_end: str) -> int:
    return sum(request.path.endswith(path_end) for request in api.requests)


def check_all_arrived(api: LocalApi, client: Any) -> None:
    """Check that everything arrived, once and in order."""
    spans = api.spans()
    assert len(spans) == SPANS + 1
    assert {span["status"] for span in spans} == {"complete"}
    ids = {span["schema_name"]: span["id"] for span in spans}
    for span in spans:
        number = span["schema_name"].removeprefix("inner").removeprefix("other")
        expected = ids[f"outer{number}"] if number.isdigit() else None
        assert span["parent_span_id"] == expected
    assert not api.violations
    assert api.instances()[0]["status"] == "complete"
    stats = client.stats()
    assert stats.delivered == stats.accepted == 2 * (SPANS + 1) + 2


async def test_a_backlog_shares_requests_in_causal_order(api: LocalApi, backlog: Any) -> None:
    async with backlog() as (client, _):
        pass
    check_all_arrived(api, client)
    sizes = [len(body["items"]) for body in bodies(api, "/bulk")]
    assert sum(sizes) > SPANS
    assert max(sizes) > 10
    first = bodies(api, "/bulk")[0]["items"]
    assert {item["_type"] for item in first} <= {"agent_spans/create", "agent_spans/finish"}


async def test_bulk_can_be_switched_off(api: LocalApi, backlog: Any) -> None:
    async with backlog(queue={"bulk": "never"}) as (client, _):
        pass
    check_all_arrived(api, client)
    assert requests(api, "/bulk") == 0


GARBLED = [
    {"body": {"status": "success", "details": {"items": [{"status": 200, "body": {}}]}}},
    {"body": {"status": "success", "outputs": {}}},
    {"body": {"status": "success", "outputs": {"unknown": {"status": "success"}}}},
    {"body": {"status": "success", "outputs": []}},
    {"body": "<html>"},
]


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_missing_bulk_endpoint(
    api: LocalApi, backlog: Any, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.INFO, "prefactor_core")
    api.inject(Fault(path=BULK, times=None, status=status))
    async with backlog() as (client, _):
        pass
    check_all_arrived(api, client)
    assert len([text for text in caplog.messages if "bulk" in text]) == 1
    assert requests(api, "/bulk") <= 3  # one for each worker


@pytest.mark.parametrize("answer", GARBLED)
async def test_one_garbled_answer_does_not_end_bulk_requests(
    api: LocalApi, backlog: Any, caplog: pytest.LogCaptureFixture, answer: dict[str, Any]
) -> None:
    caplog.set_level(logging.INFO, "prefactor_core")
    api.inject(Fault(path=BULK, times=1, status=200, **answer))
    async with backlog(queue={"num_workers": 1}) as (client, instance):
        await client.flush()
        before = requests(api, "/bulk")
        await record_many(instance)
        await client.flush()
    assert requests(api, "/bulk") > before
    assert client.stats().delivered == client.stats().accepted
    assert not [text for text in caplog.messages if "bulk endpoint" in text]
    assert not api.violations


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_bulk_request_that_fails_for_a_while(api: LocalApi, backlog: Any, status: int) -> None:
    api.inject(Fault(path=BULK, status=status, times=2))
    async with backlog() as (client, _):
        pass
    check_all_arrived(api, client)
    assert requests(api, "/bulk") > 2


@pytest.mark.parametrize("status", [400, 403, 422])
async def test_bulk_is_used_again_after_one_refused_request(api: LocalApi, backlog: Any, status: int) -> None:
    api.inject(Fault(path=BULK, status=status, times=1))
    async with backlog(queue={"num_workers": 1}) as (client, instance):
        await client.flush()
        await record_many(instance)
        await client.flush()
    assert requests(api, "/bulk") > 1
    assert client.stats().delivered == client.stats().accepted
    assert not api.violations


@pytest.mark.slow
async def test_bulk_is_not_used_for_a_while_after_three_refused_requests(
    api: LocalApi, backlog: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "prefactor_core")
    api.inject(Fault(path=BULK, status=422, times=None))
    async with backlog(queue={"num_workers": 1}) as (client, instance):
        await client.flush()
        for _ in range(4):
            await record_many(instance)
            await client.flush()
    assert client.stats().delivered == client.stats().accepted
    assert requests(api, "/bulk") == 3
    assert len([text for text in caplog.messages if "bulk" in text]) == 1


async def test_requests_grow_again_after_failures(api: LocalApi, backlog: Any) -> None:
    api.inject(Fault(path=BULK, status=503, times=6))  # 60 operations, 30, 15, 7, 3, 1
    async with backlog(queue={"num_workers": 1, "max_retries": 8}) as (client, instance):
        await client.flush()
        for _ in range(2):
            await record_many(instance)
            await client.flush()
    sizes = [len(body["items"]) for body in bodies(api, "/bulk")]
    assert max(sizes[6:]) > 10
    assert client.stats().delivered == client.stats().accepted
    assert not api.violations


async def test_a_request_that_is_too_large_is_followed_by_smaller_ones(api: LocalApi, backlog: Any) -> None:
    api.inject(Fault(path=BULK, status=413, times=1))
    async with backlog(queue={"num_workers": 1}) as (client, instance):
        await client.flush()
        for _ in range(3):
            await record_many(instance)
            await client.flush()
    refused, *taken = [len(body["items"]) for body in bodies(api, "/bulk")]
    assert taken
    assert max(taken) <= refused // 2
    assert client.stats().delivered == client.stats().accepted
    assert not api.violations


async def test_an_endpoint_that_always_fails_does_not_stop_delivery(api: LocalApi, backlog: Any) -> None:
    api.inject(Fault(path=BULK, status=500, times=None))
    async with backlog() as (client, _):
        pass
    check_all_arrived(api, client)


async def test_a_refused_item_fails_and_the_others_do_not(api: LocalApi, run: Run) -> None:
    errors: list[Any] = []
    async with run(on_error=errors.append) as (client, instance):
        await record(instance, "first")
        await client.flush()
        api.inject(Fault(path=f"{CREATE}.*", status=503, times=3))
        for number in range(30):
            await record(instance, f"s{number}")
        await instance.create_span("child of nothing", parent_span_id="no PFID")
        for number in range(30, 60):
            await record(instance, f"s{number}")
        await instance.finish()
    assert requests(api, "/bulk") > 0
    assert [error.operation.span.schema_name for error in errors] == ["child of nothing"]
    assert [error.reason for error in errors] == ["http_422"]
    assert len(api.spans()) == 61
    assert not api.violations


async def test_ids_of_the_api_share_requests_too(api: LocalApi, run: Run) -> None:
    async with run(queue={"span_ids": "server", "num_workers": 1}) as (client, instance):
        await client.flush()
        tasks = [asyncio.create_task(record(instance, f"s{number}")) for number in range(60)]
        await asyncio.gather(*tasks)
        await instance.finish()
    assert len(api.spans()) == 60
    assert {span["status"] for span in api.spans()} == {"complete"}
    assert requests(api, "/bulk") > 0
    assert not api.violations


async def test_cancelled_spans_behind_a_refused_one_are_cancelled(api: LocalApi, run: Run) -> None:
    """An operation behind a refused one in a request has not been tried: its own refusal is the first one."""
    async with run() as (client, instance):
        await record(instance, "first")
        await client.flush()
        api.inject(Fault(path=f"{CREATE}.*", status=503, times=3))
        await instance.create_span("refused", parent_span_id="no PFID")
        for number in range(30):
            async with instance.span(f"s{number}") as span:
                await span.start({})
                await span.cancel()
    assert {span["status"] for span in api.spans() if span["schema_name"] != "first"} == {"cancelled"}
