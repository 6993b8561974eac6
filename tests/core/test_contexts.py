"""Delivery takes nothing of the program's contexts."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref

import pytest
from tests.core.support import config_for, record, register

from prefactor_core import DeliveryError, PrefactorCoreClient
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio


class Request:
    """What a web framework keeps in a context variable."""


REQUEST: contextvars.ContextVar[Request] = contextvars.ContextVar("request")


async def test_no_object_of_a_context_stays_alive(api: LocalApi) -> None:
    client = PrefactorCoreClient(config_for(api))
    requests: list[weakref.ref[Request]] = []

    async def handle() -> None:
        request = Request()
        requests.append(weakref.ref(request))
        REQUEST.set(request)
        if len(requests) == 1:
            await client.initialize()
        instance = await register(client)
        await instance.start()
        await record(instance)
        await client.flush()
        await instance.finish()

    for _ in range(2):
        await asyncio.create_task(handle())
    await client.flush()
    gc.collect()
    assert [request() for request in requests] == [None, None]
    await client.close()


async def test_callbacks_run_in_an_empty_context(api: LocalApi) -> None:
    found: list[int] = []

    def on_error(_: DeliveryError) -> None:
        found.append(len(contextvars.copy_context()))

    REQUEST.set(Request())
    api.inject(Fault(path=".*/agent_spans", status=422))
    async with PrefactorCoreClient(config_for(api, on_error=on_error)) as client:
        await record(await register(client))
    assert found
    assert set(found) == {0}
