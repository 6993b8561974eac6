"""Retries of direct calls. Delays are recorded; no test waits."""

import random
from dataclasses import replace
from typing import Literal

import pytest

from prefactor_http import (
    AgentInstance,
    HttpClientConfig,
    PrefactorApiError,
    PrefactorAuthError,
    PrefactorConnectionError,
    PrefactorHttpClient,
    PrefactorRetryExhaustedError,
)
from prefactor_http.retry import Backoff, RetryHandler
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

PING = "/api/v1/ping"


async def test_a_request_is_repeated_unchanged(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance, waits: list[float]
) -> None:
    api.inject(Fault(method="POST", path="/api/v1/agent_spans", status=503, times=2))
    span = await client.agent_spans.create(instance.id, "agent:llm", "active", idempotency_key="create-key")

    tries = [request for request in api.requests if request.path == "/api/v1/agent_spans"]
    assert [request.status for request in tries] == [503, 503, 200]
    assert tries[0].body == tries[1].body == tries[2].body
    assert waits == [1.0, 2.0]
    assert [stored["id"] for stored in api.spans()] == [span.id]


async def test_the_last_failure_ends_it(api: LocalApi, client: PrefactorHttpClient, waits: list[float]) -> None:
    api.inject(Fault(path=PING, status=500, times=None))
    with pytest.raises(PrefactorRetryExhaustedError, match="gave up after 4 attempts: Internal Server Error") as caught:
        await client.validate_token()

    assert isinstance(caught.value.last_error, PrefactorApiError)
    assert caught.value.last_error.status_code == 500
    assert waits == [1.0, 2.0, 4.0]
    assert len(api.requests) == 4


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 501])
async def test_other_statuses_are_not_repeated(
    api: LocalApi, client: PrefactorHttpClient, waits: list[float], status: int
) -> None:
    api.inject(Fault(path=PING, status=status, times=None))
    with pytest.raises(PrefactorApiError):
        await client.validate_token()
    assert waits == []
    assert len(api.requests) == 1


async def test_the_statuses_to_repeat_are_configured(
    api: LocalApi, config: HttpClientConfig, client: PrefactorHttpClient
) -> None:
    config.retry_on_status_codes = (409,)
    api.inject(Fault(path=PING, status=409))
    await client.validate_token()
    api.inject(Fault(path=PING, status=503))
    with pytest.raises(PrefactorApiError):
        await client.validate_token()
    assert [request.status for request in api.requests] == [409, 200, 503]


async def test_no_connection_is_repeated(config: HttpClientConfig, api: LocalApi, waits: list[float]) -> None:
    config.request_timeout = 0.05
    api.inject(Fault(path=PING, delay=30, times=None))  # the first request may arrive late, or not at all

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        api.clear_faults()
        config.request_timeout = 30

    retry = RetryHandler(config, sleep=sleep, jitter=lambda: 1.0)
    async with PrefactorHttpClient(config, retry=retry) as client:
        await client.validate_token()
    assert waits == [1.0]


async def test_retry_after_lengthens_the_wait(api: LocalApi, client: PrefactorHttpClient, waits: list[float]) -> None:
    api.inject(Fault(path=PING, status=429, headers={"Retry-After": "3"}))
    api.inject(Fault(path=PING, status=503, headers={"Retry-After": "0.5"}))
    await client.validate_token()
    assert waits == [3.0, 2.0]


async def test_a_retry_after_beyond_the_longest_wait_ends_it(
    api: LocalApi, client: PrefactorHttpClient, waits: list[float]
) -> None:
    api.inject(Fault(path=PING, status=429, headers={"Retry-After": "61"}))
    with pytest.raises(PrefactorRetryExhaustedError, match="after 1 attempt") as caught:
        await client.validate_token()
    assert caught.value.retry_after == 61.0
    assert waits == []


