"""An agent that records spans at a rate, and prints what that cost its process as one line of JSON.

`python scale_agent.py URL TOKEN SETTINGS`, where SETTINGS is JSON of `scale.Load`. It prints `ready`, and begins when
its standard input has a line. Run by `scale.py`. It reads /proc, which Linux has.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig, QueueConfig
from prefactor_http import HttpClientConfig
from prefactor_spans import AgentLlm, registry

TEXT = "What is the weather in Oslo today, and does it get better tomorrow? " * 2


def record(instance: AgentInstanceHandle, spans: int, per_second: float) -> float:
    """Record the spans, evenly if there is a rate; return how many seconds the last one was late."""
    begun = time.monotonic()
    late = 0.0
    for number in range(spans):
        if per_second:
            late = time.monotonic() - begun - number / per_second
            if late < 0:
                time.sleep(-late)
        with instance.span(AgentLlm) as span:
            span.start(model="gpt-4", prompt=TEXT)
            span.complete(response=TEXT)
    return max(late, 0.0)


def memory(*kinds: str) -> int:
    """Bytes of memory of these kinds: `Rss`, or `Private_Clean` and `Private_Dirty`."""
    gc.collect()
    lines = [line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]]
    return sum(int(number) * 1024 for name, number, *_ in lines if name.rstrip(":") in kinds)


def sockets() -> int:
    """How many sockets are open. A descriptor that another thread closes meanwhile is none."""
    found = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:")
        except FileNotFoundError:
            continue
    return found


def main(url: str, token: str, settings: dict[str, Any]) -> dict[str, float]:
    logging.disable()  # it would tell of the outage
    config = PrefactorCoreConfig(
        http_config=HttpClientConfig(api_url=url, api_token=token),
        queue_config=QueueConfig(bulk=settings["bulk"], close_timeout=settings["close_timeout"]),
        schema_registry=registry,
        require_api_at_start=False,
    )
    with PrefactorCoreClient(config) as client, client.instance({"name": "Scale"}, agent_id="scale") as instance:
        record(instance, 1, 0)  # what the first span costs is not meant
        client.sync.flush()
        print("ready", flush=True)
        sys.stdin.readline()
        before = memory("Rss")
        begun, begun_processor = time.monotonic(), time.process_time()
        late = record(instance, settings["spans"], settings["per_second"])
        recorded = time.monotonic() - begun
        open_sockets = sockets()
        client.sync.flush()
        took = time.monotonic() - begun
        processor = time.process_time() - begun_processor
        after, private = memory("Rss"), memory("Private_Clean", "Private_Dirty")
        threads = len(os.listdir("/proc/self/task"))
        stats = client.stats()
    return {
        "late": late,
        "recorded": recorded,
        "took": took,
        "processor": processor,
        "resident": after,
        "private": private,
        "grown": after - before,
        "threads": threads,
        "sockets": open_sockets,
        "pending": stats.pending,
        "dropped": stats.dropped,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))))
