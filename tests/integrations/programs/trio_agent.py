"""An agent on trio: spans are recorded in its tasks, and what waits is called in a thread of trio."""

import trio
import trio.lowlevel
import trio.testing
from web_agent import RUN, client

from prefactor_core import AgentInstanceHandle
from prefactor_spans import AgentTool


async def step(instance: AgentInstanceHandle, name: str) -> None:
    with instance.span(AgentTool) as tool:
        tool.start(name=name, arguments={})
        await trio.lowlevel.checkpoint()
        tool.complete(output="sun")


async def hang(instance: AgentInstanceHandle) -> None:
    with instance.span(AgentTool) as tool:
        tool.start(name="hang", arguments={})
        await trio.sleep_forever()


async def step_after(event: trio.Event, instance: AgentInstanceHandle, name: str) -> None:
    await event.wait()
    await step(instance, name)


async def main() -> None:
    instance = await trio.to_thread.run_sync(lambda: client.sync.create_agent_instance(**RUN))
    with instance:
        with instance.span(AgentTool) as tool:
            await tool.start(name="outer", arguments={})
            async with trio.open_nursery() as nursery:
                nursery.start_soon(step, instance, "inner")
                nursery.start_soon(step, instance, "inner")
            await tool.complete(output="sun")
        with trio.CancelScope() as scope, instance.span(AgentTool) as tool:
            tool.start(name="cancelled", arguments={})
            async with trio.open_nursery() as nursery:
                nursery.start_soon(hang, instance)
                nursery.start_soon(hang, instance)
                await trio.testing.wait_all_tasks_blocked()
                scope.cancel()
        async with trio.open_nursery() as nursery:
            over = trio.Event()
            with instance.span(AgentTool) as tool:
                tool.start(name="over", arguments={})
                nursery.start_soon(step_after, over, instance, "later")
                tool.complete(output="sun")
            over.set()
    assert (await trio.to_thread.run_sync(client.sync.close)).complete


trio.run(main)
