"""Kills agents at random moments under load, and compares what they had handed over with what the API has.

`python -m tests.benchmarks.kills [KILLS]` prints what it measured, and exits with 1 if something was lost or doubled.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.waiting import wait_until

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, QueueConfig
from prefactor_http import HttpClientConfig
from prefactor_local import LocalApi

__all__ = ["Kills", "kill_agents"]

WINDOW = 0.020
_AGENT = Path(__file__).with_name("kill_agent.py")


@dataclass
class Kills:
    """What became of the operations of agents that were killed.

    Attributes:
        handed_over: how many operations were handed over in time.
        lost: those of them that the API does not have.
        lost_in_window: how many of those the API does not have.
        in_window: how many operations were handed over later.
        doubled: spans that the API has twice.
        orphans: spans that arrived without their parent, or before it.
        open: runs and spans that are not finished.
    """

    handed_over: int = 0
    lost: list[str] = field(default_factory=list)
    in_window: int = 0
    lost_in_window: int = 0
    doubled: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def all_is_well(self) -> bool:
        """Each operation that was handed over in time arrived once, after what it needs, and nothing stays open."""
        return self.handed_over > 0 and not (self.lost or self.doubled or self.orphans or self.open)


def kill_agents(kills: int, folder: Path, *, seed: int = 0, window: float = WINDOW, **settings: Any) -> Kills:
    """Kill agents that use one spool, one after the other; the API is away during some of them. Then deliver the rest.

    Args:
        kills: how many.
        folder: for the spool and the notes.
        seed: of the moments.
        window: what was handed over in so many seconds before a kill may be lost.
        settings: of QueueConfig.
    """
    chance = random.Random(seed)
    settings = {"spool": str(folder / "spool"), "retry_delay_base": 0.05, **settings}
    killed_at: list[float] = []
    with LocalApi() as api:
        for run in range(kills):
            is_away = chance.random() < 0.5
            killed_at.append(_kill_one(api, folder, run, settings, chance, is_away=is_away))
        asyncio.run(_deliver_rest(api, settings))
        return _compare(api, folder, killed_at, window)


def _kill_one(
    api: LocalApi, folder: Path, run: int, settings: dict[str, Any], chance: random.Random, *, is_away: bool
) -> float:
    notes = folder / str(run)
    environment = {**os.environ, "PREFACTOR_API_URL": api.url, "PREFACTOR_API_TOKEN": api.token}
    command = [sys.executable, str(_AGENT), str(run), str(notes), json.dumps(settings)]
    process = subprocess.Popen(command, env=environment)
    try:
        wait_until(lambda: notes.exists() and b"start" in notes.read_bytes(), 30.0)
        time.sleep(chance.uniform(0.0, 0.2))
        if is_away:
            api.go_away()
        time.sleep(chance.uniform(0.0, 0.3))
        at = time.monotonic()
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
        api.come_back()
    return at


async def _deliver_rest(api: LocalApi, settings: dict[str, Any]) -> None:
    http = HttpClientConfig(api_url=api.url, api_token=api.token)
    config = PrefactorCoreConfig(http_config=http, queue_config=QueueConfig.model_validate(settings))
    client = PrefactorCoreClient(config)
    await client.initialize()
    await client.close(120.0)


def _compare(api: LocalApi, folder: Path, killed_at: list[float], window: float) -> Kills:
    found = Kills()
    spans = api.spans()
    names = Counter((span["payload"]["run"], span["payload"]["number"]) for span in spans)
    found.doubled = [f"{name}" for name, count in names.items() if count > 1]
    results = {(span["payload"]["run"], (span["result_payload"] or {}).get("number")) for span in spans}
    has = {"create": set(names), "finish": results}
    for run, at in enumerate(killed_at):
        for line in (folder / str(run)).read_text().splitlines()[1:]:
            what, number, when = line.split()
            is_there = (run, int(number)) in has[what]
            if float(when) <= at - window:
                found.handed_over += 1
                if not is_there:
                    found.lost.append(f"{what} {number} of run {run}, {1000 * (at - float(when)):.1f} ms before")
            else:
                found.in_window += 1
                found.lost_in_window += not is_there
    place = {span["id"]: index for index, span in enumerate(spans)}
    for index, span in enumerate(spans):
        parent = span["parent_span_id"]
        if parent is not None and place.get(parent, index) >= index:
            found.orphans.append(span["id"])
    found.open = [each["id"] for each in (*spans, *api.instances()) if each["status"] in {"active", "pending"}]
    return found


def main(kills: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        found = kill_agents(kills, Path(folder), seed=int(started))
    print(f"{kills} kills in {time.monotonic() - started:.0f} s")
    print(f"handed over more than 20 ms before: {found.handed_over} operations, of which {len(found.lost)} are lost")
    print(f"handed over in the last 20 ms: {found.in_window}, of which {found.lost_in_window} are lost")
    print(f"spans that arrived twice: {len(found.doubled)}; without their parents: {len(found.orphans)}")
    print(f"spans and runs that are still open: {len(found.open)}")
    for line in (*found.lost[:10], *found.doubled[:10]):
        print("   ", line)
    return 0 if found.all_is_well else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
