"""What the start of a program costs: `python -m tests.benchmarks.speed.startup MEASURE URL OPTIONS` prints JSON.

Nothing is imported here that the measured code would import otherwise. All times are processor time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Figures = dict[str, float]


def milliseconds(work: Callable[[], object]) -> float:
    """Processor time of this thread."""
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1e3


def libraries() -> None:
    import httpx  # noqa: F401, PLC0415
    import pydantic  # noqa: F401, PLC0415


def client() -> None:
    import prefactor_core  # noqa: F401, PLC0415


def import_libraries(url: str) -> Figures:
    return {"ms": milliseconds(libraries)}


def import_client(url: str) -> Figures:
    return {"ms": milliseconds(client)}


def first_span(url: str) -> Figures:
    """Import a package of many types beyond pydantic and httpx, start an instance with all of them, record a span."""
    libraries()
    found = {}

    def imported() -> None:
        from bench_spans import TeamTool7  # type: ignore[import-not-found]  # noqa: PLC0415

        found["type"] = TeamTool7

    def opened() -> None:
        from bench_spans import registry  # noqa: PLC0415

        from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig  # noqa: PLC0415
        from prefactor_http import HttpClientConfig  # noqa: PLC0415

        http = HttpClientConfig(api_url=url, api_token="token")
        client = PrefactorCoreClient(PrefactorCoreConfig(http_config=http, schema_registry=registry))
        client.sync.initialize()
        found["instance"] = client.sync.create_agent_instance(agent_id="agent", agent_version={"name": "Benchmark"})
        found["instance"].start()

    def recorded() -> None:
        with found["instance"].span(found["type"]) as span:
            span.start(model="large", message={"role": "user", "content": "hello"})
            span.complete(answer="yes")

    importing, opening, recording = milliseconds(imported), milliseconds(opened), milliseconds(recorded)
    return {"ms": importing + recording, "import": importing, "open": opening}


def registry() -> Any:
    from bench_spans import registry  # noqa: PLC0415

    return registry


def registry_time(url: str) -> Figures:
    client()
    took = milliseconds(registry)
    return {"ms": took, "version": milliseconds(lambda: registry().to_agent_schema_version("1"))}


def registry_memory(url: str) -> Figures:
    import tracemalloc  # noqa: PLC0415

    client()
    tracemalloc.start()
    kept = registry()
    megabytes = tracemalloc.get_traced_memory()[0] / 1e6
    del kept
    return {"mb": megabytes}


MEASURES = {
    function.__name__: function
    for function in (import_libraries, import_client, first_span, registry_time, registry_memory)
}

if __name__ == "__main__":
    figures = MEASURES[sys.argv[1]](sys.argv[2])
    import json
    import os

    print(json.dumps(figures), flush=True)
    os._exit(0)
