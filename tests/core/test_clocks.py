"""Clocks that a program changes, as freezegun does. tests/integrations has the real tools."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.core.support import Run, record

from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

_CLOCKS = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "time", "time_ns")


def stop_clocks(patch: pytest.MonkeyPatch) -> None:
    """Replace the functions of `time`, as freezegun does."""
    for name in _CLOCKS:
        patch.setattr(time, name, lambda: 1)


async def test_delivery_goes_on_while_clocks_stand_still(run: Run, api: LocalApi) -> None:
    api.inject(Fault(path=".*/agent_spans", status=503, times=1))  # the retry needs a clock
    async with run() as (client, instance):
        with pytest.MonkeyPatch.context() as patch:
            stop_clocks(patch)
            await record(instance, "frozen")
            report = await client.flush()
        await record(instance, "later")
    assert report.pending == 0
    assert [span["status"] for span in api.spans()] == ["complete", "complete"]
    started = [datetime.fromisoformat(span["started_at"]) for span in api.spans()]
    assert all(datetime.now(UTC) - each < timedelta(hours=1) for each in started)
