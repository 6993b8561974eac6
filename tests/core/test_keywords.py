"""Wrong calls of generated methods in a program that is not type-checked: they are recorded and reported."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest.mock import AsyncMock, create_autospec

import pytest
from tests.codegen.support import GOLDEN, forget, load_package
from tests.core.support import Run, warnings, without_place

import prefactor_spans
from prefactor_core import SpanValidationError
from prefactor_core.typed import MISSING
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio

LLM: Any = prefactor_spans.AgentLlm
SPANS = {"schema_registry": prefactor_spans.registry}


def _golden(topic: str) -> Iterator[ModuleType]:
    name = f"golden_{topic}"
    yield load_package(GOLDEN / topic / "expected", name)
    forget(name)


@pytest.fixture(scope="module")
def odd_names() -> Iterator[ModuleType]:
    yield from _golden("keywords_and_aliases")


@pytest.fixture(scope="module")
def redaction() -> Iterator[ModuleType]:
    yield from _golden("redaction")


@pytest.fixture(scope="module")
def no_result() -> Iterator[ModuleType]:
    yield from _golden("minimal")


@pytest.fixture(scope="module")
def unions() -> Iterator[ModuleType]:
    yield from _golden("unions_and_maps")


async def test_wrong_and_missing_keywords_are_recorded_counted_and_logged_once(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    arguments_from_a_model = {"modell": "gpt-4", "prompt": "Hello", "colour": "red"}
    async with run(**SPANS) as (client, instance):
        for _ in range(2):
            async with instance.span(LLM) as span:
                await span.start(**arguments_from_a_model)
                span.set_result(respons="Hi")
                await span.complete(finish_reason="stop")
        assert client.stats().schema_mismatches == 4
    for sent in api.spans():
        assert sent["payload"] == arguments_from_a_model
        assert sent["result_payload"] == {"respons": "Hi", "finish_reason": "stop"}
    params, result = warnings(caplog)
    assert f"(at {__file__}:" in params
    assert without_place(params) == (
        "the params of 'agent:llm' do not match the schema: model: Field required; "
        "modell: start() has no such keyword; did you mean 'model'?; "
        "colour: start() has no such keyword; start_with(…) takes other properties "
        "(recorded anyway; further mismatches of these kinds are not logged)"
    )
    assert "the result of 'agent:llm': respons: set_result() has no such keyword; did you mean 'response'?" in result


async def test_a_wrong_keyword_raises_when_asked_to(api: LocalApi, run: Run) -> None:
    async with run(**SPANS, validation="raise") as (client, instance):
        async with instance.span(LLM) as span:
            with pytest.raises(
                SpanValidationError, match=r"^the params of 'agent:llm': promt: start\(\) has"
            ) as caught:
                await span.start(model="gpt-4", promt="Hello")
            assert caught.value.problems == ("promt: start() has no such keyword; did you mean 'prompt'?",)
            with pytest.raises(SpanValidationError, match="do not match the schema: model: Field required"):
                await span.start()
            await span.start(model="gpt-4")
            with pytest.raises(SpanValidationError, match=r"respons: complete\(\) has no such keyword"):
                await span.complete(respons="Hi")
            await span.complete(response="Hi")
        assert client.stats().schema_mismatches == 3
    assert [(span["payload"], span["result_payload"]) for span in api.spans()] == [
        ({"model": "gpt-4"}, {"response": "Hi"})
    ]


async def test_a_wrong_keyword_is_recorded_without_validation(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(**SPANS, validation="off") as (_, instance), instance.span(LLM) as span:
        await span.start(promt="Hello", tools=MISSING)
    assert [span["payload"] for span in api.spans()] == [{"promt": "Hello"}]
    assert caplog.records == []


async def test_a_name_that_the_schema_forbids_too_is_reported_once(run: Run, no_result: ModuleType) -> None:
    async with run(schema_registry=no_result.registry, validation="raise") as (_, instance):
        with pytest.raises(SpanValidationError) as caught:
            async with instance.span(no_result.AgentStep, payload={"name": "n"}) as span:
                await span.complete(total=1)
    assert caught.value.problems == ("total: complete() has no such keyword; complete_with(…) takes other properties",)


async def test_json_names_are_taken_too(api: LocalApi, run: Run, odd_names: ModuleType) -> None:
    payload = {"class": "c", "self": "s", "content-type": "text", "9lives": 9, "": "empty", "id": "i"}
    async with run(schema_registry=odd_names.registry, validation="raise") as (_, instance):
        async with instance.span(odd_names.ToolCall) as span:
            await span.start(**payload)
            await span.complete(**{"None": None, "with space": "s"})
        async with instance.span(odd_names.ToolCall) as span:
            await span.start(class_="c", self="s", content_type="text", field_9lives=9, field_="empty", id="i")
            await span.complete(None_=None, with_space="s")
        async with instance.span(odd_names.ToolCall) as span:
            with pytest.raises(SpanValidationError, match=r"class: start\(\) has no such .*'class_'"):
                await span.start(class_="c", self="s", **{"class": "d"})
            await span.start(class_="c", self="s")
            await span.complete(None_=None)
    recorded = [(span["payload"], span["result_payload"]) for span in api.spans()]
    assert recorded.count((payload, {"None": None, "with space": "s"})) == 2


async def test_a_misspelled_name_reveals_nothing_that_is_redacted(
    api: LocalApi, run: Run, redaction: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(schema_registry=redaction.registry) as (_, instance), instance.span(redaction.AgentLogin) as span:
        await span.start(tokken="a secret", note="n")
    (sent,) = api.spans()
    assert sent["payload"] == {"tokken": "[redacted]", "note": "n"}
    assert "did you mean 'token'" in caplog.text
    assert "secret" not in caplog.text


TAKES_KEYWORDS = (
    "'agent:llm': start() takes keywords; for a whole payload use start_with(…) (%s; further ones are not logged)"
)


@pytest.mark.parametrize("whole", [{"model": "gpt-4"}, LLM.Params(model="gpt-4")], ids=["dict", "model"])
async def test_a_whole_payload_given_to_start_is_recorded(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture, whole: object
) -> None:
    async with run(**SPANS) as (client, instance):
        for _ in range(2):
            async with instance.span(LLM) as span:
                await span.start(whole, prompt="Hello")
                span.set_result({"response": "Hi"})
                await span.complete({"finish_reason": "stop"})
        assert client.stats().schema_mismatches == 0
    for sent in api.spans():
        assert sent["payload"] == {"model": "gpt-4", "prompt": "Hello"}
        assert sent["result_payload"] == {"response": "Hi", "finish_reason": "stop"}
    lines = [without_place(line) for line in warnings(caplog)]
    assert lines[0] == TAKES_KEYWORDS % "it was recorded as the whole payload"
    assert [line.partition(";")[2].partition(" (")[0] for line in lines] == [
        f" for a whole payload use {name}_with(…)" for name in ("start", "set_result", "complete")
    ]


class Hostile:
    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise RuntimeError("mine")


@pytest.mark.parametrize("positional", [(None,), ("gpt-4",), ({"model": "a"}, {"model": "b"}), (Hostile(),)])
async def test_other_positional_arguments_are_reported(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture, positional: tuple[object, ...]
) -> None:
    async with run(**SPANS) as (_, instance), instance.span(LLM) as span:
        await span.start(*positional, model="gpt-4")
    assert [span["payload"] for span in api.spans()] == [{"model": "gpt-4"}]
    assert [without_place(line) for line in warnings(caplog)] == [
        TAKES_KEYWORDS % "positional arguments were not recorded"
    ]


async def test_positional_arguments_raise_when_asked_to(run: Run) -> None:
    async with run(**SPANS, validation="raise") as (_, instance), instance.span(LLM) as span:
        with pytest.raises(
            SpanValidationError, match=r"start\(\) takes keywords; for a whole payload use start_with\("
        ):
            await span.start({"model": "gpt-4"})
        await span.start(model="gpt-4")


async def test_maps_and_unions_take_any_keyword(
    api: LocalApi, run: Run, unions: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    checked = {"schema_registry": unions.registry, "validation": "raise"}
    async with run(**checked) as (_, instance), instance.span(unions.AgentShow) as span:
        await span.start(kind="picture", overload=1)
        await span.complete(state="whole")
    assert [(span["payload"], span["result_payload"]) for span in api.spans()] == [
        ({"kind": "picture", "overload": 1}, {"state": "whole"})
    ]
    assert caplog.records == []


async def test_a_subclass_of_the_program_calls_the_generated_methods(api: LocalApi, run: Run) -> None:
    class Gpt(LLM):  # type: ignore[misc]
        async def start(self, **values: object) -> None:
            await super().start(model="gpt-4", **values)

    async with run(**SPANS, validation="raise") as (_, instance), instance.span(Gpt) as span:
        await span.start(prompt="Hello")
        await span.complete(response="Hi")
    assert [span["payload"] for span in api.spans()] == [{"model": "gpt-4", "prompt": "Hello"}]


def test_the_signature_is_the_declared_one(odd_names: ModuleType) -> None:
    start = inspect.signature(LLM.start).parameters
    assert [*start] == ["self", "model", "prompt", "messages", "provider", "parameters", "tools"]
    assert (start["model"].annotation, start["model"].default) == ("str", inspect.Parameter.empty)
    assert (start["prompt"].annotation, start["prompt"].default) == ("str | MISSING", MISSING)
    assert all(each.default is MISSING for each in [*inspect.signature(LLM.set_result).parameters.values()][1:])
    odd = inspect.signature(odd_names.ToolCall.start).parameters
    assert [*odd][:3] == ["_self", "class_", "import_"]
    assert odd["content_type"].annotation == "str | MISSING"
    assert (LLM.start.__qualname__, LLM.start.__module__) == ("AgentLlm.start", LLM.__module__)
    bound = inspect.signature(create_autospec(LLM, instance=True).complete)
    assert str(bound).startswith("(*, response: 'str | MISSING' = MISSING, message: 'Message")
    assert inspect.getdoc(LLM.complete) == "Finish the span as `complete` with its result."


async def test_mocks_take_the_methods_from_the_class() -> None:
    mock = AsyncMock(spec=LLM)
    await mock.start(model="gpt-4")
    assert mock.set_result(response="Hi") is not None
    strict = create_autospec(LLM, instance=True)
    await strict.start(model="gpt-4")
    with pytest.raises(TypeError, match="model"):
        await strict.start(prompt="Hello")
