"""What the calls that record a span cost the agent, with the embedded API in a process of its own.

`python -m tests.benchmarks.calls` measures each way several times, in turn, and prints the medians: microseconds per
span, of the time that passes and of the processor time of the agent's thread, as ratios to a `with` block without a
spool.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig, QueueConfig, traced
from prefactor_http import HttpClientConfig
from prefactor_spans import AgentLlm, registry

Span = Callable[[AgentInstanceHandle], object]

SERVER = """
from prefactor_local import LocalApi

with LocalApi() as api:
    print(api.url, api.token, flush=True)
    input()
"""
VERSION = {"name": "Benchmark", "external_identifier": "1"}


def block(instance: AgentInstanceHandle) -> None:
    with instance.span(AgentLlm) as span:
        span.start(model="gpt-4", prompt="Hello")
        span.complete(response="Hi")


@traced(AgentLlm, params=lambda prompt: {"model": "gpt-4", "prompt": prompt}, result="response")
def call_llm(prompt: str) -> str:
    return f"{prompt}, too"


def decorated(_: AgentInstanceHandle) -> None:
    call_llm("Hello")


WAYS: dict[str, tuple[Span, dict[str, Any] | None]] = {
    "with": (block, None),
    "@traced": (decorated, None),
    "with, a spool": (block, {}),
    'with, spool_sync="call"': (block, {"spool_sync": "call"}),
}


@contextmanager
def served() -> Iterator[HttpClientConfig]:
    """An embedded API in another process, so that the agent has this one for itself."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        url, token = process.stdout.readline().split()
        try:
            yield HttpClientConfig(api_url=url, api_token=token)
        finally:
            process.communicate("end")


@contextmanager
def running(http: HttpClientConfig, spool: dict[str, Any] | None) -> Iterator[AgentInstanceHandle]:
    """An agent instance of a client, with a spool if it has options."""
    with tempfile.TemporaryDirectory() as folder:
        queue = QueueConfig() if spool is None else QueueConfig(spool=folder, **spool)
        config = PrefactorCoreConfig(http_config=http, queue_config=queue, schema_registry=registry)
        with PrefactorCoreClient(config) as client, client.instance(VERSION, agent_id="a") as instance:
            yield instance


def measured(http: HttpClientConfig, way: str, spans: int, per_second: float) -> tuple[float, float]:
    """Seconds that a span takes: on the clock, and of the processor; without the pauses between the spans."""
    span, spool = WAYS[way]
    with running(http, spool) as instance:
        clock = processor = 0.0
        for _ in range(spans):
            begun, begun_processor = time.perf_counter(), time.thread_time()
            span(instance)
            processor += time.thread_time() - begun_processor
            took = time.perf_counter() - begun
            clock += took
            if per_second:
                time.sleep(max(1 / per_second - took, 0))
    return clock / spans, processor / spans


def compared(http: HttpClientConfig, runs: int, spans: int, per_second: float) -> None:
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    for _ in range(runs):
        for way in WAYS:
            found[way].append(measured(http, way, spans, per_second))
    medians = {
        way: [statistics.median(values) for values in zip(*results, strict=True)] for way, results in found.items()
    }
    base = medians["with"]
    for way, values in medians.items():
        texts = [f"{value * 1e6:7.0f} µs ({value / one:5.2f})" for value, one in zip(values, base, strict=True)]
        print(f"  {way:24} clock {texts[0]}   processor {texts[1]}")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="how often each way is measured")
    runs = arguments.parse_args().runs
    started = time.perf_counter()
    for _ in range(100_000):
        call_llm("Hello")
    # Each call of `call_llm` is recorded where there is an instance; here there is none.
    print(f"@traced without an instance: {(time.perf_counter() - started) * 10:.2f} µs")
    with served() as http:
        for text, spans, per_second in (("in a loop", 1000, 0), ("500 spans a second", 500, 500)):
            print(f"{text}:")
            compared(http, runs, spans, per_second)
    return 0


if __name__ == "__main__":
    sys.exit(main())
