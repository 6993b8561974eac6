"""Records a span while the clocks stand still, and one afterwards; the argument names the tool."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import freezegun
import time_machine

from support import new_client, record, started

STOPPED: dict[str, Callable[[], Any]] = {
    "freezegun": lambda: freezegun.freeze_time("2001-02-03", real_asyncio=True),
    "freezegun with asyncio": lambda: freezegun.freeze_time("2001-02-03"),
    "time-machine": lambda: time_machine.travel("2001-02-03", tick=False),
}


async def main(tool: str) -> None:
    async with new_client() as client:
        instance = await started(client)
        with STOPPED[tool]():
            await record(instance)
            inside = await client.flush()
        await record(instance)
        after = await client.flush()
        await instance.finish()
    print(inside.delivered, inside.pending, after.delivered, after.pending)


asyncio.run(main(sys.argv[1]))
