"""Tests of a user, which mock the requests of the agent: pytest runs them."""

import asyncio

import httpx
import pytest
import respx
from pytest_httpx import HTTPXMock

from support import new_client, record, started

URL = "https://weather.test/"


async def agent() -> int:
    async with new_client() as client:
        instance = await started(client)
        async with httpx.AsyncClient() as own:
            text = (await own.get(URL)).text
        assert text == "rain"
        await record(instance)
        await instance.finish()
        report = await client.flush()
    report.raise_for_loss()
    return report.delivered


def test_respx() -> None:
    with respx.mock:
        respx.get(URL).respond(text="rain")
        assert asyncio.run(agent()) == 4


@pytest.mark.respx(using="httpx")
def test_respx_of_clients(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(URL).respond(text="rain")
    assert asyncio.run(agent()) == 4


def test_pytest_httpx(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=URL, text="rain")
    assert asyncio.run(agent()) == 4
