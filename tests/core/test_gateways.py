"""Answers that are not the API's own: pages of gateways, logins and websites. They are weather, not verdicts."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tests.core.support import CREATE, Run, config_for, record, register, warnings

from prefactor_core import OperationType, PrefactorCoreClient
from prefactor_http import PrefactorApiError, PrefactorHttpError, PrefactorResponseContractError
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

DELIVERY = f"{CREATE}.*|/api/v1/bulk|.*/(start|finish|record_quality)"
PAGE = {"body": "<html><title>Sign in</title></html>", "headers": {"Content-Type": "text/html"}}


def page(status: int, path: str, **more: Any) -> Fault:
    return Fault(path=path, status=status, **{**PAGE, **more})


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        *(page(status, DELIVERY) for status in (200, 400, 401, 403, 404, 405, 409, 422, 500)),
        page(302, DELIVERY, headers={"Location": "https://login.example/?next=1"}, body=""),
        page(403, DELIVERY, body='{"message": "Forbidden"}', headers={}),
        Fault(path=DELIVERY, status=408),
        Fault(path=DELIVERY, status=425),
    ],
    ids=lambda fault: f"{fault.status} {str(fault.body)[:9]}",
)
async def test_nothing_is_lost_while_a_gateway_answers_in_place_of_the_api(
    api: LocalApi, run: Run, answer: Fault
) -> None:
    async with run() as (client, instance):
        await client.flush()
        for _ in range(5):
            api.inject(answer)
        for _ in range(10):
            await record(instance)
        await instance.record_quality("q", {})
        await instance.finish()
        report = await client.flush()
        assert not api.pending_faults()
    # The embedded API knows no quality schema of this name.
    assert {key: count for key, count in report.failures.items() if key[0] is not OperationType.RECORD_QUALITY} == {}
    assert [span["status"] for span in api.spans()] == ["complete"] * 10
    assert [each["status"] for each in api.instances()] == ["complete"]


@pytest.mark.slow
@pytest.mark.parametrize("status", [200, 404])
async def test_a_page_at_one_address_is_given_up_while_others_succeed(api: LocalApi, run: Run, status: int) -> None:
    async with run() as (client, instance):
        await client.flush()
        api.inject(page(status, ".*/record_quality", times=None))
        await instance.record_quality("q", {})
        while not client.stats().failed:
            await record(instance)
            await client.flush(0.1)
        report = client.stats()
    assert report.failures == {(OperationType.RECORD_QUALITY, "retries_exhausted"): 1}
    tries = [request for request in api.requests if request.path.endswith("/record_quality")]
    assert len(tries) >= 4  # max_retries, and those that used up none because nothing had succeeded meanwhile


@pytest.mark.parametrize("status", [200, 302, 401, 404])
async def test_a_website_in_place_of_the_api_is_an_error_at_the_start(api: LocalApi, status: int) -> None:
    api.inject(page(status, ".*", times=None))
    with pytest.raises(PrefactorHttpError) as caught:
        await PrefactorCoreClient(config_for(api)).initialize()
    assert isinstance(caught.value, PrefactorApiError | PrefactorResponseContractError)
    assert f"this is not the Prefactor API: {api.url}/api/v1/ping answers with text/html: Sign in" in str(caught.value)
    assert len(api.requests) == 1


async def test_a_page_in_place_of_a_success_is_an_error_at_every_start(api: LocalApi) -> None:
    api.inject(page(200, ".*", times=None))
    with pytest.raises(PrefactorResponseContractError, match="this is not the Prefactor API"):
        await PrefactorCoreClient(config_for(api, require_api_at_start=False)).initialize()


async def test_a_gateway_at_the_start_does_not_stop_an_agent_that_can_start_without_the_api(
    api: LocalApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.inject(page(403, ".*/(ping|register)", times=2))
    async with PrefactorCoreClient(config_for(api, require_api_at_start=False)) as client:
        instance = await register(client)
        await record(instance)
        assert (await client.flush()).complete
    assert len(api.spans()) == 1
    (text,) = warnings(caplog)
    assert "this is not the Prefactor API" in text


async def test_a_redirect_on_the_same_host_is_followed(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await client.flush()
        api.inject(Fault(path=CREATE, status=307, headers={"Location": f"{CREATE}?node=1"}))
        await record(instance)
        assert (await client.flush()).complete
    assert [request.status for request in api.requests if request.path == CREATE] == [307, 200]
    assert [span["status"] for span in api.spans()] == ["complete"]


async def test_where_a_redirect_leads_is_in_the_log(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "prefactor_core")
    async with run() as (client, instance):
        await client.flush()
        headers = {"Location": "https://login.example/start?next=secret-query"}
        for _ in range(5):
            api.inject(Fault(path=DELIVERY, status=302, headers=headers, body=""))
        for _ in range(3):
            await record(instance)
        assert (await client.flush()).complete
    assert "redirects to https://login.example/start, which is not followed" in caplog.text
    assert "secret-query" not in caplog.text
