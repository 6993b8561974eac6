"""An agent whose API fails at random, at a small size; `tests/benchmarks/reliability.py` has the full sizes."""

from __future__ import annotations

import pytest
from tests.benchmarks.storm import Storm, run_storm

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

QUEUE = {"max_retries": 8, "retry_delay_base": 0.02}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_everything_arrives_once_and_in_order(seed: int) -> None:
    outcome = await run_storm(Storm(seed=seed, spans=200, pace=0.005, outage=0.5, queue=QUEUE))
    assert outcome.lost == []
    assert outcome.out_of_order == {}
    assert outcome.agent["exceptions"] == []
    assert outcome.agent["errors"] == []
    assert outcome.balanced, outcome
    assert outcome.agent["accepted"] == outcome.agent["delivered"]


async def test_memory_does_not_grow_with_the_number_of_spans() -> None:
    storm = Storm(spans=600, rounds=5, pace=0, error_rate=0, reset_rate=0, outage=0)
    outcome = await run_storm(storm)
    objects = [objects for _, objects in outcome.agent["memory"]]
    assert objects[-1] < objects[2] + 2 * storm.spans  # not even one object for each span of the last two rounds
    assert outcome.well, outcome
