"""Functions that record, in a pool of threads, in threads of a running event loop, and inside of the loop."""

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from web_agent import RUN, answer, client

from prefactor_core import AgentInstanceHandle
from prefactor_spans import AgentTool


def step(instance: AgentInstanceHandle, name: str) -> None:
    with instance.span(AgentTool) as tool:
        tool.start(name=name, arguments={})
        tool.complete(output="sun")


async def main(pool: ThreadPoolExecutor) -> None:
    loop = asyncio.get_running_loop()
    answer("in the loop")
    await asyncio.gather(*(asyncio.to_thread(answer, f"to_thread {number}") for number in range(4)))
    await asyncio.gather(*(loop.run_in_executor(pool, answer, f"executor {number}") for number in range(4)))
    with client.instance(**RUN) as instance, instance.span(AgentTool) as tool:
        tool.start(name="shared", arguments={})
        await asyncio.gather(*(asyncio.to_thread(step, instance, "of shared") for _ in range(4)))
        for _ in range(4):
            pool.submit(contextvars.copy_context().run, step, instance, "of shared").result()
        tool.complete(output="sun")
    assert client.sync.flush().complete
    assert asyncio.get_running_loop() is loop


with ThreadPoolExecutor(8, thread_name_prefix="prefactor-agent") as pool:
    asyncio.run(main(pool))
    list(pool.map(answer, [f"pool {number}" for number in range(16)]))
    pool.submit(partial(client.sync.flush, 10)).result().raise_for_loss()
assert client.sync.close().complete
