"""accepted = delivered + failed + dropped + pending, at all times, whatever the API does."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.support import config_for, is_balanced, register

from prefactor_core import ClientStats, OperationType, PrefactorCoreClient
from prefactor_http import HttpClientConfig
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.slow

WRITES = "/api/v1/(agent_spans.*|bulk|agent_instance/.*/(start|finish|record_quality))"

faults = st.builds(
    Fault,
    path=st.just(WRITES),
    times=st.integers(1, 5),
    rate=st.sampled_from([0.3, 1.0]),
    status=st.sampled_from([None, 500, 503, 429, 400, 401, 404, 409, 422]),
) | st.one_of(
    st.builds(Fault, path=st.just(WRITES), times=st.integers(1, 5), garble=st.sampled_from(["malformed", "shape"])),
    st.builds(Fault, path=st.just(WRITES), times=st.integers(1, 5), reset=st.sampled_from(["before", "after"])),
    st.builds(Fault, path=st.just(WRITES), times=st.integers(1, 3), delay=st.just(0.02)),
    st.builds(Fault, path=st.just(WRITES), times=st.just(1), hang=st.just(True)),
)
endings = st.lists(st.sampled_from(["complete", "fail", "cancel", "leave", "raise", "nested"]), max_size=30)


class Watch:
    """Checks the account all the time, from a thread of its own."""

    def __init__(self, client: PrefactorCoreClient) -> None:
        self._client = client
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.unbalanced: list[ClientStats] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.001):
            stats = self._client.stats()
            if not is_balanced(stats):
                self.unbalanced.append(stats)


async def record(instance: Any, endings: list[str]) -> None:
    for ending in endings:
        try:
            async with instance.span("step") as span:
                await span.start({"ending": ending})
                if ending == "nested":
                    await record(instance, ["leave"])
                elif ending == "raise":
                    raise LookupError(ending)
                elif ending != "leave":
                    await getattr(span, ending)()
        except LookupError:
            continue
        await asyncio.sleep(0)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(faults, max_size=4), endings, st.integers(1, 6), st.sampled_from([8, 100_000]))
def test_the_account_balances_under_any_faults(
    api: LocalApi, faults: list[Fault], endings: list[str], workers: int, bound: int
) -> None:
    async def run() -> None:
        http = HttpClientConfig(api_url=api.url, api_token=api.token, max_retries=0, request_timeout=0.2)
        queue = {"num_workers": workers, "close_timeout": 1.0, "max_queue_size": bound, "max_retries": 1}
        config = config_for(api, http_config=http, queue=queue, require_api_at_start=False)
        async with PrefactorCoreClient(config) as client:
            with Watch(client) as watch:
                instance = await register(client)
                for fault in faults:
                    api.inject(fault)
                await instance.start()
                await record(instance, endings)
                await instance.finish()
                flushed = await client.flush(0.05)
                assert is_balanced(flushed)
                report = await client.close()
            assert watch.unbalanced == []
            assert is_balanced(report)
            assert report.pending == 0
            # On a slow machine the registration takes longer than one request may, and waits like the rest.
            queued = report.by_type.keys() & {OperationType.REGISTER_AGENT_INSTANCE}
            assert report.accepted == 2 + len(queued) + 2 * (len(endings) + endings.count("nested"))

    try:
        asyncio.run(run())
    finally:
        api.clear_faults()
