"""Clients that talk to the embedded API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.core.support import Run, Running, config_for, register

from prefactor_core import PrefactorCoreClient
from prefactor_local import LocalApi


@pytest.fixture
def run(api: LocalApi) -> Run:
    """`async with run() as (client, instance)`: a client with an instance that is started."""

    @asynccontextmanager
    async def running(**settings: Any) -> AsyncIterator[Running]:
        async with PrefactorCoreClient(config_for(api, **settings)) as client:
            instance = await register(client)
            await instance.start()
            yield client, instance

    return running
