"""What the log and the reports say of an API that is away."""

from __future__ import annotations

import logging

import pytest
from tests.core.support import Run, config_for

from prefactor_core import OperationType, PrefactorCoreClient
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [
        (record.levelname, record.getMessage()) for record in caplog.records if record.name.startswith("prefactor_core")
    ]


async def test_one_warning_when_delivery_pauses_and_one_line_when_it_goes_on(
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
    assert told(caplog) == [
        (
            "WARNING",
            "the API is unavailable, delivery is paused: in maintenance "
            "(operations are kept, and sent when it is available)",
        ),
        ("INFO", "the API is available again, delivery has resumed"),
    ]


async def test_the_reason_why_operations_were_dropped_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with LocalApi() as api:
        client = PrefactorCoreClient(config_for(api))
        await client.initialize()
        instance = await client.create_agent_instance({"name": "Agent"}, agent_id="a")
        await client.flush()
        url = api.url
    await instance.start()
    await instance.finish()
    report = await client.close(timeout=0.2)
    assert report.dropped == 2
    (error,) = report.errors
    assert (error.operation_type, error.reason) == ("START_AGENT_INSTANCE", "deadline")
    assert url in str(error)
    (pauses, dropped) = told(caplog)
    assert pauses[1].startswith("the API is unavailable, delivery is paused: ")
    assert url in pauses[1]
    assert (
        dropped[1] == "2 operations were not delivered before the client closed, and are dropped "
        f"(QueueConfig.close_timeout limits how long it waits); the last error: {error}"
    )
    assert (await client.close()).errors == report.errors


async def test_a_lonely_operation_that_is_refused_until_the_deadline(api: LocalApi) -> None:
    client = PrefactorCoreClient(config_for(api))
    await client.initialize()
    instance = await client.create_agent_instance({"name": "Agent"}, agent_id="a")
    api.inject(Fault(method="POST", path=".*/start", status=503, times=None))
    await instance.start()
    report = await client.close(timeout=0.2)
    assert report.drops == {(OperationType.START_AGENT_INSTANCE, "deadline"): 1}
    assert [str(error) for error in report.errors] == ["START_AGENT_INSTANCE failed: Service Unavailable"]
