"""An agent that records nested spans from several tasks, times every call, and prints what it did as one line of JSON.

`python storm_agent.py URL TOKEN SETTINGS`, where SETTINGS is JSON of `storm.Storm`. Run by `storm.py`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import random
import resource
import sys
import time
from collections.abc import Awaitable
from typing import Any

from prefactor_core import (
    AgentInstanceHandle,
    DeliveryError,
    PrefactorCoreClient,
    PrefactorCoreConfig,
    QueueConfig,
    SchemaRegistry,
)
from prefactor_http import HttpClientConfig


class Agent:
    """The work that was done, and how long each call of the SDK took."""

    def __init__(self, instance: AgentInstanceHandle, settings: dict[str, Any]) -> None:
        self._instance = instance
        self._settings = settings
        self._random = random.Random(settings["seed"])
        self._left = settings["spans"]
        self.spans: list[dict[str, Any]] = []
        self.slowest = 0.0
        self.calls = 0
        self.exceptions: list[str] = []

    async def run(self) -> None:
        await self._timed(self._instance.start())
        await asyncio.gather(*(self._task() for _ in range(self._settings["tasks"])))
        await self._timed(self._instance.record_quality("verdict", {"score": 1}))
        await self._timed(self._instance.finish())

    async def _task(self) -> None:
        while self._left > 0:
            await self._span(0)

    async def _span(self, depth: int) -> None:
        self._left -= 1
        number = len(self.spans)
        done: dict[str, Any] = {"number": number, "status": "complete"}
        self.spans.append(done)
        scope = self._instance.span(f"storm:{depth}")
        span = await self._timed(scope.__aenter__())
        child_first = self._random.random() < 0.05
        if child_first:
            await self._children(depth)
        await self._timed(span.start({"number": number, "text": "x" * self._random.randrange(200)}))
        done["id"] = span.id
        await self._work()
        if not child_first:
            await self._children(depth)
        ending = self._random.random()
        if ending < 0.7:
            await self._timed(span.complete({"number": number}))
        elif ending < 0.8:
            done["status"] = "failed"
            await self._timed(span.fail({"number": number}))
        elif ending < 0.9:
            span.set_result({"number": number})
        await self._timed(scope.__aexit__(None, None, None))

    async def _children(self, depth: int) -> None:
        while depth < 4 and self._left > 0 and self._random.random() < 0.5:
            await self._span(depth + 1)

    async def _work(self) -> None:
        await asyncio.sleep(self._settings["pace"] * self._random.random() * 2)

    async def _timed(self, call: Awaitable[Any]) -> Any:
        began = time.perf_counter()
        try:
            return await call
        except Exception as error:
            self.exceptions.append(repr(error))
            raise
        finally:
            self.calls += 1
            self.slowest = max(self.slowest, time.perf_counter() - began)


async def main(url: str, token: str, settings: dict[str, Any]) -> dict[str, Any]:
    errors: list[str] = []

    def note(error: DeliveryError) -> None:
        errors.append(str(error))

    registry = SchemaRegistry()
    for depth in range(5):
        registry.register_type(f"storm:{depth}", {"type": "object"}, {"type": "object"})
    config = PrefactorCoreConfig(
        http_config=HttpClientConfig(api_url=url, api_token=token, request_timeout=settings["request_timeout"]),
        queue_config=QueueConfig(**settings["queue"]),
        schema_registry=registry,
        on_error=note,
    )
    client = PrefactorCoreClient(config)
    await client.initialize()
    agents, memory = [], []
    for _ in range(settings["rounds"]):
        instance = await client.create_agent_instance({"name": "Storm"}, agent_id="storm")
        agent = Agent(instance, settings)
        await agent.run()
        agents.append(agent)
        if settings["rounds"] > 1:
            await client.flush(math.inf)
            agent.spans.clear()
            gc.collect()
            memory.append([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, len(gc.get_objects())])
    report = await client.close(settings["close_timeout"])
    return {
        "spans": [span for agent in agents for span in agent.spans],
        "calls": sum(agent.calls for agent in agents),
        "slowest_ms": max(agent.slowest for agent in agents) * 1000,
        "exceptions": [error for agent in agents for error in agent.exceptions],
        "errors": errors,
        "memory": memory,
        "accepted": report.accepted,
        "delivered": report.delivered,
        "failed": report.failed,
        "dropped": report.dropped,
        "pending": report.pending,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))))
