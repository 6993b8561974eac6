"""`traced`: functions, coroutine functions and methods whose calls are spans."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator
from functools import partial, wraps
from typing import Any

import pytest
from tests.core.support import Run, config_for, parents, warnings

from prefactor_core import (
    PrefactorCoreClient,
    PrefactorCoreConfig,
    SpanContext,
    SpanValidationError,
    current_instance,
    current_span,
    set_default_instance,
    traced,
)
from prefactor_core.testing import record
from prefactor_local import LocalApi
from prefactor_spans import AgentChatTurn, AgentLlm, AgentRetrieval, AgentRun, AgentTool, registry

pytestmark = pytest.mark.anyio

SPANS: dict[str, Any] = {"schema_registry": registry}
STRICT = {**SPANS, "validation": "raise"}


def calls(api: LocalApi, schema_name: str | None = None) -> list[tuple[str, Any, Any]]:
    """Status, params and result of each span, in order of their starts."""
    assert not api.violations
    spans = sorted(api.spans(), key=lambda span: str(span["started_at"]))
    return [
        (span["status"], span["payload"], span["result_payload"])
        for span in spans
        if schema_name in {None, span["schema_name"]}
    ]


@traced(AgentRetrieval, result=lambda found: {"documents": found, "count": len(found)})
def search(query: str, top_k: int = 3, *, verbose: bool = False) -> list[dict[str, str]]:
    return [{"id": query}] * top_k


@traced(AgentTool, params=lambda **arguments: AgentTool.Params(name="weather", arguments=arguments), result="output")
async def weather(city: str, days: int = 2) -> str:
    await asyncio.sleep(0)
    return f"{search(city, 1)[0]['id']}: rain"


@traced(AgentLlm, params=lambda prompt: AgentLlm.Params(model="m", prompt=prompt))
def ask(prompt: str) -> AgentLlm.Result | None:
    return AgentLlm.Result(response=prompt.upper()) if prompt else None


async def test_the_calls_of_functions_and_coroutine_functions(api: LocalApi, run: Run) -> None:
    async with run(**STRICT):
        assert search("a", top_k=1, verbose=True) == [{"id": "a"}]
        assert await weather("Rome") == "Rome: rain"
        assert ask("hi") is not None
        assert ask("") is None
    assert calls(api) == [
        ("complete", {"query": "a", "top_k": 1}, {"documents": [{"id": "a"}], "count": 1}),
        ("complete", {"name": "weather", "arguments": {"city": "Rome", "days": 2}}, {"output": "Rome: rain"}),
        ("complete", {"query": "Rome", "top_k": 1}, {"documents": [{"id": "Rome"}], "count": 1}),
        ("complete", {"model": "m", "prompt": "hi"}, {"response": "HI"}),
        ("complete", {"model": "m", "prompt": ""}, None),
    ]
    assert [span["schema_errors"] for span in api.spans()] == [[]] * 5


class Agent:
    model = "m-1"

    @traced(AgentLlm, params=lambda self, prompt: {"model": self.model, "prompt": prompt}, result="response")
    def ask(self, prompt: str) -> str:
        return prompt

    @traced(AgentTool, params=lambda **others: AgentTool.Params(name="t", arguments=others), result="output")
    async def use(self, /, x: int, *rest: int, **named: int) -> int:
        return x

    @classmethod
    @traced(AgentRetrieval)
    def inside(cls, query: str) -> None:
        assert cls is Agent

    @traced(AgentRetrieval)
    @classmethod
    def outside(klass, query: str) -> None:  # noqa: N804
        assert klass is Agent

    @traced("step")
    @staticmethod
    def plain(x: int, self: int = 2) -> None: ...

    @traced("step")
    def by_name(self, x: int, *rest: int, **others: int) -> dict[str, int]:
        return {"y": x}


async def test_the_calls_of_methods(api: LocalApi, run: Run) -> None:
    agent = Agent()
    async with run(**SPANS, validation="off"):
        assert agent.ask("hi") == "hi"
        assert await agent.use(1, 2, y=3) == 1
        Agent.inside("a")
        agent.outside(query="b")
        agent.plain(1)
        assert agent.by_name(1, 2, y=3) == {"y": 1}
        assert Agent.by_name(agent, 4) == {"y": 4}
    assert calls(api) == [
        ("complete", {"model": "m-1", "prompt": "hi"}, {"response": "hi"}),
        ("complete", {"name": "t", "arguments": {"y": 3, "x": 1, "rest": [2]}}, {"output": 1}),
        ("complete", {"query": "a"}, None),
        ("complete", {"query": "b"}, None),
        ("complete", {"x": 1, "self": 2}, None),
        ("complete", {"y": 3, "x": 1, "rest": [2]}, {"y": 1}),
        ("complete", {"x": 4, "rest": []}, {"y": 4}),
    ]


def test_a_decorated_function_shows_what_it_decorates() -> None:
    assert inspect.iscoroutinefunction(weather)
    assert not inspect.iscoroutinefunction(search)
    assert search.__name__ == "search"
    assert str(inspect.signature(search)).startswith("(query: 'str', top_k: 'int' = 3, *, verbose")


def no_arguments() -> None: ...
def wrong_name(qery: str) -> None: ...
def listing(query: str) -> list[str]: ...  # type: ignore[empty-body]
def texts(prompt: str) -> Iterator[str]:
    yield prompt


async def items(prompt: str) -> Any:
    yield prompt


RETRIEVAL = "@traced(AgentRetrieval) does not fit"
untyped: Any = traced  # wrong uses
MISTAKES: list[tuple[Callable[[], object], str]] = [
    (lambda: untyped(AgentRetrieval)(no_arguments), f"{RETRIEVAL} no_arguments(): no argument gives the required"),
    (lambda: untyped(AgentRetrieval)(wrong_name), "required property 'query'; did you mean 'qery'?"),
    (lambda: untyped(AgentRetrieval, params=lambda querry: {})(listing), "'querry', which the function does not have"),
    (lambda: untyped(AgentRetrieval, params=lambda querry: {})(listing), "did you mean 'query'?"),
    (lambda: untyped(AgentRetrieval, params=lambda x, /: {})(listing), "but its 'x' is positional"),
    (lambda: untyped(AgentRetrieval, result="document")(listing), "no property 'document'; did you mean 'documents'?"),
    (
        lambda: untyped(AgentRetrieval)(listing),
        "what it returns (list[str]) is no mapping, model or dataclass. Give result=",
    ),
    (lambda: untyped("step")(len), "")
    and (lambda: untyped("step", result=1)(len), "result= must be a function, not int"),
    (lambda: untyped("step", collect=list)(listing), "collect= is for generators"),
    (lambda: untyped("step", collect=list, result="x")(texts), "give one of result= and collect="),
    (lambda: untyped("step", result="x")(items), "an async generator returns nothing: give collect="),
    (lambda: untyped("step", params=weather)(no_arguments), "must be a plain function"),
    (lambda: untyped("step", capture="both")(no_arguments), "capture must be True, False, 'params' or 'result'"),
    (lambda: untyped(Agent)(no_arguments), "the span type must be a generated class or a name"),
    (lambda: untyped("step")(Agent), "it decorates functions and methods, not Agent"),
    (lambda: untyped("step")(property(wrong_name)), "it decorates functions and methods, not property"),
]


@pytest.mark.parametrize(("decorate", "message"), MISTAKES)
def test_a_mistake_raises_at_decoration(decorate: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        decorate()
    assert message in str(caught.value)


async def test_an_exception_of_the_function_passes_and_fails_its_span(api: LocalApi, run: Run) -> None:
    error = LookupError("no such city")

    @traced(AgentRetrieval)
    def find(query: str) -> None:
        current_span(AgentRetrieval).set_result(count=0)
        raise error

    async with run(**STRICT):
        with pytest.raises(LookupError) as caught:
            find("Atlantis")
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'query'"):
            find()  # type: ignore[call-arg]
    assert caught.value is error
    failed, wrong_call = calls(api)
    described = {"type": "LookupError", "message": "no such city"}
    assert failed == ("failed", {"query": "Atlantis"}, {"count": 0, "error": described})
    assert wrong_call[:2] == ("failed", {})


async def test_a_cancelled_call_is_a_cancelled_span(api: LocalApi, run: Run) -> None:
    @traced(AgentRetrieval, result=None)
    async def find(query: str) -> None:
        await asyncio.Event().wait()

    async with run(**STRICT):
        task = asyncio.ensure_future(find("a"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert current_span().id == ""
    assert [status for status, *_ in calls(api)] == ["cancelled"]


def test_without_an_instance_the_function_runs_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    @traced(AgentRetrieval, params=lambda query: 1 / 0)  # type: ignore[arg-type, return-value]
    def find(query: str) -> None:
        span = current_span(AgentRetrieval)
        span.set_result(count=1)
        span.complete(count=2)
        span.start_with({"query": query})
        assert span.id == current_span().id == ""

    for _ in range(3):
        find("secret")
    (message,) = warnings(caplog)
    assert "find() was called without an agent instance" in message
    assert "secret" not in message
    monkeypatch.setenv("PREFACTOR_DISABLED", "1")
    traced(AgentRetrieval)(lambda query: None)("a")
    assert len(warnings(caplog)) == 1


class Hostile:
    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise ValueError("secret")

    def __repr__(self) -> str:
        raise ValueError("secret")


def failing(*_: object, **__: object) -> Any:
    raise ValueError("secret")


@pytest.mark.parametrize(
    ("mapper", "text"),
    [
        (failing, "raised ValueError"),
        (lambda *_, **__: ["secret"], "made a list, which is no mapping, model or dataclass"),
        (lambda *_, **__: Hostile(), "made a Hostile, which is no mapping, model or dataclass"),
        (lambda *_, **__: None, "made a NoneType"),
    ],
)
async def test_a_mapper_that_fails_costs_its_part(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture, mapper: Any, text: str
) -> None:
    mapped: Any = traced(AgentLlm, params=mapper, result=mapper)(lambda prompt: prompt)
    collected = traced(AgentLlm, params=lambda prompt: {"model": "m"}, collect=mapper)(texts)
    async with run(**STRICT):
        for _ in range(2):
            assert mapped("a") == "a"
            assert list(collected("a")) == ["a"]
    assert calls(api) == [("complete", {}, None), ("complete", {"model": "m"}, None)] * 2
    logged = warnings(caplog)
    assert [text in message for message in logged] == [True] * 3
    assert [message.partition("=")[0] for message in logged] == ["params", "result", "collect"]
    assert not any("secret" in message for message in logged)


async def test_a_value_that_is_no_result_is_logged_once(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    find: Any = traced(AgentRetrieval)(lambda query: Hostile() if query == "h" else [query])
    async with run(**STRICT):
        assert find("a") == ["a"]
        assert type(find("h")) is Hostile
    assert [result for *_, result in calls(api)] == [None, None]
    (message,) = warnings(caplog)
    assert f"returned a list, which is no mapping, model or dataclass: give result= (at {__file__}:" in message


async def test_an_argument_that_is_none_by_default_is_left_out(api: LocalApi, run: Run) -> None:
    @traced(AgentRetrieval)
    def find(query: str, top_k: int | None = None, filters: dict[str, int] | None = None, **others: object) -> None: ...

    @traced("order:find")
    def by_name(customer: str | None = None) -> None: ...

    async with run(**SPANS, validation="off"):
        find("a")
        find("b", 2, data_source_id="c", unknown=1)
        by_name()
    assert [params for _, params, _ in calls(api)] == [
        {"query": "a"},
        {"query": "b", "top_k": 2, "data_source_id": "c"},
        {"customer": None},
    ]


async def test_what_is_not_captured_is_not_checked(api: LocalApi, run: Run) -> None:
    def find(query: int, more: object = None) -> dict[str, str]:
        return {"count": "many"}

    async with run(**STRICT):
        assert traced(AgentRetrieval, capture=False)(find)(1) == {"count": "many"}
        with pytest.raises(SpanValidationError, match="count"):
            traced(AgentRetrieval, capture="result")(find)(1)
        with pytest.raises(SpanValidationError, match="query"):
            traced(AgentRetrieval, capture="params")(find)(1)
    assert calls(api)[:2] == [("complete", {}, None), ("complete", {}, {"count": "many"})]


async def test_a_mismatch_raises_only_when_asked_to(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    entered: list[str] = []

    @traced("agent:llm", result=lambda text: {"response": text})
    def answer(model: Any, prompt: str) -> Any:
        entered.append(prompt)
        return 1 / 0 if prompt == "fail" else prompt == "ok" and "text"

    async with run(**STRICT):
        with pytest.raises(SpanValidationError, match="model"):
            answer(1, "not called")
        with pytest.raises(SpanValidationError, match="response"):
            answer("m", "wrong result")
        with pytest.raises(ZeroDivisionError):
            answer("m", "fail")
    assert entered == ["wrong result", "fail"]
    assert [status for status, *_ in calls(api)] == ["failed", "complete", "failed"]
    async with run(**SPANS):
        assert answer(1, "ok") == "text"
    assert len(warnings(caplog)) == 1


async def test_redaction_applies(api: LocalApi, run: Run) -> None:
    async with run(**SPANS, redact=lambda field: "[x]" if "query" in field.path else field.value):
        search("secret", 0)
    assert calls(api) == [("complete", {"query": "[x]", "top_k": 0}, {"documents": [], "count": 0})]


async def test_the_current_span_is_the_innermost_of_its_type(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    @traced(AgentRun, result="output")
    def go(input: str) -> str:  # noqa: A002
        assert isinstance(current_span(), SpanContext)
        helper()
        current_span(AgentRun).set_result(steps=2)
        return "done"

    def helper() -> None:
        current_span(AgentRun).set_result(output="replaced", usage={"input_tokens": 1, "output_tokens": 2})
        current_span(AgentChatTurn).set_result(assistant_message="nobody")

    async with run(**SPANS) as (_, instance):
        async with instance.span(AgentRun) as outer:
            outer.start(input="outer")
            assert current_span(AgentRun).id == outer.id
            go("inner")
            go("inner")
            current_span(AgentRun).set_result(steps=1)
        span_id = await instance.create_span("agent:tool", payload={"name": "t"})
        current_span().set_result({"summary": "s"})
        await instance.finish_span(span_id, {"output": 1})
    inner = {"output": "done", "steps": 2, "usage": {"input_tokens": 1, "output_tokens": 2}}
    assert [result for *_, result in calls(api)] == [{"steps": 1}, inner, inner, {"summary": "s", "output": 1}]
    (message,) = warnings(caplog)
    assert "current_span(AgentChatTurn): no such span is open here" in message


async def test_a_body_that_finishes_its_span_decides(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    @traced(AgentTool, params=lambda: {"name": "t"}, result="output")
    def use() -> str:
        current_span(AgentTool).complete(summary="done")
        return "not recorded"

    async with run(**STRICT):
        use()
    assert calls(api) == [("complete", {"name": "t"}, {"summary": "done"})]
    assert not warnings(caplog)


async def test_a_function_outlives_its_client(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    client = PrefactorCoreClient(config_for(api, **SPANS))
    client.sync.initialize()
    scope = client.instance(agent_id="a", agent_version={"name": "A"})
    instance = scope.__enter__()

    @traced(AgentRun, result="output")
    def go(input: str) -> str:  # noqa: A002
        client.sync.close()
        return "done"

    assert go("a") == "done"
    set_default_instance(instance)
    try:
        assert go("b") == "done"
        assert go("c") == "done"
    finally:
        set_default_instance(None)
        scope.__exit__(None, None, None)
    _, closed, late = warnings(caplog)[:3]
    assert "a span is not finished, and its result is lost: the client is closed inside its block" in closed
    assert "go() was called without an agent instance" in late  # the run is finished


async def test_recursive_calls_are_nested(api: LocalApi, run: Run) -> None:
    @traced("step")
    def count(n: int) -> dict[str, int]:
        return {"n": n} if n == 0 else count(n - 1)

    async with run():
        count(3)
    spans = {span["id"]: span for span in api.spans()}
    ancestors = {
        span["payload"]["n"]: spans[span["parent_span_id"]]["payload"]["n"] if span["parent_span_id"] else None
        for span in spans.values()
    }
    assert ancestors == {3: None, 2: 3, 1: 2, 0: 1}


async def test_a_plain_function_around_a_coroutine_function(api: LocalApi, run: Run) -> None:
    def passing(function: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
        @wraps(function)
        def called(*args: Any) -> Awaitable[str]:
            return function(*args)

        return called

    @traced(AgentRun, result="output")
    @passing
    async def go(input: str) -> str:  # noqa: A002
        search("a")
        return "done"

    async with run(**STRICT):
        coroutine = go("a")
        search("b", 1)
        assert await coroutine == "done"
        assert await asyncio.ensure_future(partial(go, "a")()) == "done"
    assert ("complete", {"input": "a"}, {"output": "done"}) in calls(api)
    outside = next(span for span in api.spans() if span["payload"] == {"query": "b", "top_k": 1})
    assert outside["parent_span_id"] is None
    assert parents(api)["agent:retrieval"] in {None, "agent:run"}


async def test_disabled_clients(monkeypatch: pytest.MonkeyPatch, api: LocalApi, caplog: Any) -> None:
    monkeypatch.setenv("PREFACTOR_DISABLED", "1")
    caplog.set_level(logging.INFO)
    with PrefactorCoreClient(config_for(api, **SPANS)) as client, client.instance({"name": "A"}, agent_id="a"):
        assert current_instance() is not None
        assert search("a", 1) == [{"id": "a"}]
        assert await weather("Rome") == "Rome: rain"
    assert caplog.records == []
    assert api.requests == []


def test_a_test_that_records_hears_of_each_mistake() -> None:
    mapped: Any = traced(AgentTool, params=failing, result=failing)(lambda: 1)
    with record(strict=False) as recorded:
        search("a", 1)
        search("b", 1)
        client = PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry))
        with client, client.instance({"name": "A"}, agent_id="a"):
            mapped()
            search("c", 1)
    assert recorded.one(AgentRetrieval).params.query == "c"
    assert [finding.kind for finding in recorded.findings()] == ["no_instance", "no_instance", *["mapper_error"] * 2]
