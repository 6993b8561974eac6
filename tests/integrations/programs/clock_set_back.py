"""Records a span in which the clock of the machine is set back by an hour."""

import asyncio
import datetime

import time_machine

from support import new_client, started


async def main() -> None:
    now = datetime.datetime.now(datetime.UTC)
    async with new_client() as client:
        instance = await started(client)
        async with instance.span("agent:llm") as span:
            await span.start({"model": "m", "prompt": "p"})
            with time_machine.travel(now - datetime.timedelta(hours=1)):
                await span.complete({"response": "r"})
                await instance.finish()


asyncio.run(main())
