"""One client, one event loop at a time."""

import asyncio
import selectors
import threading

import pytest

from prefactor_http import HttpClientConfig, PrefactorClientError, PrefactorHttpClient
from prefactor_http.exceptions import is_permanent_http_error
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


async def in_another_loop(client: PrefactorHttpClient) -> BaseException | None:
    caught: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(client.without_retries().validate_token())
        except PrefactorClientError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    await asyncio.to_thread(thread.join)
    return caught[0] if caught else None


async def test_a_second_loop_gets_an_error_that_says_why(client: PrefactorHttpClient) -> None:
    await client.validate_token()
    error = await in_another_loop(client)
    assert isinstance(error, PrefactorClientError)
    assert "another event loop" in str(error)
    assert is_permanent_http_error(error)
    await client.validate_token()


def test_a_client_outlives_the_loop_of_its_first_use(api: LocalApi, config: HttpClientConfig) -> None:
    client = PrefactorHttpClient(config)

    async def use_and_close() -> None:
        await client.validate_token()
        await client.close()

    asyncio.run(use_and_close())
    asyncio.run(use_and_close())
    assert len(api.requests) == 2


async def test_closing_is_harmless_and_not_final(client: PrefactorHttpClient) -> None:
    await client.close()
    await client.validate_token()
    await client.close()
    await client.close()
    await client.validate_token()


async def test_the_client_without_retries_has_the_same_connections(api: LocalApi, client: PrefactorHttpClient) -> None:
    single = client.without_retries()
    await single.validate_token()
    await client.validate_token()
    await client.close()
    assert len(api.requests) == 2


class CountingSelector(selectors.DefaultSelector):
    """Counts how often the event loop looks for something to do."""

    looks = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.looks += 1
        return super().select(timeout)


def test_the_loop_rests_after_a_request_without_a_body(api: LocalApi, config: HttpClientConfig) -> None:
    selector = CountingSelector()

    async def looks_while_idle() -> int:
        async with PrefactorHttpClient(config) as client:
            await client.validate_token()
            before = selector.looks
            rest = asyncio.Event()
            asyncio.get_running_loop().call_later(0.02, rest.set)
            await rest.wait()
            return selector.looks - before

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        assert runner.run(looks_while_idle()) < 20
