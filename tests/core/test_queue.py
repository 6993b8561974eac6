"""The queues and workers that the package offers to programs."""

import asyncio
import threading

import pytest

from prefactor_core import InMemoryQueue, QueueClosedError, TaskExecutor

pytestmark = pytest.mark.anyio


async def test_first_in_first_out() -> None:
    queue: InMemoryQueue[int] = InMemoryQueue()
    for number in range(3):
        await queue.put(number)
    assert queue.size() == 3
    assert [await queue.get() for _ in range(3)] == [0, 1, 2]


async def test_get_waits_for_put() -> None:
    queue: InMemoryQueue[str] = InMemoryQueue()
    getters = [asyncio.create_task(queue.get()) for _ in range(2)]
    await asyncio.sleep(0)
    await queue.put("a")
    await queue.put("b")
    assert {await getter for getter in getters} == {"a", "b"}


async def test_a_closed_queue_takes_nothing_and_gives_what_it_has() -> None:
    queue: InMemoryQueue[str] = InMemoryQueue()
    await queue.put("a")
    await queue.close()
    await queue.close()
    assert queue.closed
    with pytest.raises(QueueClosedError):
        await queue.put("b")
    assert await queue.get() == "a"
    with pytest.raises(QueueClosedError):
        await queue.get()


async def test_close_wakes_every_getter() -> None:
    queue: InMemoryQueue[str] = InMemoryQueue()
    getters = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    await queue.close()
    results = await asyncio.gather(*getters, return_exceptions=True)
    assert [type(result) for result in results] == [QueueClosedError] * 3


async def test_a_cancelled_getter_loses_nothing() -> None:
    queue: InMemoryQueue[str] = InMemoryQueue()
    first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait("a")
    first.cancel()
    assert await second == "a"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_items_come_from_other_threads() -> None:
    queue: InMemoryQueue[int] = InMemoryQueue()

    def put() -> None:
        for number in range(500):
            queue.put_nowait(number)

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    got = [await queue.get() for _ in range(2000)]
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted([*range(500)] * 4)


def test_getters_may_be_on_another_loop() -> None:
    queue: InMemoryQueue[str] = InMemoryQueue()
    got: list[str] = []
    thread = threading.Thread(target=lambda: got.append(asyncio.run(queue.get())))
    thread.start()
    asyncio.run(queue.put("a"))
    thread.join(5)
    assert got == ["a"]


async def test_workers_handle_every_item_of_the_queue() -> None:
    queue: InMemoryQueue[int] = InMemoryQueue()
    handled: list[int] = []

    async def handle(item: int) -> None:
        handled.append(item)

    executor = TaskExecutor(queue, handle, num_workers=2)
    executor.start()
    executor.start()
    for number in range(5):
        await queue.put(number)
    await executor.stop()
    assert sorted(handled) == [0, 1, 2, 3, 4]


async def test_an_executor_without_its_optional_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """The documented positions; without `is_retryable`, or with None, every exception is retried."""
    monkeypatch.setattr("prefactor_core.queue.executor._FIRST_RETRY_DELAY", 0)
    for options in ({}, {"is_retryable": None}):
        queue: InMemoryQueue[int] = InMemoryQueue()
        tries: list[int] = []

        async def handle(item: int, tries: list[int] = tries) -> None:
            tries.append(item)
            if len(tries) < 3:
                raise ValueError("no")

        executor = TaskExecutor(queue, handle, 1, 2, **options)
        executor.start()
        await queue.put(7)
        await executor.stop()
        assert tries == [7, 7, 7]


async def test_a_failing_item_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    queue: InMemoryQueue[int] = InMemoryQueue()
    handled: list[int] = []

    async def handle(item: int) -> None:
        if item == 0:
            raise ValueError("no")
        handled.append(item)

    executor = TaskExecutor(queue, handle, 1, 3, is_retryable=lambda error: not isinstance(error, ValueError))
    executor.start()
    await queue.put(0)
    await queue.put(1)
    await executor.stop()
    assert handled == [1]
    assert "an item is dropped, because its handler raised an exception; attempts: 1" in caplog.text
