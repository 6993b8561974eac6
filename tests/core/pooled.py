"""The work of a multiprocessing.Pool: spawned workers import it."""

from __future__ import annotations

import asyncio

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, SchemaRegistry
from prefactor_http import HttpClientConfig

__all__ = ["record_a_run"]

_clients: list[PrefactorCoreClient] = []


def record_a_run(_: int) -> None:
    asyncio.run(_record_a_run())


async def _record_a_run() -> None:
    if not _clients:
        _clients.append(
            PrefactorCoreClient(PrefactorCoreConfig(http_config=HttpClientConfig(), schema_registry=SchemaRegistry()))
        )
        await _clients[0].initialize()
    instance = await _clients[0].create_agent_instance({"name": "Agent"}, agent_id="a")
    await instance.start()
    for _ in range(5):
        async with instance.span("step"):
            pass
    await instance.finish()
