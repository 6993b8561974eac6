"""The three phases of a span, also those that the client adds, as the API receives them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.core.support import (
    AWAY,
    Run,
    bodies,
    config_for,
    creates,
    finishes,
    register,
    steps,
    warnings,
    without_place,
)

from prefactor_core import PrefactorCoreClient, SpanContextStack, SpanNotFoundError, SpanValidationError
from prefactor_core._process.exit import fail_open_runs
from prefactor_core._records import span_index
from prefactor_http import _pfid
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio


async def test_entering_sends_nothing_and_leaving_sends_all(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        before = datetime.now(UTC)
        async with instance.span("step", payload={"x": 1}) as span:
            await client.flush()
            assert creates(api) == []
            span.set_result({"y": 2})
            span.set_result({"z": 3})
    (create,) = creates(api)
    assert create["payload"] == {"x": 1}
    assert create["status"] == "active"
    assert before <= datetime.fromisoformat(create["started_at"])
    (finish,) = finishes(api, create["id"])
    assert finish["status"] == "complete"
    assert finish["result_payload"] == {"y": 2, "z": 3}
    assert create["started_at"] <= finish["timestamp"]


async def test_a_span_that_was_not_opened(run: Run) -> None:
    async with run() as (_, instance):
        scope: Any = instance.span("step")
        with pytest.raises(AttributeError, match=r"no attribute 'start'; open the span first: `with"):
            await scope.start({})
        with pytest.raises(AttributeError, match=r"no attribute 'strat'$"):
            await scope.strat({})


async def test_calls_that_come_too_late_are_logged_once(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """A second `start` or `complete` is a mistake; `finish` and `cancel` after the end are not, and lose nothing."""
    async with run() as (_, instance):
        for _ in range(2):
            async with instance.span("step") as span:
                await span.start({"x": 1})
                await span.start()
                await span.start({"x": 2})
                await span.complete({"y": 1})
                await span.complete()
                await span.cancel()
                await span.complete({"y": 2})
                span.set_result({"z": 3})
                await span.fail({"z": 3})
        async with instance.span("quiet") as span:
            await span.start({"x": 1})
            await span.complete({"y": 1})
            await span.finish()
            await span.fail()
        async with instance.span("failed") as span:
            await span.fail()
        await span.complete({"y": 1})
    spans = {span["schema_name"]: span for span in api.spans()}
    assert [(spans[name]["payload"], spans[name]["result_payload"]) for name in ("step", "quiet")] == [
        ({"x": 1}, {"y": 1})
    ] * 2
    assert spans["failed"]["status"] == "failed"
    assert [without_place(line) for line in warnings(caplog)] == [
        f"{call} was ignored: the span was already {state} (further ones are not logged)"
        for call, state in (
            ("start() of 'step'", "started"),
            ("complete() of 'step'", "finished"),
            ("set_result() of 'step'", "finished"),
            ("fail() of 'step'", "finished"),
            ("complete() of 'failed'", "finished"),
        )
    ]


async def test_an_exception_is_the_failure_of_a_span_that_is_opened_by_name(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance), instance.span("step") as span:
        span.set_result({"tries": 2})
        await span.fail(ValueError("no such city"))
    (recorded,) = api.spans()
    error = {"type": "ValueError", "message": "no such city"}
    assert (recorded["status"], recorded["result_payload"]) == ("failed", {"tries": 2, "error": error})


async def test_calls_that_come_too_late_raise_when_asked_to(api: LocalApi, run: Run) -> None:
    async with run(validation="raise") as (_, instance):
        async with instance.span("step") as span:
            await span.start({"x": 1})
            with pytest.raises(SpanValidationError, match="'step' was ignored: the span was already started"):
                await span.start()
            await span.complete({"y": 1})
            with pytest.raises(SpanValidationError, match="the span was already finished") as caught:
                await span.complete()
            assert (caught.value.span_type, caught.value.part) == ("step", "result")
            with pytest.raises(SpanValidationError, match="set_result"):
                span.set_result({"y": 2})
            await span.finish()
            await span.fail({"error": "an exception must not be replaced"})
            await span.cancel()
        with pytest.raises(SpanValidationError, match="complete"):
            await span.complete({"y": 2})
    (recorded,) = api.spans()
    assert (recorded["payload"], recorded["result_payload"], recorded["status"]) == ({"x": 1}, {"y": 1}, "complete")


async def test_start_without_params_uses_those_of_span(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        async with instance.span("step", payload={"x": 1}) as span:
            await span.start()
        async with instance.span("step", payload={"x": 1}) as span:
            await span.start({"other": True})
    assert [create["payload"] for create in creates(api)] == [{"x": 1}, {"other": True}]


async def test_finishing_without_starting_starts_first(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        async with instance.span("a", payload={"x": 1}) as span:
            await span.complete({"ok": True})
        async with instance.span("b") as span:
            await span.fail()
    assert [(create["schema_name"], create["payload"]) for create in creates(api)] == [("a", {"x": 1}), ("b", {})]
    failed = finishes(api, creates(api)[1]["id"])[0]
    assert failed["status"] == "failed"
    assert "result_payload" not in failed


async def test_results_are_merged(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance), instance.span("step") as span:
        span.set_result({"a": 1, "b": 1})
        await span.fail({"b": 2, "nothing": None})
    assert api.spans()[0]["result_payload"] == {"a": 1, "b": 2, "nothing": None}


async def test_repeated_calls_change_nothing(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        async with instance.span("step") as span:
            await span.start({"n": 1})
            await span.start({"n": 2})
            await span.complete({"n": 1})
            await span.fail({"n": 2})
            await span.cancel()
            await span.finish()
            await span.start({"n": 3})
            span.set_result({"n": 3})
        assert (await client.flush()).accepted == 3
    assert api.spans()[0]["payload"] == {"n": 1}
    assert api.spans()[0]["result_payload"] == {"n": 1}


async def test_payloads_are_copied_when_they_are_given(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        params: dict[str, Any] = {"messages": ["a"]}
        result: dict[str, Any] = {"answers": ["a"]}
        async with instance.span("step") as span:
            await span.start(params)
            params["messages"].append("late")
            span.set_result(result)
            result["answers"].append("late")
            await span.complete()
            result["late"] = True
    assert api.spans()[0]["payload"] == {"messages": ["a"]}
    assert api.spans()[0]["result_payload"] == {"answers": ["a"]}


async def test_payloads_may_hold_anything(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        async with instance.span("step") as span:
            await span.start({"when": datetime(2026, 1, 1, tzinfo=UTC), "odd": object, "nan": float("nan")})
            await span.complete({"set": {1}})
        assert (await client.flush()).complete
    assert api.spans()[0]["payload"]["when"] == "2026-01-01T00:00:00+00:00"


async def test_the_caller_may_give_the_times(api: LocalApi, run: Run) -> None:
    begin, end = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC), datetime(2026, 1, 2, 3, 5, tzinfo=UTC)
    async with run() as (_, instance), instance.span("step") as span:
        await span.start({}, started_at=begin)
        await span.complete(timestamp=end)
    (create,) = creates(api)
    assert create["started_at"] == "2026-01-02T03:04:05.678900+00:00"
    assert finishes(api, create["id"])[0]["timestamp"] == "2026-01-02T03:05:00+00:00"


@pytest.mark.parametrize("start", [True, False])
async def test_an_exception_fails_the_span_and_passes(api: LocalApi, run: Run, start: bool) -> None:
    error = ZeroDivisionError("by zero")
    async with run() as (_, instance):
        with pytest.raises(ZeroDivisionError) as caught:  # noqa: PT012
            async with instance.span("step") as span:
                if start:
                    await span.start({"x": 1})
                span.set_result({"partial": 1})
                raise error
        assert caught.value is error
    (recorded,) = api.spans()
    assert recorded["status"] == "failed"
    assert recorded["result_payload"] == {
        "partial": 1,
        "error": {"type": "ZeroDivisionError", "message": "by zero"},
    }


async def test_an_exception_after_the_finish_changes_nothing(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        with pytest.raises(RuntimeError, match="late"):  # noqa: PT012
            async with instance.span("step") as span:
                await span.complete()
                raise RuntimeError("late")
    assert api.spans()[0]["status"] == "complete"


@pytest.mark.parametrize(("start", "created_as"), [(True, "active"), (False, "pending")])
async def test_a_cancellation_cancels_the_span_and_passes(
    api: LocalApi, run: Run, start: bool, created_as: str
) -> None:
    async with run() as (_, instance):
        entered = asyncio.Event()

        async def work() -> None:
            async with instance.span("step") as span:
                if start:
                    await span.start({})
                entered.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(work())
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [span["status"] for span in api.spans()] == ["cancelled"]
    assert [create["status"] for create in creates(api)] == [created_as]


async def test_cancel_before_start(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance), instance.span("step", payload={"x": 1}) as span:
        span.set_result({"y": 1})
        await span.cancel()
    (create,) = creates(api)
    assert {key: create[key] for key in ("status", "payload")} == {"status": "pending", "payload": {}}
    assert "started_at" not in create
    (finish,) = finishes(api, create["id"])
    assert {**finish, "idempotency_key": ""} == {"status": "cancelled", "idempotency_key": ""}


async def test_cancel_after_start(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        async with instance.span("step") as span:
            await span.start({})
            span.set_result({"y": 1})
            await span.cancel()
        assert (await client.flush()).complete
    (finish,) = finishes(api, creates(api)[0]["id"])
    assert finish["status"] == "cancelled"
    assert finish["result_payload"] == {"y": 1}
    assert finish["timestamp"]


async def test_a_refused_cancellation_is_sent_as_failed() -> None:
    with LocalApi(strict_cancel=True) as api:
        async with PrefactorCoreClient(config_for(api)) as client:
            instance = await register(client)
            async with instance.span("step") as span:
                await span.start({})
                await span.cancel()
            assert (await client.flush()).complete
        first, second = finishes(api, creates(api)[0]["id"])
        assert (first["status"], second["status"]) == ("cancelled", "failed")
        assert second["result_payload"] == {"error": {"type": "cancelled"}}
        assert first["idempotency_key"] != second["idempotency_key"]
        assert first["timestamp"] == second["timestamp"]


async def test_ids_are_minted_in_the_partition_of_the_instance(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        async with instance.span("step") as span:
            before = span.id
            await span.start({})
            assert span.id == before
            assert _pfid.partition_of(span.id) == _pfid.partition_of(instance.id)
        await client.flush()
        assert [record["id"] for record in api.spans()] == [before]


async def test_create_span_and_finish_span(api: LocalApi, run: Run) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    async with run() as (client, instance):
        outer = await instance.create_span("outer", payload={"x": 1}, started_at=at)
        inner = await client.create_span(instance.id, "inner")
        async with instance.span("innermost") as span:
            await span.start({})
        assert SpanContextStack.get_stack() == [outer, inner]
        await client.finish_span(inner, {"y": 1})
        await instance.finish_span(outer, timestamp=at)
        assert SpanContextStack.is_empty()
    records = {record["schema_name"]: record for record in api.spans()}
    assert records["outer"]["payload"] == {"x": 1}
    assert records["inner"]["parent_span_id"] == outer
    assert records["inner"]["result_payload"] == {"y": 1}
    assert records["innermost"]["parent_span_id"] == inner
    assert creates(api)[0]["started_at"] == at.isoformat()


async def test_a_refused_second_finish_span_counts_as_delivered(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        span_id = await instance.create_span("step")
        await instance.finish_span(span_id)
        await instance.finish_span(span_id, {"again": True})
        report = await client.flush()
    assert report.complete
    assert [span["status"] for span in api.spans()] == ["complete"]
    assert len({finish["idempotency_key"] for finish in finishes(api, span_id)}) == 2


async def test_get_span(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        api.inject(AWAY)
        manager = client._span_manager
        span_id = manager.prepare(instance.id, "step")
        span = manager.get_span(span_id)
        assert span is not None
        assert (span.status, span.schema_name, span.instance_id) == ("pending", "step", instance.id)
        assert await manager.start(span_id, {"x": 1}) == span_id
        started = manager.get_span(span_id)
        assert started is not None
        assert (started.status, started.payload) == ("active", {"x": 1})
        api.clear_faults()
        await client.flush()
        delivered = manager.get_span(span_id)
        assert delivered is not None
        assert (delivered.status, delivered.payload) == ("active", {})  # the API has the params: they are not kept
        await manager.finish(span_id, {"y": 1}, status="failed")
        finished = manager.get_span(span_id)
        assert finished is not None
        assert finished.status == "failed"
        assert manager.get_span("other") is None


async def test_params_are_not_kept_once_they_are_delivered(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        api.inject(Fault(schema_name="refused", status=422))
        names = ["given", "refused"]
        spans = [await instance.create_span(name, payload={"prompt": name}) for name in names]
        scope = instance.span("block", payload={"prompt": "block"})
        block = await scope.__aenter__()
        await block.start()
        await client.flush()
        records = [client._span_manager.record(span_id) for span_id in [*spans, block.id]]
        assert [(record.payload, record.default_payload) for record in records] == [(None, None)] * 3
        await scope.__aexit__(None, None, None)
    assert {create["payload"]["prompt"] for create in creates(api)} == {"block", "given", "refused"}


async def test_spans_that_are_never_finished_are_counted_and_logged_once(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_index, "MOST_OPEN", 3)
    monkeypatch.setattr(span_index, "_REMEMBERED", 1)
    async with run() as (client, instance):
        oldest = await instance.create_span("left open")
        async with instance.span("block") as block:
            await block.start({})
            for _ in range(5):
                await client.flush()
                await instance.create_span("left open")
            with pytest.raises(SpanNotFoundError):
                await instance.finish_span(oldest)
        await client.flush()
        await instance.finish()
        report = await client.flush()
        assert report.complete
        assert report.forgotten_spans == client.stats().forgotten_spans == 6
    assert [span["schema_name"] for span in api.spans() if span["status"] == "complete"] == ["block"]
    logged = [message.partition(":")[0] for message in warnings(caplog) if "stays active" in message]
    assert logged == [
        "more than 20,000 spans are open, or have more than 64 MB of params",
        "spans were left open when their agent instance was finished",
    ]


async def test_repeated_starts_and_finishes_of_an_instance(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        await instance.start()
        await instance.finish(status="failed", timestamp=datetime(2026, 1, 1, tzinfo=UTC))
        await instance.finish("failed")
        assert (await client.flush()).complete
    first, second = bodies(api, "/start")
    assert first["idempotency_key"] == second["idempotency_key"]
    assert first["timestamp"] != second["timestamp"]
    assert api.instances()[0]["status"] == "failed"


async def test_quality_is_recorded_in_order(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        for number in range(5):
            await instance.record_quality("score", {"value": number, "note": None})
        await client.record_quality(instance.id, "score")
    sent = bodies(api, "/record_quality")
    assert [body["payload"] for body in sent] == [*({"value": n, "note": None} for n in range(5)), None]
    assert all("payload" in body for body in sent)


async def test_open_spans_do_not_delay_the_finish_of_the_instance(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        async with instance.span("step") as span:
            await span.start({})
            await instance.finish()
            await client.flush()
            assert steps(api)[-1] == "finish instance"
        assert (await client.flush()).complete
    assert steps(api)[-1] == "finish step"


async def test_a_slow_create_delays_its_finish_and_that_of_the_instance(api: LocalApi, run: Run) -> None:
    async with run(queue={"bulk": "never"}) as (_, instance):
        api.inject(Fault(method="POST", path="/api/v1/agent_spans", delay=0.1))
        async with instance.span("slow") as span:
            await span.start({})
        async with instance.span("quick") as span:
            await span.start({})
        await instance.finish()
    arrived = steps(api)
    assert arrived.index("finish quick") < arrived.index("finish slow") < arrived.index("finish instance")
    assert not api.violations


async def test_an_empty_result_is_recorded_as_one(api: LocalApi, run: Run) -> None:
    async with run(queue={"num_workers": 1}) as (client, instance):
        async with instance.span("given") as span:
            await span.complete({})
        async with instance.span("collected") as span:
            span.set_result({})
        async with instance.span("failed") as span:
            await span.fail({})
        by_id = await instance.create_span("by id")
        await instance.finish_span(by_id, {})
        async with instance.span("not given") as span:
            await span.complete()
        await client.flush()
    assert {span["schema_name"]: span["result_payload"] for span in api.spans()} == {
        "given": {},
        "collected": {},
        "failed": {},
        "by id": {},
        "not given": None,
    }


@pytest.mark.parametrize("validation", ["warn", "raise"])
async def test_a_thread_that_goes_on_while_sigterm_ends_the_process(
    run: Run, validation: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(validation=validation) as (_, instance), instance.span("step") as span:
        await span.start()
        fail_open_runs("the process was ended by SIGTERM")  # what the handler of the signal does
        span.set_result({"y": 1})
        await span.complete({"y": 1})
    assert not warnings(caplog)
