"""Generated span types in the client: what `span(<class>)` opens, and what happens on a mismatch."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias, cast

import pytest
from pydantic import field_serializer
from tests.codegen.schemas import option, properties
from tests.core.support import Run, config_for, register, warnings

from prefactor_core import PrefactorCoreClient, SchemaRegistry, SpanContext, SpanValidationError
from prefactor_core.typed import EmptyResult, PayloadModel, TypedSpan
from prefactor_local import LocalApi
from prefactor_spans import AgentLlm, AgentLlmParamsMessage, AgentLlmResultTokenUsage, registry

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


INTEGER = {"type": "integer"}
STEPS = SchemaRegistry()
STEPS.register_type("step", properties("x", x=INTEGER), properties("y", y=INTEGER))
STEPS.register_type("draw", properties("shape", shape={"oneOf": [option("circle"), option("rect")]}))


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


async def test_a_mismatch_is_recorded_counted_and_logged_once(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(schema_registry=STEPS) as (client, instance):
        for _ in range(3):
            async with instance.span(Step) as span:
                await span.start(x=WRONG)
                await span.complete(y=1)
        assert client.stats().schema_mismatches == 3
    assert [span["payload"] for span in api.spans()] == [{"x": "one"}] * 3
    (line,) = warnings(caplog)
    assert "params of 'step'" in line
    assert "x: Input should be an integer, found a string" in line


class DrawParams(PayloadModel):
    shape: dict[str, str]


class Draw(TypedSpan[DrawParams, EmptyResult]):
    schema_name: ClassVar[str] = "draw"
    Params: TypeAlias = DrawParams
    Result: TypeAlias = EmptyResult


async def test_the_message_of_a_mismatch_holds_no_value(run: Run) -> None:
    async with run(validation="raise", schema_registry=STEPS) as (_, instance):
        with pytest.raises(SpanValidationError) as caught:
            async with instance.span(Draw) as span:
                await span.start_with(cast("DrawParams", {"shape": {"kind": "a secret"}}))
    assert "shape: 'kind' should be one of 'circle', 'rect'" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_a_mismatch_raises_when_asked_to(api: LocalApi, run: Run) -> None:
    async with run(validation="raise", schema_registry=STEPS) as (_, instance):
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
    async with run(validation="raise", schema_registry=STEPS) as (_, instance):
        with pytest.raises(ZeroDivisionError):
            async with instance.span(Step):
                raise ZeroDivisionError


async def test_validation_may_be_off(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run(validation="off", schema_registry=STEPS) as (client, instance):
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


async def test_the_result_of_fail_is_not_checked(run: Run) -> None:
    async with run(validation="raise", schema_registry=STEPS) as (client, instance):
        async with instance.span(Step) as span:
            await span.start(x=1)
            await span.fail(ValueError("no"))
        async with instance.span(Step) as span:
            await span.fail(ValueError("no"))  # before the start: a mismatch must not hide the program's error
        assert client.stats().schema_mismatches == 0


async def test_a_type_missing_from_the_registry_is_logged_once(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    async with PrefactorCoreClient(config_for(api, schema_registry=SchemaRegistry())) as client:
        instance = await register(client)
        for _ in range(2):
            async with instance.span(Step) as span:
                await span.start(x=1)
                await span.complete(y=1)
    assert len(api.spans()) == 2
    assert caplog.text.count("span type 'step' is not registered. It is recorded anyway") == 1


async def test_models_are_taken_for_nested_objects_although_the_types_ask_for_dicts(api: LocalApi, run: Run) -> None:
    message = AgentLlmParamsMessage(role="user", content="Hi")
    usage = AgentLlmResultTokenUsage(input_tokens=1, output_tokens=2)
    models: Any = {"messages": [message], "usage": usage}
    async with run(validation="raise", schema_registry=registry) as (_, instance):
        async with instance.span(AgentLlm) as span:
            await span.start(model="m", messages=models["messages"])
            await span.complete(usage=models["usage"])
        async with instance.span(AgentLlm) as span:
            await span.start(model="m", messages=[message.to_dict()])
            await span.complete(usage=usage.to_dict())
        async with instance.span(AgentLlm) as span:
            await span.start_with(AgentLlm.Params(model="m", messages=[message]))
            await span.complete_with({"usage": models["usage"]})
    recorded = [(span["payload"], span["result_payload"]) for span in api.spans()]
    params = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    assert recorded == [(params, {"usage": {"input_tokens": 1, "output_tokens": 2}})] * 3
