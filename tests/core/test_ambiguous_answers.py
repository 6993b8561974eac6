"""Answers whose meaning is not obvious: refused finishes, and answers that a proxy garbled."""

from __future__ import annotations

import pytest
from tests.core.support import CREATE, Run, config_for, record, register

from prefactor_core import OperationType, PrefactorCoreClient
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

FINISH = f"{CREATE}/.*/finish"


async def test_a_conflict_that_is_not_about_a_finish_is_a_failure(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        api.inject(Fault(method="POST", path=FINISH, status=409))
        await record(instance)
        report = await client.flush()
    assert report.failures == {(OperationType.FINISH_SPAN, "http_409"): 1}
    assert len(report.errors) == 1


async def test_a_finish_of_a_terminated_instance_counts_as_delivered(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        api.terminate(instance.id, "stop")
        await instance.finish()
        assert (await client.flush()).complete


async def test_a_finish_of_an_instance_without_a_start_is_a_failure(api: LocalApi) -> None:
    async with PrefactorCoreClient(config_for(api)) as client:
        instance = await register(client)
        await instance.finish()
        report = await client.flush()
    assert report.failures == {(OperationType.FINISH_AGENT_INSTANCE, "http_409"): 1}
    assert "pending" in str(report.errors[0])


async def test_a_refused_cancellation_of_an_instance_becomes_a_failed_finish() -> None:
    with LocalApi(strict_cancel=True) as api:
        async with PrefactorCoreClient(config_for(api)) as client:
            instance = await register(client)
            await instance.start()
            await instance.finish("cancelled")
            assert (await client.flush()).complete
        assert [instance["status"] for instance in api.instances()] == ["failed"]


@pytest.mark.parametrize("body", ["", "{nope", "[]", "{}"])
async def test_a_request_is_repeated_if_its_answer_cannot_be_read(api: LocalApi, run: Run, body: str) -> None:
    async with run() as (client, instance):
        api.inject(Fault(method="POST", path=CREATE, status=200, body=body))
        await record(instance)
        assert (await client.flush()).complete
    assert [span["status"] for span in api.spans()] == ["complete"]


async def test_the_rest_is_sent_after_a_create_with_unreadable_answers(api: LocalApi, run: Run) -> None:
    async with run(queue={"max_retries": 1, "num_workers": 1}) as (client, instance):
        await client.flush()
        api.inject(Fault(method="POST", path=CREATE, status=200, body="", times=2))
        async with instance.span("parent") as parent:
            await parent.start({})
            await record(instance, "child")
        report = await client.flush()
    assert report.failures[OperationType.CREATE_SPAN, "bad_answer"] == 1
    assert [request.status for request in api.requests if request.path == f"{CREATE}/{parent.id}/finish"] == [404]
    assert [span["parent_span_id"] for span in api.spans()] == [parent.id]
