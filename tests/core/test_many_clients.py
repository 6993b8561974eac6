"""Many clients in one process: what they share, and what happens to those that nobody closes."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable

import pytest
from tests.core.programs import run_program
from tests.core.support import AWAY, CREATE, Run, config_for, eventually, opened, record, register

from prefactor_core import DeliveryError, InMemoryQueue, Operation, PrefactorCoreClient
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio


def threads(name: str = "prefactor-delivery") -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == name}


class OwnQueue(InMemoryQueue[Operation]):
    """A queue of the program's."""


async def test_clients_share_a_thread_and_end_one_by_one(api: LocalApi) -> None:
    before = threads()
    running = [await opened(api) for _ in range(20)]
    assert len(threads() - before) <= 1
    for client, instance in running:
        await record(instance)
        assert (await client.close()).complete
    assert [span["status"] for span in api.spans()] == ["complete"] * 20
    await eventually(lambda: threads() <= before)
    async with PrefactorCoreClient(config_for(api)) as client:
        await record(await register(client))
    assert len(api.spans()) == 21


async def test_a_client_that_is_closed_at_its_deadline_does_not_end_the_others(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        api.inject(AWAY)
        other, other_instance = await opened(api)
        await record(other_instance)
        assert (await other.close(0.01)).dropped == 2
        api.clear_faults()
        await record(instance)
        assert (await client.flush()).complete


@pytest.mark.parametrize("kind", ["on_error", "on_terminate", "queue"])
async def test_code_of_a_program_that_blocks_holds_up_no_other_client(api: LocalApi, run: Run, kind: str) -> None:
    go_on, blocked = threading.Event(), threading.Event()

    def block(*_: object) -> None:
        blocked.set()
        go_on.wait(10)

    class BlockingQueue(OwnQueue):
        async def put(self, item: Operation) -> None:
            block()
            await super().put(item)

    on_error: Callable[[DeliveryError], None] | None = block if kind == "on_error" else None
    queue = BlockingQueue() if kind == "queue" else None
    async with run() as (client, instance), PrefactorCoreClient(config_for(api, on_error=on_error), queue) as blocking:
        blocking.on_terminate(block)
        stuck = await register(blocking)
        if kind == "on_error":
            api.inject(Fault(path=CREATE, status=422, times=1))
        elif kind == "on_terminate":
            await stuck.start()
            await blocking.flush()
            api.terminate(stuck.id, "enough")
        await record(stuck)
        await eventually(blocked.is_set)
        await record(instance)
        assert (await client.flush()).complete
        if kind == "on_terminate":  # nor its own
            assert (await blocking.flush()).complete
        assert not go_on.is_set()
        go_on.set()


async def test_a_client_that_is_garbage_is_drained_and_freed(api: LocalApi) -> None:
    before = threads()

    async def forgotten() -> weakref.ref[PrefactorCoreClient]:
        client, instance = await opened(api)
        client.on_terminate(lambda instance_id, reason: None)
        await instance.start()
        for _ in range(3):
            await record(instance)
        await instance.finish()
        return weakref.ref(client)

    api.inject(AWAY)
    clients = [await asyncio.create_task(forgotten()) for _ in range(3)]
    await asyncio.sleep(0)
    gc.collect()
    assert [client() for client in clients] == [None] * 3
    assert not api.spans()
    api.clear_faults()
    await eventually(lambda: [instance["status"] for instance in api.instances()] == ["complete"] * 3)
    assert len(api.spans()) == 9
    await eventually(lambda: threads() <= before)


async def test_the_instance_of_a_client_that_is_garbage_is_still_registered(api: LocalApi) -> None:
    async def forgotten() -> None:
        client = PrefactorCoreClient(config_for(api, require_api_at_start=False))
        await client.initialize()
        api.inject(Fault(path=".*/register", status=503, times=2))
        instance = await register(client)
        await instance.start()
        await record(instance)
        await instance.finish()

    await asyncio.create_task(forgotten())
    await asyncio.sleep(0)
    gc.collect()
    await eventually(lambda: [instance["status"] for instance in api.instances()] == ["complete"])
    assert [span["status"] for span in api.spans()] == ["complete"]
    assert not api.violations


async def test_a_client_whose_instance_is_in_use_is_not_garbage(api: LocalApi) -> None:
    _, instance = await opened(api)
    gc.collect()
    await record(instance)
    client = instance._client
    assert isinstance(client, PrefactorCoreClient)
    assert (await client.close()).complete


@pytest.mark.slow
def test_too_many_open_files(api: LocalApi) -> None:
    ended = run_program(
        """
import resource
from prefactor_core import PrefactorCoreError

async def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    client = new_client()
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, limit[1]))
    try:
        await client.initialize()
    except PrefactorCoreError as error:
        said = str(error)
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    say(said)
    await client.initialize()
    say((await client.close()).accepted)

asyncio.run(main())
""",
        api,
    )
    assert ended.code == 0, ended.errors
    message, accepted = ended.output.splitlines()
    assert "cannot start its delivery thread" in message
    assert "Too many open files" in message
    assert accepted == "0"
    assert not ended.errors
