"""An agent that records spans until it is killed, and notes what it has handed over. Run by `kills.py`.

`python kill_agent.py RUN LEDGER SETTINGS`: the number of the run, a file to note in, and JSON of QueueConfig.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sys
import time

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig, QueueConfig, SchemaRegistry
from prefactor_http import HttpClientConfig


class Ledger:
    """The file in which the agent notes what it has handed over, with the time."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, what: str, number: int) -> None:
        os.write(self._file, f"{what} {number} {time.monotonic()}\n".encode())


async def main(run: int, ledger: Ledger, settings: dict[str, object]) -> None:
    config = PrefactorCoreConfig(
        http_config=HttpClientConfig(),
        queue_config=QueueConfig.model_validate(settings),
        schema_registry=SchemaRegistry(),
        require_api_at_start=False,
    )
    client = PrefactorCoreClient(config)
    await client.initialize()
    instance = await client.create_agent_instance({"name": "Agent"}, agent_id="a")
    await instance.start()
    gc.collect()  # else the first full collection stops all threads, the spool too, for 30 ms or more during the run
    ledger.note("start", run)
    chance = random.Random(run)
    number = 0
    while True:
        number = await _span(instance, run, number, ledger, chance, depth=0)
        await asyncio.sleep(0.001 if chance.random() < 0.2 else 0)


async def _span(
    instance: AgentInstanceHandle, run: int, number: int, ledger: Ledger, chance: random.Random, *, depth: int
) -> int:
    own, number = number, number + 1
    async with instance.span("step") as span:
        await span.start({"run": run, "number": own})
        ledger.note("create", own)
        while depth < 3 and chance.random() < 0.4:
            number = await _span(instance, run, number, ledger, chance, depth=depth + 1)
        span.set_result({"number": own})
    ledger.note("finish", own)
    return number


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Ledger(sys.argv[2]), json.loads(sys.argv[3])))
