"""The client's side of generated span types: what `span(<class>)` opens, and what becomes of a mismatch."""

from __future__ import annotations

import logging
import threading
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, cast

import pytest
from pydantic import Field, field_serializer, model_validator
from tests.core.support import Run, config_for

from prefactor_core import PrefactorCoreClient, SchemaRegistry, SpanContext, SpanValidationError
from prefactor_core.typed import EmptyResult, PayloadModel, TypedSpan
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


class StepParams(PayloadModel):
    x: int


class StepResult(PayloadModel):
    y: int


class Step(TypedSpan[StepParams, StepResult]):
    schema_name: ClassVar[str] = "step"
    Params: TypeAlias = StepParams
    Result: TypeAlias = StepResult

    async def start(self, *, x: int) -> None:
        await self._start({"x": x})

    async def complete(self, *, y: int) -> None:
        await self._complete({"y": y})


WRONG: Any = "one"


async def test_a_class_gives_a_typed_span_and_a_string_a_context(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        async with instance.span(Step) as typed:
            assert isinstance(typed, Step)
            await typed.start(x=1)
            async with client.span(instance.id, Step, payload=StepParams(x=2)) as child:
                assert child.id != typed.id
            await typed.complete(y=1)
        async with instance.span("step") as untyped:
            assert isinstance(untyped, SpanContext)
    spans = api.spans()
    assert sorted(span["payload"].get("x", 0) for span in spans) == [0, 1, 2]
    (parent,) = [span for span in spans if span["payload"] == {"x": 1}]
    (child_record,) = [span for span in spans if span["payload"] == {"x": 2}]
    assert parent["result_payload"] == {"y": 1}
    assert child_record["parent_span_id"] == parent["id"]


async def test_a_mismatch_is_recorded_counted_and_told_once(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async with run() as (client, instance):
        for _ in range(3):
            async with instance.span(Step) as span:
                await span.start(x=WRONG)
                await span.complete(y=1)
        assert client.stats().schema_mismatches == 3
    assert [span["payload"] for span in api.spans()] == [{"x": "one"}] * 3
    (line,) = [line.getMessage() for line in caplog.records if line.levelno == logging.WARNING]
    assert "params of 'step'" in line
    assert "x: " in line


class Circle(PayloadModel):
    kind: Literal["circle"]


class Rect(PayloadModel):
    kind: Literal["rect"]


class DrawParams(PayloadModel):
    shape: Annotated[Circle | Rect, Field(discriminator="kind")]


class Draw(TypedSpan[DrawParams, EmptyResult]):
    schema_name: ClassVar[str] = "draw"
    Params: TypeAlias = DrawParams
    Result: TypeAlias = EmptyResult


async def test_what_is_told_of_a_mismatch_has_no_value(run: Run) -> None:
    async with run(validation="raise") as (_, instance):
        with pytest.raises(SpanValidationError) as caught:
            async with instance.span(Draw) as span:
                await span.start_with(cast("DrawParams", {"shape": {"kind": "a secret"}}))
    assert "shape: Input should have as 'kind' one of 'circle', 'rect'" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_a_mismatch_raises_when_asked_to(api: LocalApi, run: Run) -> None:
    async with run(validation="raise") as (_, instance):
        with pytest.raises(SpanValidationError, match="params of 'step'") as caught:
            async with instance.span(Step) as span:
                await span.start(x=WRONG)
        assert (caught.value.span_type, caught.value.part) == ("step", "params")
        with pytest.raises(SpanValidationError, match="result of 'step'"):
            async with instance.span(Step) as span:
                await span.start(x=1)  # and no result until the end
    refused, incomplete = api.spans()
    assert (refused["status"], refused["payload"]) == ("failed", {})
    assert incomplete["status"] == "complete"


async def test_an_exception_of_the_body_is_not_replaced_by_a_mismatch(run: Run) -> None:
    async with run(validation="raise") as (_, instance):
        with pytest.raises(ZeroDivisionError):
            async with instance.span(Step):
                raise ZeroDivisionError


async def test_validation_may_be_off(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run(validation="off") as (client, instance):
        async with instance.span(Step) as span:
            await span.start(x=WRONG)
        assert client.stats().schema_mismatches == 0
    assert caplog.records == []


class Failing(StepResult):
    @field_serializer("y")
    def _written(self, value: int) -> int:
        raise RuntimeError("mine")


async def test_a_model_that_cannot_write_a_field_loses_nothing(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance), instance.span(Step) as typed:
        await typed.start(x=1)
        await typed.complete_with(Failing(y=1))
    assert api.spans()[0]["result_payload"] == {"y": 1}


async def test_what_fail_carries_is_not_checked(run: Run) -> None:
    async with run(validation="raise") as (client, instance):
        async with instance.span(Step) as span:
            await span.start(x=1)
            await span.fail(ValueError("no"))
        async with instance.span(Step) as span:
            await span.fail(ValueError("no"))  # before the start: an error path is no place for another error
        assert client.stats().schema_mismatches == 0


async def test_a_type_that_the_registry_lacks_is_told_once(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    async with PrefactorCoreClient(config_for(api, schema_registry=SchemaRegistry())) as client:
        instance = await client.create_agent_instance({"name": "Agent"}, agent_id="a")
        for _ in range(2):
            async with instance.span(Step) as span:
                await span.start(x=1)
                await span.complete(y=1)
    assert len(api.spans()) == 2
    assert caplog.text.count("is not in the client's schema registry") == 1


class Costly(Step):
    """As generated where a schema has what types cannot say."""

    _checked_by_schema = ("params",)


async def test_a_costly_check_is_made_on_the_delivery_thread(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run() as (client, instance):
        for _ in range(3):
            async with instance.span(Costly) as span:
                await span.start(x=WRONG)
                await span.complete(y=1)
        await client.flush()
        assert client.stats().schema_mismatches == 3
    (told,) = caplog.records
    assert (told.threadName, told.levelname) == ("prefactor-delivery", "WARNING")
    assert "params of 'step'" in told.getMessage()


async def test_a_costly_check_raises_at_once_when_asked_to(run: Run) -> None:
    async with run(validation="raise") as (_, instance):
        with pytest.raises(SpanValidationError, match="params of 'step'"):
            async with instance.span(Costly) as span:
                await span.start(x=WRONG)


async def test_closing_makes_the_checks_that_wait(run: Run) -> None:
    async with run() as (client, instance), instance.span(Costly) as span:
        await span.start(x=WRONG)
        await span.complete(y=1)
    assert client.stats().schema_mismatches == 1


async def test_checks_that_come_too_fast_are_left_out(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    go_on = threading.Event()

    class Waiting(StepParams):
        @model_validator(mode="before")
        @classmethod
        def _wait(cls, value: object) -> object:
            go_on.wait(60)
            return value

    class Slow(Costly):
        Params: TypeAlias = Waiting
        Result: TypeAlias = StepResult

    async with run() as (client, instance):
        for _ in range(1100):
            async with instance.span(Slow) as span:
                await span.start(x=WRONG)
                await span.complete(y=1)
        go_on.set()
        await client.flush()
        assert 1000 <= client.stats().schema_mismatches < 1100
    assert "not all of them are" in caplog.text
    assert len(api.spans()) == 1100


async def test_a_check_that_fails_ends_nothing(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(StepParams):
        @model_validator(mode="before")
        @classmethod
        def _fail(cls, value: object) -> object:
            raise SystemExit

    class Failing(Costly):
        Params: TypeAlias = Broken
        Result: TypeAlias = StepResult

    async with run() as (client, instance):
        for _ in range(2):
            async with instance.span(Failing) as span:
                await span.start(x=1)
                await span.complete(y=1)
            await client.flush()
    assert len(api.spans()) == 2
    assert [record.getMessage() for record in caplog.records] == [
        "a payload could not be checked; further ones are not logged"
    ]
