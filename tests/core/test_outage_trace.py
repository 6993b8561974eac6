"""What is logged and reported while the API is away."""

from __future__ import annotations

import logging

import pytest
from tests.core.support import Run, opened, warnings

from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Return the levels and the messages of the client's log."""
    return [
        (entry.levelname, entry.getMessage()) for entry in caplog.records if entry.name.startswith("prefactor_core")
    ]


@pytest.mark.slow
async def test_one_log_entry_when_delivery_pauses_and_one_when_it_resumes(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "prefactor_core")
    async with run() as (client, instance):
        await client.flush()
        body = {"status": "error", "code": "down", "message": "in maintenance"}
        api.inject(Fault(method="POST", path="/api/v1/agent_spans.*", status=503, body=body, times=8))
        for _ in range(3):
            async with instance.span("step") as span:
                await span.start({})
        assert (await client.flush()).complete
    assert logged(caplog) == [
        (
            "WARNING",
            "the API is unavailable, delivery is paused: in maintenance "
            "(operations are kept, and sent when it is available)",
        ),
        ("INFO", "the API is available again, delivery has resumed"),
    ]


async def test_the_reason_why_operations_were_dropped_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with LocalApi() as api:
        client, instance = await opened(api)
        await client.flush()
        url = api.url
    await instance.start()
    await instance.finish()
    report = await client.close(timeout=0.2)
    assert report.dropped == 2
    (error,) = report.errors
    assert (error.operation_type, error.reason) == ("START_AGENT_INSTANCE", "deadline")
    assert url in str(error)
    paused, dropped = warnings(caplog)
    assert paused.startswith("the API is unavailable, delivery is paused: ")
    assert url in paused
    assert (
        dropped == "2 operations were not delivered before the client closed, and are dropped "
        f"(QueueConfig.close_timeout limits how long it waits); the last error: {error}"
    )
    assert (await client.close()).errors == report.errors
