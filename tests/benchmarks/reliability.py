"""What arrives of an agent's spans while the API fails at random: `python -m tests.benchmarks.reliability`.

20 seeds of 500 spans in nested trees from 10 tasks, with 10 % errors, 2 % resets and an outage of 15 s; an outage of
60 s; 100,000 spans through one client. About 25 minutes; name parts to run only these: `storms`, `outage`, `memory`.
Exits with 1 when something was lost, out of order or raised, or a call took longer than 50 ms.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable

from tests.benchmarks.storm import Outcome, Storm, run_storm

LONGEST_CALL_MS = 50.0
SEEDS = 20


async def storms() -> AsyncIterator[tuple[str, Outcome]]:
    for seed in range(SEEDS):
        yield f"storm {seed}", await run_storm(Storm(seed=seed, pace=0.15))


async def outage() -> AsyncIterator[tuple[str, Outcome]]:
    yield "outage of 60 s", await run_storm(Storm(pace=0.6, error_rate=0, reset_rate=0, outage=60, close_timeout=300))


async def memory() -> AsyncIterator[tuple[str, Outcome]]:
    storm = Storm(spans=5_000, rounds=20, pace=0, error_rate=0, reset_rate=0, outage=0)
    outcome = await run_storm(storm)
    for number in (1, 10, 19):
        megabytes, objects = outcome.agent["memory"][number]
        print(f"after {(number + 1) * storm.spans:,} spans: {megabytes} MB at most, {objects:,} objects")
    yield "100,000 spans", outcome


PARTS: dict[str, Callable[[], AsyncIterator[tuple[str, Outcome]]]] = {
    "storms": storms,
    "outage": outage,
    "memory": memory,
}


async def main(names: list[str]) -> int:
    failures = 0
    for name in names or PARTS:
        async for title, outcome in PARTS[name]():
            well = outcome.well and outcome.agent["slowest_ms"] <= LONGEST_CALL_MS
            failures += not well
            print(f"{title}: {'' if well else 'NOT WELL: '}{outcome}", flush=True)
    return int(failures > 0)


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    sys.exit(asyncio.run(main(sys.argv[1:])))
