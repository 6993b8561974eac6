"""An agent whose API fails at random: errors, resets and an outage, and what arrived at the end.

The agent is a process of its own (`storm_agent.py`), so that the server does not slow it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prefactor_local import Fault, LocalApi

__all__ = ["Outcome", "Storm", "run_storm"]

WRITES = "/api/v1/(agent|bulk).*"
AGENT = Path(__file__).with_name("storm_agent.py")


@dataclass(frozen=True, kw_only=True)
class Storm:
    """The work of the agent, and the faults of the API.

    Attributes:
        spans: how many per agent instance.
        tasks: how many record at a time.
        pace: seconds that the agent works between two calls, on average.
        rounds: how many agent instances, one after the other.
        error_rate: share of requests that are answered 500, 503 or 429.
        reset_rate: share of requests whose connection is reset, half of them after the request was processed.
        outage: seconds for which the server is away, once a third of the spans has arrived.
    """

    seed: int = 0
    spans: int = 500
    tasks: int = 10
    pace: float = 0.02
    rounds: int = 1
    error_rate: float = 0.1
    reset_rate: float = 0.02
    outage: float = 15.0
    request_timeout: float = 10.0
    close_timeout: float = 120.0
    # An operation is lost if it fails this often by chance while others succeed.
    queue: dict[str, Any] = field(default_factory=lambda: {"max_retries": 8})

    def faults(self) -> list[Fault]:
        statuses = [
            Fault(path=WRITES, status=status, rate=self.error_rate / 3, times=None)
            for status in (500, 503, 429)
            if self.error_rate
        ]
        resets = [
            Fault(path=WRITES, reset=when, rate=self.reset_rate / 2, times=None)
            for when in ("before", "after")
            if self.reset_rate
        ]
        return [*statuses, *resets]


@dataclass(frozen=True)
class Outcome:
    """The outcome.

    Attributes:
        lost: spans that did not arrive, or not as the agent recorded them.
        out_of_order: breaches of the life cycle, by name, that the server saw.
        agent: the report of the agent about itself.
        requests: how many the server got.
    """

    lost: list[Any]
    out_of_order: dict[str, int]
    agent: dict[str, Any]
    requests: int

    @property
    def balanced(self) -> bool:
        agent = self.agent
        return bool(agent["accepted"] == agent["delivered"] + agent["failed"] + agent["dropped"] + agent["pending"])

    @property
    def well(self) -> bool:
        """Whether nothing was lost, sent out of order, or raised in the agent's code."""
        return not (self.lost or self.out_of_order or self.agent["exceptions"]) and self.balanced

    def __str__(self) -> str:
        agent = self.agent
        parts = " + ".join(str(agent[part]) for part in ("delivered", "failed", "dropped", "pending"))
        return (
            f"lost {len(self.lost)}, out of order {sum(self.out_of_order.values())}, "
            f"exceptions {len(agent['exceptions'])}, slowest call {agent['slowest_ms']:.1f} ms of {agent['calls']}, "
            f"ledger {'balanced' if self.balanced else 'NOT balanced'} "
            f"({agent['accepted']} = {parts}), "
            f"{self.requests} requests"
        )


async def run_storm(storm: Storm) -> Outcome:
    """Run the agent against an embedded API with these faults."""
    with LocalApi(faults=storm.faults(), seed=storm.seed) as api:
        settings = {name: getattr(storm, name) for name in storm.__dataclass_fields__}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(AGENT), api.url, api.token, json.dumps(settings)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        outage = asyncio.create_task(_outage(api, storm))
        output, errors = await process.communicate()
        outage.cancel()
        if process.returncode:
            raise RuntimeError(f"the agent failed:\n{errors.decode()}")
        report = json.loads(output)
        return Outcome(_lost(api, report, storm), dict(api.violations), report, len(api.requests))


async def _outage(api: LocalApi, storm: Storm) -> None:
    if not storm.outage:
        return
    while sum(api.report()["spans"].values()) < storm.spans // 3:  # noqa: ASYNC110 - the server is another thread
        await asyncio.sleep(0.01)
    with api.away():
        await asyncio.sleep(storm.outage)


def _lost(api: LocalApi, report: dict[str, Any], storm: Storm) -> list[Any]:
    arrived = {span["id"]: span for span in api.spans()}
    missing = [span for span in report["spans"] if not _is_as_reported(arrived.get(span["id"]), span)]
    too_few = storm.spans * storm.rounds - len(arrived)
    unfinished = [instance for instance in api.instances() if instance["status"] != "complete"]
    open_spans = [span for span in arrived.values() if span["finished_at"] is None]
    return [*missing, *range(too_few), *unfinished, *open_spans]


def _is_as_reported(arrived: dict[str, Any] | None, span: dict[str, Any]) -> bool:
    return (
        arrived is not None and arrived["status"] == span["status"] and arrived["payload"]["number"] == span["number"]
    )
