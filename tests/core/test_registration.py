"""Registrations: the agent waits for the API for a second at most; what is not answered by then goes on later."""

from __future__ import annotations

import pytest
from tests.core.support import (
    AWAY,
    Run,
    bodies,
    config_for,
    eventually,
    record,
    register,
    warnings,
)

from prefactor_core import DeliveryError, OperationType, PrefactorCoreClient
from prefactor_http import HttpClientConfig, PrefactorAuthError, PrefactorValidationError
from prefactor_http._pfid import partition_of
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

REGISTER = "/api/v1/agent_instance/register"


_TIMES = 100


def registrations_that_hang(api: LocalApi) -> int:
    """Return how many registrations have met the fault with `_TIMES`."""
    return sum(_TIMES - (times or 0) for fault, times in api.pending_faults() if fault.path == REGISTER)


async def pause(api: LocalApi, client: PrefactorCoreClient, caplog: pytest.LogCaptureFixture) -> None:
    """Let the API fail until delivery is paused. `client` has an instance that is started."""
    api.inject(AWAY)
    api.inject(Fault(path=REGISTER, hang=True, times=_TIMES))
    (instance,) = api.instances()
    for _ in range(3):
        await client.create_span(instance["id"], "step")
    await eventually(lambda: any("delivery is paused" in text for text in warnings(caplog)))


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.slow  # it waits for the API for a second
async def test_an_api_that_hangs_does_not_hold_the_agent(api: LocalApi, required: bool) -> None:
    http = HttpClientConfig(api_url=api.url, api_token=api.token)  # with all its time-outs and retries
    config = config_for(api, queue={"num_workers": 1}, http_config=http, require_api_at_start=required)
    async with PrefactorCoreClient(config) as client:
        api.inject(Fault(path=REGISTER, hang=True, times=_TIMES))
        instance = await register(client)
        await register(client)
        assert registrations_that_hang(api) == 1  # nothing shows that the API would answer this time
        local = instance.id
        await instance.start()
        await record(instance)
        await instance.finish()
        assert api.instances() == []
        api.clear_faults()
        assert (await client.flush()).complete
        assert instance.id != local
        async with client.span(local, "late"):  # the first id stays valid
            pass
    assert [each["status"] for each in api.instances() if each["id"] == instance.id] == ["complete"]
    assert {span["agent_instance_id"] for span in api.spans()} == {instance.id}
    assert len({body["idempotency_key"] for body in bodies(api, "/register")}) == len(api.instances()) == 2


@pytest.mark.slow  # it waits for the API for a second
async def test_a_request_without_an_answer_goes_on_and_is_not_repeated(api: LocalApi) -> None:
    async with PrefactorCoreClient(config_for(api)) as client:
        api.inject(Fault(path=REGISTER, delay=1.3))
        instance = await register(client)
        assert (await client.flush()).complete
    assert [each["id"] for each in api.instances()] == [instance.id]
    assert len(bodies(api, "/register")) == 1


@pytest.mark.slow  # it waits for the API for a second
async def test_a_request_that_is_refused_after_a_second_is_logged_and_reported(
    api: LocalApi, caplog: pytest.LogCaptureFixture
) -> None:
    async with PrefactorCoreClient(config_for(api)) as client:
        api.inject(Fault(path=REGISTER, delay=1.3, status=401, message="no"))
        await record(await register(client))
        report = await client.flush()
    assert report.failures[OperationType.REGISTER_AGENT_INSTANCE, "http_401"] == 1
    assert warnings(caplog)[0].startswith("REGISTER_AGENT_INSTANCE failed (HTTP 401): no")
    assert len(bodies(api, "/register")) == 1


@pytest.mark.parametrize("required", [True, False])
async def test_an_api_that_is_away_when_an_instance_is_created(api: LocalApi, required: bool) -> None:
    async with PrefactorCoreClient(config_for(api, require_api_at_start=required)) as client:
        with api.away():
            instance = await register(client)
            local = instance.id
            await instance.start()
            await record(instance)
        await instance.finish()
        assert (await client.flush()).complete
        assert instance.id != local
    assert [each["status"] for each in api.instances()] == ["complete"]
    assert [each["agent_instance_id"] for each in api.spans()] == [instance.id]
    assert not api.violations


