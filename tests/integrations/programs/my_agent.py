"""The agent that the servers run. Files in the working folder tell the test how far it is."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from prefactor_core import DeliveryReport, PrefactorCoreClient, PrefactorCoreConfig, SchemaRegistry, SyncCalls
from prefactor_http import HttpClientConfig


def tell(name: str, text: str = "") -> None:
    Path(name).write_text(text)


def is_told(name: str) -> bool:
    return Path(name).exists()


def tell_closed(report: DeliveryReport) -> DeliveryReport:
    tell(f"closed-{os.getpid()}", str(report.complete))
    return report


class Calls(SyncCalls):
    """Tells that the client was closed."""

    def close(self, timeout: float | None = None) -> DeliveryReport:
        return tell_closed(super().close(timeout))


class Client(PrefactorCoreClient):
    """Tells that it was closed."""

    @property
    def sync(self) -> SyncCalls:
        return Calls(self)

    async def close(self, timeout: float | None = None) -> DeliveryReport:
        return tell_closed(await super().close(timeout))


client = Client(PrefactorCoreConfig(http_config=HttpClientConfig(), schema_registry=SchemaRegistry()))


async def opened() -> Client:
    """The client, opened at its first use in a process."""
    if not client._initialized:
        await client.initialize()
    return client


async def answer(event: object = None) -> str:
    """One run. If the event is "wait", it goes on when the file `go` is there."""
    instance = await (await opened()).create_agent_instance({"name": "Agent"}, agent_id="a")
    await instance.start()
    if event == "wait":
        tell("waiting")
        while not is_told("go"):  # noqa: ASYNC110 - by another process
            await asyncio.sleep(0.01)
    for _ in range(5):
        async with instance.span("step"):
            pass
    await instance.finish()
    return "ok"


def run_agent(event: object) -> str:
    """One run, in a function."""
    with client.instance({"name": "Agent"}, agent_id="a") as instance:
        for _ in range(5):
            with instance.span("step"):
                pass
    return "ok"
