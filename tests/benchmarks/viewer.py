"""What the viewer costs an agent: how long it takes to deliver spans while two tabs show the run, and while none does.

`python -m tests.benchmarks.viewer` measures both several times, in turn, and prints the medians and their ratio. The
agent, the tabs and the server (in memory) are three processes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
from prefactor_http import HttpClientConfig
from prefactor_spans import AgentLlm, registry

SERVER = """
import time

from prefactor_local import LocalApi

with LocalApi(keep_requests=False) as api:
    print(api.url, api.token, api.view_url, flush=True)
    while input() != "end":
        print(time.process_time(), flush=True)
"""
TABS = """
import json, sys, threading
from http.client import HTTPConnection
from urllib.parse import urlsplit

link, end = urlsplit(sys.argv[1]), threading.Event()

def show():
    connection, after = HTTPConnection(link.netloc), 0
    while not end.wait(0.5):
        headers = {"Authorization": "Bearer " + link.fragment.removeprefix("t=")}
        connection.request("GET", f"/ui/api/runs/last/spans?after={after}", headers=headers)
        answer = connection.getresponse()
        page = json.loads(answer.read())
        after = page.get("change", 0)
    connection.close()

tabs = [threading.Thread(target=show) for _ in range(2)]
[tab.start() for tab in tabs]
print("shown", flush=True)
input()
end.set()
"""


@contextmanager
def program(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program, which ends when it reads a line."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.communicate("end\n")


def processor_time(server: subprocess.Popen[str]) -> float:
    assert server.stdin
    assert server.stdout
    server.stdin.write("time\n")
    server.stdin.flush()
    return float(server.stdout.readline())


def deliver(url: str, token: str, spans: int) -> None:
    """A run of a client, whose end waits until all is stored."""
    config = PrefactorCoreConfig(http_config=HttpClientConfig(api_url=url, api_token=token), schema_registry=registry)
    with (
        PrefactorCoreClient(config) as client,
        client.instance({"name": "Benchmark", "external_identifier": "1"}, agent_id="a") as instance,
    ):
        for _ in range(spans):
            with instance.span(AgentLlm) as span:
                span.start(model="gpt-4", prompt="Hello")
                span.complete(response="Hi")


def measured(spans: int, runs: int) -> dict[bool, list[tuple[float, float]]]:
    """Seconds on the clock, and of the server's processor time, without and with tabs."""
    found: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    with program(SERVER) as server:
        assert server.stdout
        url, token, link = server.stdout.readline().split()
        deliver(url, token, spans)
        for number in range(2 * runs):
            with program(TABS, link) if number % 2 else nullcontext() as tabs:
                if tabs is not None and tabs.stdout:
                    tabs.stdout.readline()
                begun = time.perf_counter(), processor_time(server)
                deliver(url, token, spans)
                found[tabs is not None].append((time.perf_counter() - begun[0], processor_time(server) - begun[1]))
    return found


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=7, help="how often each is measured")
    arguments.add_argument("--spans", type=int, default=5000, help="of a run")
    options = arguments.parse_args()
    found = measured(options.spans, options.runs)
    for name, column in (("clock", 0), ("processor time of the server", 1)):
        alone, watched = (statistics.median(values[column] for values in found[shown]) for shown in (False, True))
        print(f"{name}: {alone:.2f} s, with two tabs {watched:.2f} s ({watched / alone - 1:+.1%})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
