"""What one process sustains, what an outage costs it, and how many processes one server carries.

`python -m tests.benchmarks.scale` prints tables in Markdown. Every client is a process of its own, and so is the
server: `sink` answers as the API does and does nothing else, `embedded` is `prefactor-local serve`. It reads /proc,
which Linux has. For fewer or smaller runs: `--clients 50 --seconds 5 --rate 10 --parts fleet --server embedded`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import httpx
from tests.support.processes import serve

__all__ = ["Fleet", "Load", "Report", "run_fleet"]

_AGENT = Path(__file__).with_name("scale_agent.py")
_OUTAGE_RATES = (10, 100, 1_000)
_AGENTS_ON_PAPER = 10_000

Report = dict[str, float]
"""What a client says about itself, see `scale_agent.main`."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """The work of one client.

    Attributes:
        spans: how many it records.
        per_second: at which rate; 0 for as fast as it can.
        bulk: of QueueConfig.
        close_timeout: seconds for `flush()` and `close()`, each.
    """

    spans: int
    per_second: float = 0
    bulk: Literal["auto", "never"] = "auto"
    close_timeout: float = 60


@dataclass(frozen=True)
class Server:
    """A server in a process of its own."""

    url: str
    token: str
    process: subprocess.Popen[str]
    counts_at: str

    def requests(self) -> int:
        """How many have arrived."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.get(f"{self.url}{self.counts_at}", headers=headers, timeout=60, trust_env=False)
        counts = answer.json()
        return int(counts.get("details", counts)["requests"])

    def processor(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Fleet:
    """What clients that ran at the same time did, and what the server saw of it.

    Attributes:
        clients: what each said about itself.
        requests: how many arrived while they recorded and flushed.
        server_processor: seconds of processor time that the server used meanwhile.
        took: seconds from the first span until everything was delivered.
    """

    clients: list[Report]
    requests: int
    server_processor: float
    took: float

    def median(self, name: str) -> float:
        return statistics.median(client[name] for client in self.clients)

    def total(self, name: str) -> float:
        return sum(client[name] for client in self.clients)


@contextmanager
def served(kind: str) -> Iterator[Server]:
    if kind == "embedded":
        with serve() as server:
            yield Server(server.url, server.token, server.process, "/_local/report")
        return
    command = [sys.executable, "-m", "tests.benchmarks.speed.sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}", "token", process, "/_sink/count")
        finally:
            process.communicate("end")


@contextmanager
def client(server: Server, load: Load) -> Iterator[subprocess.Popen[str]]:
    """A client that waits for the word to begin."""
    command = [sys.executable, str(_AGENT), server.url, server.token, json.dumps(asdict(load))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a client ended with {process.wait()}")
    return line


def run_fleet(server: Server, clients: int, load: Load, *, without_server: bool = False) -> Fleet:
    """Run clients with the same load; all begin at the same time. `without_server` ends the server before that."""
    with ExitStack() as stack:
        processes = [stack.enter_context(client(server, load)) for _ in range(clients)]
        for process in processes:
            said(process)
        before = (0, 0.0) if without_server else (server.requests(), server.processor())
        if without_server:
            server.process.terminate()
            server.process.wait()
        begun = time.monotonic()
        for process in processes:
            assert process.stdin
            print(file=process.stdin, flush=True)
        reports: list[Report] = [json.loads(said(process)) for process in processes]
        took = time.monotonic() - begun
        after = (0, 0.0) if without_server else (server.requests(), server.processor())
    ends = clients  # each finishes its instance, too
    return Fleet(reports, after[0] - before[0] - ends, after[1] - before[1], took)


def table(*rows: tuple[str, ...]) -> None:
    head, *others = rows
    print("|".join(("", *(f" {cell} " for cell in head), "")))
    print("|".join(("", *("---" for _ in head), "")))
    for row in others:
        print("|".join(("", *(f" {cell} " for cell in row), "")))
    print(flush=True)


def one_process(options: argparse.Namespace) -> None:
    """What one client sustains, with as many spans as `--seconds` have milliseconds."""
    print("One process, as fast as it can:\n")
    spans = int(options.seconds * 1_000)
    rows = [("bulk", "recorded", "delivered", "CPU per span", "requests per span", "CPU of the server per span")]
    for bulk in options.bulk:
        with served(options.server) as server:
            fleet = run_fleet(server, 1, Load(spans=spans, bulk=bulk))
        rows.append(
            (
                bulk,
                f"{spans / fleet.median('recorded'):,.0f} spans/s",
                f"{spans / fleet.median('took'):,.0f} spans/s",
                f"{fleet.median('processor') / spans * 1e6:,.0f} µs",
                f"{fleet.requests / spans:.2f}",
                f"{fleet.server_processor / spans * 1e6:,.0f} µs",
            )
        )
    table(*rows)


def outage(options: argparse.Namespace) -> None:
    """What an outage costs a client. Its spans are recorded at once, because nothing goes out meanwhile."""
    print(f"One process, after {options.outage:g} s without the API:\n")
    rows = [("spans/s", "operations that wait", "memory, more", "per operation", "dropped operations")]
    for rate in _OUTAGE_RATES:
        with served("embedded") as server:
            load = Load(spans=int(rate * options.outage), close_timeout=0)
            fleet = run_fleet(server, 1, load, without_server=True)
        waiting, grown = fleet.median("pending"), fleet.median("grown")
        sizes = (f"{grown / 1e6:,.1f} MB", f"{grown / waiting:,.0f} bytes")
        rows.append((f"{rate:,}", f"{waiting:,.0f}", *sizes, f"{fleet.median('dropped'):,.0f}"))
    table(*rows)


def fleet_of_clients(options: argparse.Namespace) -> None:
    """`--clients` processes at `--rate`, and how many requests ten thousand such agents would send."""
    for bulk in options.bulk:
        load = Load(spans=max(int(options.seconds * options.rate), 1), per_second=options.rate, bulk=bulk)
        with served(options.server) as server:
            fleet = run_fleet(server, options.clients, load)
        describe(fleet, load, options)


def describe(fleet: Fleet, load: Load, options: argparse.Namespace) -> None:
    spans = load.spans * options.clients
    recorded = fleet.median("recorded")
    per_client = fleet.requests / options.clients / load.spans * load.per_second
    print(f'{options.clients} clients at {load.per_second:g} spans/s, bulk="{load.bulk}", server: {options.server}\n')
    table(
        ("what", "measured"),
        ("recorded", f"{spans / recorded:,.0f} spans/s of {options.clients * load.per_second:,.0f}"),
        ("the last span was late by", f"{fleet.median('late') * 1000:,.0f} ms"),
        ("delivered", f"{spans / fleet.took:,.0f} spans/s, {fleet.total('dropped'):,.0f} operations dropped"),
        ("requests", f"{fleet.requests / fleet.took:,.0f} a second, {fleet.requests / spans:.2f} a span"),
        ("CPU of a client", f"{fleet.median('processor') / load.spans * 1e6:,.0f} µs a span"),
        ("CPU of the server", f"{fleet.server_processor / fleet.took:.0%} of a core"),
        (
            "memory of a client",
            f"{megabytes(fleet, 'resident')}, of which it shares none of {megabytes(fleet, 'private')}",
        ),
        ("threads, sockets of a client", f"{fleet.median('threads'):g}, {fleet.median('sockets'):g}"),
    )
    print(f"On paper, {_AGENTS_ON_PAPER:,} such agents: {per_client * _AGENTS_ON_PAPER:,.0f} requests/s\n", flush=True)


def megabytes(fleet: Fleet, name: str) -> str:
    return f"{fleet.median(name) / 1e6:,.0f} MB"


PARTS = {"one": one_process, "outage": outage, "fleet": fleet_of_clients}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200, help="processes at the same time")
    parser.add_argument("--seconds", type=float, default=10, help="for which each records")
    parser.add_argument("--rate", type=float, default=10, help="spans a second of each")
    parser.add_argument("--outage", type=float, default=60, help="seconds without the API")
    parser.add_argument(
        "--bulk", nargs="+", choices=["auto", "never"], default=["auto", "never"], help="of QueueConfig"
    )
    parser.add_argument("--server", choices=["sink", "embedded"], default="sink")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    options = parser.parse_args(arguments)
    for part in options.parts:
        PARTS[part](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