async def test_without_retries_the_error_comes_as_it_is(
    api: LocalApi, config: HttpClientConfig, client: PrefactorHttpClient, waits: list[float]
) -> None:
    api.inject(Fault(path=PING, status=503, times=2))
    with pytest.raises(PrefactorApiError) as caught:
        await client.without_retries().validate_token()
    assert caught.value.status_code == 503
    async with PrefactorHttpClient(config, retry=False) as single:
        with pytest.raises(PrefactorApiError):
            await single.validate_token()
    assert waits == []


async def test_waits_grow_to_the_cap(waits: list[float]) -> None:
    config = HttpClientConfig(
        "http://127.0.0.1",
        "t",
        max_retries=5,
        initial_retry_delay=2.0,
        retry_multiplier=3.0,
        max_retry_delay=10.0,
    )

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def fail() -> None:
        raise PrefactorConnectionError("no answer")

    with pytest.raises(PrefactorRetryExhaustedError):
        await RetryHandler(config, sleep=sleep, jitter=lambda: 0.75).execute(fail, lambda error: True)
    assert waits == [1.5, 4.5, 7.5, 7.5, 7.5]

    waits.clear()
    with pytest.raises(PrefactorRetryExhaustedError):
        await RetryHandler(config, sleep=sleep, jitter=lambda: 1.25).execute(fail, lambda error: True)
    assert waits == [2.5, 7.5, 10.0, 10.0, 10.0]


async def test_the_default_jitter_is_a_quarter_either_way(waits: list[float]) -> None:
    random.seed(7)
    config = HttpClientConfig("http://127.0.0.1", "t", max_retries=50, retry_multiplier=1.0)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def fail(argument: int, *, keyword: int) -> None:
        assert (argument, keyword) == (1, 2)
        raise PrefactorConnectionError("no answer")

    with pytest.raises(PrefactorRetryExhaustedError):
        await RetryHandler(config, sleep=sleep).execute(fail, lambda error: True, 1, keyword=2)
    assert all(0.75 <= wait <= 1.25 for wait in waits)
    assert max(waits) - min(waits) > 0.3


async def test_no_retries_at_all_by_configuration(api: LocalApi, client: PrefactorHttpClient) -> None:
    client.config.max_retries = 0
    api.inject(Fault(path=PING, status=503))
    with pytest.raises(PrefactorRetryExhaustedError, match="after 1 attempt") as caught:
        await client.validate_token()
    assert isinstance(caught.value.last_error, PrefactorApiError)


async def test_a_wrong_token_is_not_repeated(api: LocalApi) -> None:
    async with PrefactorHttpClient(HttpClientConfig(api.url, "wrong")) as client:
        with pytest.raises(PrefactorAuthError):
            await client.agents.list_agents()
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("backoff", "retry", "delay"),
    [
        (Backoff(1.0, 60.0), 0, 1.0),
        (Backoff(1.0, 60.0), 3, 8.0),
        (Backoff(1.0, 60.0), 10**6, 60.0),
        (Backoff(0.0, 60.0), 10**6, 0.0),
        (Backoff(0.5, 60.0, multiplier=3.0), 2, 4.5),
        (Backoff(100.0, 60.0), 0, 60.0),
    ],
)
def test_a_backoff_grows_to_its_longest_delay(backoff: Backoff, retry: int, delay: float) -> None:
    assert replace(backoff, jitter=lambda: 1.0).delay(retry) == delay
    assert 0.75 * delay <= backoff.delay(retry) <= 1.25 * delay


@pytest.mark.parametrize("reset", ["before", "after"])
async def test_a_lost_connection_is_repeated_at_once(
    api: LocalApi,
    client: PrefactorHttpClient,
    instance: AgentInstance,
    waits: list[float],
    reset: Literal["before", "after"],
) -> None:
    api.inject(Fault(path="/api/v1/agent_spans", reset=reset))
    await client.agent_spans.create(instance.id, "agent:llm", "active", idempotency_key="create-key")
    assert waits == [0.0]
    assert len(api.spans()) == 1
    api.inject(Fault(path=PING, reset=reset, times=2))
    await client.validate_token()
    assert waits == [0.0, 0.0, 2.0]
