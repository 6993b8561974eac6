"""Faults of the API: they never reach the agent's code; what becomes of its operations."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import Literal

import pytest
from tests.core.support import (
    CREATE,
    Run,
    bodies,
    config_for,
    creates,
    finishes,
    opened,
    record,
    register,
    steps,
    warnings,
)

from prefactor_core import (
    ClientNotInitializedError,
    DeliveryError,
    OperationType,
    PrefactorCoreClient,
    PrefactorTelemetryFailureError,
    SpanContextStack,
)
from prefactor_http import HttpClientConfig, PrefactorAuthError, PrefactorHttpError, PrefactorValidationError
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

ALL_SPANS = f"{CREATE}.*"


async def test_an_invalid_token_raises_at_initialize(api: LocalApi) -> None:
    config = config_for(api, http_config=HttpClientConfig(api_url=api.url, api_token="secret-token"))
    client = PrefactorCoreClient(config)
    with pytest.raises(PrefactorAuthError) as caught:
        await client.initialize()
    assert caught.value.status_code == 401
    assert "secret-token" not in repr(client._config) + str(caught.value)
    with pytest.raises(ClientNotInitializedError):
        client.span("i", "step")
    assert (await client.close()).accepted == 0
    with pytest.raises(PrefactorAuthError):
        async with client:
            pytest.fail("the body was run")


async def test_an_api_that_is_away_at_start(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    api.inject(Fault(path=".*/ping", status=503, times=2))
    with pytest.raises(PrefactorHttpError):
        await PrefactorCoreClient(config_for(api)).initialize()
    async with PrefactorCoreClient(config_for(api, require_api_at_start=False)) as client:
        instance = await register(client)
        await record(instance)
    assert len(api.spans()) == 1
    assert "the API is unavailable, the client starts without it" in caplog.text


async def test_an_api_that_is_away_at_start_and_at_registration(api: LocalApi) -> None:
    api.inject(Fault(path=".*/(ping|register)", status=503, times=3))
    async with PrefactorCoreClient(config_for(api, require_api_at_start=False)) as client:
        instance = await register(client)
        local = instance.id
        await instance.start()
        async with instance.span("outer") as span:
            await span.start({})
            await record(instance, "inner")
        await instance.finish()
        assert (await client.flush()).complete
        assert instance.id != local
    assert [request.status for request in api.requests if request.path.endswith("/register")] == [503, 503, 200]
    assert len({body["idempotency_key"] for body in bodies(api, "/register")}) == 1
    assert {each["agent_instance_id"] for each in api.spans()} == {instance.id}
    assert steps(api)[-1] == "finish instance"
    assert not api.violations


async def test_a_token_that_expires_during_a_run(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run() as (client, instance):
        await record(instance, "before")
        await client.flush()
        api.inject(Fault(path=f"{ALL_SPANS}|.*/bulk", status=401, times=None))
        for _ in range(5):
            await record(instance, "refused")
        report = await client.flush()
        api.clear_faults()
        await record(instance, "after")
    assert report.failures == {(OperationType.CREATE_SPAN, "http_401"): 5, (OperationType.FINISH_SPAN, "dependency"): 5}
    assert [text.split(":")[0] for text in warnings(caplog)] == [
        "CREATE_SPAN of 'refused' failed (HTTP 401)",
        "5 operations failed with this cause, and 5 that depend on them",
    ]
    assert [(span["schema_name"], span["status"]) for span in api.spans()] == [
        ("before", "complete"),
        ("after", "complete"),
    ]


async def test_the_number_of_failures_with_one_cause_is_logged_in_growing_steps(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(queue={"bulk": "never"}) as (client, instance):
        api.inject(Fault(path=CREATE, status=422, message="no", times=None))
        for _ in range(102):
            await record(instance)
        await client.flush()
        assert warnings(caplog) == [
            "CREATE_SPAN of 'step' failed (HTTP 422): no; 1 operation that depends on it fails, too "
            "(further failures with this cause are counted)",
            "10 operations have failed with this cause; the last one: CREATE_SPAN of 'step' failed (HTTP 422): no",
            "100 operations have failed with this cause; the last one: CREATE_SPAN of 'step' failed (HTTP 422): no",
        ]
    assert warnings(caplog)[3:] == [
        "102 operations failed with this cause, and 102 that depend on them: "
        "CREATE_SPAN of 'step' failed (HTTP 422): no",
    ]


@pytest.mark.parametrize("reset", ["before", "after"])
async def test_a_lost_connection_is_no_outage(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture, reset: Literal["before", "after"]
) -> None:
    caplog.set_level(logging.INFO, "prefactor_core")
    async with run(queue={"retry_delay_base": 60.0}) as (client, instance):  # it would not be retried in time
        await client.flush()
        api.inject(Fault(path=CREATE, reset=reset))
        await record(instance)
        assert (await client.flush()).complete
        api.inject(Fault(path="/api/v1/bulk", reset=reset))
        for _ in range(100):
            await record(instance)
        assert (await client.flush()).complete
    assert len(api.spans()) == 101
    assert not api.pending_faults()
    assert caplog.messages == []


async def test_an_instance_that_is_not_started(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    async with PrefactorCoreClient(config_for(api)) as client:
        instance = await register(client)
        await record(instance)
        await instance.finish()
        report = await client.flush()
    assert report.failures == {(OperationType.FINISH_AGENT_INSTANCE, "http_409"): 1}
    assert [span["status"] for span in api.spans()] == ["complete"]
    assert [each["status"] for each in api.instances()] == ["pending"]
    assert len(warnings(caplog)) == 1


async def test_one_422_stays_with_its_span(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    errors: list[DeliveryError] = []
    async with run(on_error=errors.append, queue={"bulk": "never"}) as (client, instance):
        api.inject(Fault(method="POST", path=CREATE, status=422))
        for _ in range(3):
            await record(instance)
        await instance.finish()
        report = await client.flush()
        assert client.stats().failed == 2
    assert report.failures == {(OperationType.CREATE_SPAN, "http_422"): 1, (OperationType.FINISH_SPAN, "dependency"): 1}
    assert report.delivered == report.accepted - 2
    assert len(api.spans()) == 2
    create, finish = errors
    assert isinstance(create.__cause__, PrefactorValidationError)
    assert (create.operation_type, create.reason) == ("CREATE_SPAN", "http_422")
    assert (finish.operation.type, finish.reason) == (OperationType.FINISH_SPAN, "dependency")
    assert report.errors == (create, finish)
    with pytest.raises(PrefactorTelemetryFailureError):
        report.raise_for_loss()
    assert not api.violations


async def test_a_cause_is_logged_once(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run() as (client, instance):
        api.inject(Fault(method="POST", path=f"{ALL_SPANS}|.*/bulk", status=401, times=None))
        for _ in range(5):
            await record(instance)
        assert (await client.flush()).failed == 10
        (line,) = warnings(caplog)
        assert "CREATE_SPAN" in line


async def test_children_of_a_refused_span_are_sent_without_it(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async with run() as (client, instance):
        api.inject(Fault(method="POST", path=CREATE, status=422, delay=0.05))
        async with instance.span("parent") as parent:
            await parent.start({})
            await record(instance, "child")
            await client.flush()
            assert SpanContextStack.is_empty()
            await record(instance, "later")
    assert {span["schema_name"]: span["parent_span_id"] for span in api.spans()} == {"child": None, "later": None}
    assert "1 span is sent without its parent" in caplog.text
    assert not api.violations


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_retried_unchanged(api: LocalApi, run: Run, status: int) -> None:
    async with run() as (client, instance):
        api.inject(Fault(method="POST", path=CREATE, status=status, headers={"Retry-After": "0"}, times=2))
        await record(instance)
        assert (await client.flush()).complete
    first, second, third = creates(api)
    assert first == second == third
    assert len(api.spans()) == 1


async def test_a_lost_answer_is_repeated_under_its_key(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        api.inject(Fault(path=f"{CREATE}(/.*/finish)?", reset="after", times=2))
        await record(instance)
    assert [span["status"] for span in api.spans()] == ["complete"]
    assert client.stats().delivered == client.stats().accepted
    assert sum(api.replays.values()) == 2
    assert not api.violations


@pytest.mark.slow
async def test_retry_after_is_honoured(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        api.inject(Fault(path=CREATE, status=429, headers={"Retry-After": "1"}))
        await record(instance)
    refused, repeated = [request.received_at for request in api.requests if request.path == CREATE]
    assert repeated - refused >= 1.0


async def test_an_operation_that_always_fails_while_others_succeed_is_given_up(api: LocalApi, run: Run) -> None:
    # The others succeed more often than this one is tried, so that its failures are no outage.
    async with run(queue={"max_retries": 2, "bulk_interval": 0}) as (client, instance):
        api.inject(Fault(method="POST", path=".*/record_quality", status=500, times=None))
        await instance.record_quality("q", {})
        async with asyncio.timeout(5):
            while not client.stats().failed:
                await record(instance)
                await asyncio.sleep(0.005)
        report = await client.flush()
    assert report.failures == {(OperationType.RECORD_QUALITY, "retries_exhausted"): 1}
    assert 3 <= len([request for request in api.requests if request.path.endswith("/record_quality")]) <= 4


async def test_an_outage_at_the_instances_start_loses_nothing(api: LocalApi, run: Run) -> None:
    api.inject(Fault(method="POST", path=".*/start|.*/finish|/api/v1/agent_spans", status=503, times=6))
    async with run(queue={"max_retries": 1}) as (client, instance):
        for _ in range(3):
            await record(instance)
        await instance.finish()
        assert (await client.flush()).complete
    assert steps(api)[-1] == "finish instance"
    assert [span["status"] for span in api.spans()] == ["complete"] * 3
    assert not api.violations


async def test_a_single_operation_that_always_fails_is_dropped_at_the_deadline(api: LocalApi) -> None:
    client, instance = await opened(api, queue={"max_retries": 1})
    api.inject(Fault(method="POST", path=".*/start", status=503, times=None))
    await instance.start()
    report = await client.close(timeout=0.3)
    assert report.drops == {(OperationType.START_AGENT_INSTANCE, "deadline"): 1}
    assert report.failed == 0
    assert [str(error) for error in report.errors] == ["START_AGENT_INSTANCE failed (HTTP 503): Service Unavailable"]


async def test_an_outage_loses_nothing(api: LocalApi, run: Run) -> None:
    async with run(queue={"max_retries": 1}) as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=f"{ALL_SPANS}|.*/bulk", status=503, times=8))
        for _ in range(6):
            await record(instance)
        await instance.finish()
        assert (await client.flush()).complete
    assert len(api.spans()) == 6
    assert steps(api)[-1] == "finish instance"
    assert not api.violations


async def test_a_slow_api_does_not_hold_the_agent(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        answered = client.stats().delivered
        api.inject(Fault(path=f"{ALL_SPANS}|.*/bulk", delay=1.0, times=2))
        async with instance.span("slow") as span:
            await span.start({})
            await span.complete({})
        created = await instance.create_span("slow")
        await instance.finish_span(created)
        await instance.record_quality("q", {})
        await instance.finish()
        assert client.stats().delivered == answered  # every call has returned, and nothing has been answered
        assert client.stats().pending == 6
        assert (await client.flush()).complete


async def test_an_api_that_is_down_at_the_end() -> None:
    with LocalApi() as api:
        client, instance = await opened(api)
        await instance.start()
        await client.flush()
    await record(instance)
    await instance.finish()
    report = await client.close(timeout=0.2)
    assert (report.accepted, report.delivered, report.dropped, report.pending) == (4, 1, 3, 0)
    assert report.drops[OperationType.CREATE_SPAN, "deadline"] == 1
    with pytest.raises(PrefactorTelemetryFailureError, match="3 of 4"):
        report.raise_for_loss()


async def test_leaving_async_with_does_not_replace_the_exception_of_the_body() -> None:
    error = KeyError("mine")
    with pytest.raises(KeyError) as caught:  # noqa: PT012
        with LocalApi() as api:
            client, instance = await opened(api, queue={"close_timeout": 0.1})
        try:
            async with instance.span("step"):
                raise error
        finally:
            await client.__aexit__(None, None, None)
    assert caught.value is error
    assert client.stats().dropped == 2


async def test_a_zero_deadline_and_an_endless_one(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await record(instance)
        report = await client.flush(timeout=0)
        assert report.accepted == report.delivered + report.pending
        assert (await client.flush(timeout=math.inf)).complete


async def test_a_flush_that_gives_up_does_not_end_another_one() -> None:
    with LocalApi() as api:
        client, instance = await opened(api)
        await client.flush()
        with api.away():
            await record(instance)
            patient = asyncio.create_task(client.flush(timeout=120))
            await asyncio.sleep(0)  # it begins
            await client.flush(timeout=0.05)
        report = await asyncio.wait_for(patient, timeout=60)
        assert report.complete
        await client.close()


async def test_a_cancelled_flush_leaves_delivery_alone(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        api.inject(Fault(method="POST", path=CREATE, delay=0.1))
        await record(instance)
        flushing = asyncio.create_task(client.flush())
        await asyncio.sleep(0)
        flushing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await flushing
        assert (await client.flush()).complete


async def test_a_refused_id_ends_minting(api: LocalApi, run: Run) -> None:
    refusal = {"status": "error", "code": "validation_errors", "message": "no", "errors": {"id": ["is not allowed"]}}
    async with run(queue={"num_workers": 1}) as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=CREATE, status=422, body=refusal))
        async with instance.span("parent") as parent:
            await parent.start({})
            minted = parent.id
            await record(instance, "child")
            await client.flush()
            assert parent.id != minted
            assert SpanContextStack.peek() == parent.id
            async with instance.span("later") as span:
                await span.start({})
                assert span.id in {each["id"] for each in api.spans()}, "start waits for the ID that the API generates"
        assert (await client.flush()).complete
    refused, again, child, later = creates(api)
    assert refused["id"] == minted
    assert "id" not in again
    assert refused["idempotency_key"] != again["idempotency_key"]
    assert child["parent_span_id"] == later["parent_span_id"] == parent.id
    assert "id" not in child
    assert "id" not in later
    assert not api.violations


async def test_another_id_in_the_answer_is_used_from_then_on(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        details = {
            "type": "agent_span",
            "id": "another",
            "agent_instance_id": instance.id,
            "schema_name": "step",
            "status": "active",
        }
        api.inject(Fault(method="POST", path=CREATE, status=200, body={"status": "success", "details": details}))
        span_id = await instance.create_span("step")
        await client.flush()
        assert SpanContextStack.peek() == "another"
        await instance.finish_span(span_id)
        await client.flush()
    assert len(finishes(api, "another")) == 1


async def test_ids_of_the_api(api: LocalApi, run: Run) -> None:
    async with run(queue={"span_ids": "server"}) as (_client, instance):
        async with instance.span("parent") as parent:
            local = parent.id
            async with instance.span("middle"), instance.span("child") as child:
                await child.start({})
                assert child.id in {span["id"] for span in api.spans()}
            await parent.start({"ignored": "it was started before its child"})
            assert parent.id != local
        async with instance.span("skipped") as skipped:
            await skipped.cancel()
    spans = {span["schema_name"]: span for span in api.spans()}
    assert spans["child"]["parent_span_id"] == spans["middle"]["id"]
    assert spans["middle"]["parent_span_id"] == spans["parent"]["id"]
    assert spans["skipped"]["status"] == "cancelled"
    assert all("id" not in create for create in creates(api))
    assert not api.violations


async def test_start_does_not_wait_for_the_end_of_a_failure(api: LocalApi, run: Run) -> None:
    async with run(queue={"span_ids": "server"}) as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=CREATE, status=422))
        api.inject(Fault(method="POST", path=CREATE, status=503))
        for name in ("refused", "late"):
            async with instance.span(name) as span:
                await span.start({})
        report = await client.flush()
    assert report.failed == 2
    assert [span["schema_name"] for span in api.spans()] == ["late"]


async def test_a_child_whose_parent_never_starts_waits_until_the_end(api: LocalApi) -> None:
    client, instance = await opened(api)
    scope = instance.span("parent")
    await scope.__aenter__()
    await record(instance, "child")
    report = await client.flush()  # returns: nothing that waits can be delivered by waiting
    assert report.pending == 2
    assert (await client.close()).complete
    assert [span["schema_name"] for span in api.spans()] == ["child"]
    await scope.__aexit__(None, None, None)  # too late: it changes nothing
    assert SpanContextStack.is_empty()