async def test_while_delivery_is_paused_nothing_is_awaited_and_the_id_is_final(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async with run() as (client, first):
        await client.flush()
        await pause(api, client, caplog)
        others = [await register(client) for _ in range(3)]
        ids = [instance.id for instance in others]
        assert {partition_of(each) for each in ids} == {partition_of(first.id)}
        for instance in others:
            await instance.start()
            async with instance.span("step") as span:
                await span.start({})
                assert partition_of(span.id) == partition_of(first.id)
        assert registrations_that_hang(api) <= 1  # the probe
        api.clear_faults()
        assert (await client.flush()).complete
        assert [instance.id for instance in others] == ids
    assert {each["id"] for each in api.instances()} == {first.id, *ids}
    assert not api.violations


async def test_the_first_instance_has_the_id_that_the_api_gives_it_and_the_next_ones_bring_theirs(
    api: LocalApi,
) -> None:
    async with PrefactorCoreClient(config_for(api)) as client:
        instances = [await register(client) for _ in range(3)]
    first, *others = bodies(api, "/register")
    assert "id" not in first
    assert [body["id"] for body in others] == [instance.id for instance in instances[1:]]
    assert {each["id"] for each in api.instances()} == {instance.id for instance in instances}


async def test_no_ids_are_made_if_the_api_is_to_make_those_of_spans(api: LocalApi) -> None:
    async with PrefactorCoreClient(config_for(api, queue={"span_ids": "server"})) as client:
        for _ in range(2):
            await register(client)
    assert all("id" not in body for body in bodies(api, "/register"))


async def test_an_id_that_the_program_gives_is_kept(api: LocalApi, run: Run) -> None:
    async with run() as (client, first):
        given = first.id[:-4] + "0000"
        assert (await register(client, instance_id=given)).id == given


async def test_refused_ids_end_minting_and_the_api_gives_the_id(api: LocalApi, run: Run) -> None:
    async with run() as (client, first):
        api.refuse_ids = True
        second, third = await register(client), await register(client)
        assert {each["id"] for each in api.instances()} == {first.id, second.id, third.id}
    assert ["id" in body for body in bodies(api, "/register")] == [False, True, False, False]
    keys = [body["idempotency_key"] for body in bodies(api, "/register")]
    assert len(set(keys)) == 4  # another body has another key


async def test_ids_that_are_refused_later_are_replaced(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async with run() as (client, _):
        await client.flush()
        await pause(api, client, caplog)
        instance = await register(client)
        local = instance.id
        await record(instance)
        api.refuse_ids = True
        api.clear_faults()
        assert (await client.flush()).complete
        assert instance.id != local
        assert "id" not in (await _last_registration(api, client))
    assert {instance.id, local} & {each["id"] for each in api.instances()} == {instance.id}


async def _last_registration(api: LocalApi, client: PrefactorCoreClient) -> dict[str, object]:
    await register(client)
    return bodies(api, "/register")[-1]


async def test_a_registration_that_is_not_valid_does_not_end_minting(api: LocalApi, run: Run) -> None:
    async with run() as (client, _):
        with pytest.raises(PrefactorValidationError):
            await register(client, purpose="unknown")
        instance = await register(client)
    assert bodies(api, "/register")[-1]["id"] == instance.id


@pytest.mark.parametrize("reset", ["before", "after"])
async def test_a_registration_whose_answer_is_lost_counts_once(api: LocalApi, run: Run, reset: str) -> None:
    http = HttpClientConfig(api_url=api.url, api_token=api.token)
    async with run(http_config=http) as (client, first):
        api.inject(Fault(path=REGISTER, reset=reset))  # type: ignore[arg-type]
        second = await register(client)
        assert client.stats().by_type.keys() == {OperationType.START_AGENT_INSTANCE}  # nothing was queued
    assert {each["id"] for each in api.instances()} == {first.id, second.id}


@pytest.mark.parametrize(("status", "kind"), [(401, PrefactorAuthError), (422, PrefactorValidationError)])
async def test_a_refusal_that_comes_in_time_raises(
    api: LocalApi, caplog: pytest.LogCaptureFixture, status: int, kind: type[Exception]
) -> None:
    api.inject(Fault(path=REGISTER, status=status))
    async with PrefactorCoreClient(config_for(api)) as client:
        with pytest.raises(kind):
            await register(client)
        assert client.stats().accepted == 0
        await register(client)
    assert warnings(caplog) == []


async def test_a_registration_that_is_refused_later(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    errors: list[DeliveryError] = []
    api.inject(Fault(path=REGISTER, status=503))
    api.inject(Fault(path=REGISTER, status=422, message="no", delay=0.05))
    async with PrefactorCoreClient(config_for(api, on_error=errors.append)) as client:
        instance = await register(client)
        await record(instance)
        await client.flush()
        await record(instance)
        await instance.finish()
        report = await client.flush()
    assert report.failures == {
        (OperationType.REGISTER_AGENT_INSTANCE, "http_422"): 1,
        (OperationType.CREATE_SPAN, "dependency"): 2,
        (OperationType.FINISH_SPAN, "dependency"): 2,
        (OperationType.FINISH_AGENT_INSTANCE, "dependency"): 1,
    }
    assert api.spans() == []
    assert errors[0].operation_type == "REGISTER_AGENT_INSTANCE"
    assert warnings(caplog)[0].startswith("REGISTER_AGENT_INSTANCE failed (HTTP 422): no")


async def test_a_registration_that_fails_for_a_moment_is_repeated_within_the_second(api: LocalApi) -> None:
    http = HttpClientConfig(api_url=api.url, api_token=api.token)  # with the documented delay of a second
    async with PrefactorCoreClient(config_for(api, http_config=http)) as client:
        api.inject(Fault(path=REGISTER, status=503, times=2))
        instance = await register(client)
        assert [instance.id] == [each["id"] for each in api.instances()]
        assert client.stats().accepted == 0
