"""What is measured in the process of an agent. Each measure returns numbers by name."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
import urllib.request
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

from tests.benchmarks.speed.agents.agent import Agent

__all__ = ["MEASURES", "percentile"]

Figures = dict[str, float]
WARM_UP = 50
LAST_MARK = 1_000_000  # the numbers of the spans of the warm-up


def percentile(values: list[float], share: float) -> float:
    """The value below which a share of the values is."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def sink(agent: Agent, what: str, value: object = None) -> Any:
    """Set up the sink, or ask it."""
    request = urllib.request.Request(f"{agent.url}/_sink/{what}", json.dumps(value).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


async def started(agent: Agent) -> None:
    """Open the agent, and record spans until nothing is new to the SDK any more."""
    await agent.open()
    for number in range(LAST_MARK, LAST_MARK + WARM_UP):
        await agent.end(await agent.begin(number), number)
    await agent.settle()


def paced(count: int, per_second: float) -> Iterator[tuple[int, float]]:
    """Numbers, each with the seconds that are left until its turn."""
    began = time.perf_counter()
    for number in range(count):
        yield number, began + number / per_second - time.perf_counter()


async def calls(agent: Agent, spans: int, pause: float) -> Figures:
    """Microseconds of the calls of a span, without the pause between its halves; and of the thread's processor time."""
    await started(agent)
    times: list[float] = []
    processor = time.thread_time()
    for number in range(spans):
        began = time.perf_counter()
        span = await agent.begin(number)
        took = time.perf_counter() - began
        if pause:
            await agent.sleep(pause)
        began = time.perf_counter()
        await agent.end(span, number)
        times.append((took + time.perf_counter() - began) * 1e6)
        if pause:
            await agent.sleep(pause)
    thread = (time.thread_time() - processor) / spans * 1e6
    await agent.drain()
    return {"p50": statistics.median(times), "p99": percentile(times, 0.99), "thread": thread}


async def processor(agent: Agent, spans: int, per_second: float) -> Figures:
    """Microseconds of processor time of the process per span at a rate, beyond the same loop without spans."""

    async def loop(body: Callable[[int], Awaitable[None]], count: int) -> float:
        began = time.process_time()
        for number, left in paced(count, per_second):
            if left > 0:
                await agent.sleep(left)
            await body(number)
        return time.process_time() - began

    async def nothing(number: int) -> None:
        pass

    async def span(number: int) -> None:
        await agent.end(await agent.begin(number), number)

    turns = min(spans, int(per_second))  # a second
    idle = await loop(nothing, turns) / turns
    await started(agent)
    began, requests = time.perf_counter(), sink(agent, "count")["requests"]
    used = await loop(span, spans)
    took = time.perf_counter() - began
    before = time.process_time()
    await agent.drain()
    used += time.process_time() - before
    requests = sink(agent, "count")["requests"] - requests
    return {
        "us": (used / spans - idle) * 1e6,
        "idle": idle * 1e6,
        "rate": spans / took,
        "requests": requests / spans,
    }


async def backlog(agent: Agent, spans: int) -> Figures:
    """Microseconds of processor time of the process per span, if the API does not answer until all are recorded."""
    await started(agent)
    sink(agent, "paused", True)
    began = time.process_time()
    for number in range(spans):
        await agent.end(await agent.begin(number), number)
    recorded = time.process_time()
    sink(agent, "paused", False)
    await agent.drain()
    ended = time.process_time()
    return {"us": (ended - began) / spans * 1e6, "drain": (ended - recorded) / spans * 1e6}


async def lag(agent: Agent, spans: int, delay: float) -> Figures:
    """Milliseconds that a ticker of the event loop is late, while spans are emitted and delivered, and while idle."""

    async def ticker(late: list[float]) -> None:
        while True:
            planned = time.perf_counter() + 0.001
            await asyncio.sleep(0.001)
            late.append((time.perf_counter() - planned) * 1e3)

    async def beside(work: Awaitable[None]) -> float:
        late: list[float] = []
        task = asyncio.ensure_future(ticker(late))
        await work
        task.cancel()
        return percentile(late, 0.99)

    async def emit() -> None:
        for number in range(spans):
            await agent.end(await agent.begin(number), number)
            await asyncio.sleep(0)
        await agent.drain()

    await started(agent)
    sink(agent, "delay", delay)
    return {"idle": await beside(asyncio.sleep(spans / 2000)), "lag": await beside(emit())}


async def throughput(agent: Agent, spans: int, delay: float) -> Figures:
    """Spans a second, from the first call until the last one has arrived."""
    await started(agent)
    sink(agent, "delay", delay)
    began = time.perf_counter()
    for number in range(spans):
        await agent.end(await agent.begin(number), number)
    await agent.drain()
    return {"rate": spans / (time.perf_counter() - began)}


async def latency(agent: Agent, spans: int, per_second: float) -> Figures:
    """Milliseconds from the call that starts or finishes a span until its arrival."""
    await started(agent)
    called = {}
    for number, left in paced(spans, per_second):
        if left > 0:
            await agent.sleep(left)
        called[f"s{number}"] = time.monotonic()
        span = await agent.begin(number)
        called[f"f{number}"] = time.monotonic()
        await agent.end(span, number)
    await agent.drain()
    arrived = sink(agent, "seen")["arrivals"]
    took = [(arrived[mark] - at) * 1e3 for mark, at in called.items()]
    return {"p50": statistics.median(took), "p99": percentile(took, 0.99)}


MEASURES: dict[str, Callable[..., Coroutine[Any, Any, Figures]]] = {
    function.__name__: function for function in (calls, processor, backlog, lag, throughput, latency)
}
