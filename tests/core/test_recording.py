"""`prefactor_core.testing`: what tests of agents record and read."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from tests.core.support import NoSpanTypes, config_for, register, warnings

from prefactor_core import (
    AgentInstanceHandle,
    PrefactorCoreClient,
    PrefactorCoreConfig,
    PrefactorTerminatedError,
    SchemaRegistry,
    SpanContextStack,
    current_instance,
    set_default_instance,
)
from prefactor_core.testing import Recorded, record
from prefactor_http import HttpClientConfig, PrefactorAuthError, PrefactorConnectionError
from prefactor_local import LocalApi
from prefactor_spans import AgentLlm, AgentRetrieval, AgentRun, AgentTool, registry

T = TypeVar("T")

REFUSED = PrefactorAuthError("the token is not valid", "unauthorized", 401)


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREFACTOR_API_URL", "PREFACTOR_API_TOKEN", "PREFACTOR_DISABLED"):
        monkeypatch.delenv(name, raising=False)


def without_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("it waited")


def make_client(**settings: Any) -> PrefactorCoreClient:
    return PrefactorCoreClient(
        PrefactorCoreConfig(**{"http_config": HttpClientConfig(), "schema_registry": registry, **settings})
    )


async def opened(**settings: Any) -> tuple[PrefactorCoreClient, AgentInstanceHandle]:
    client = make_client(**settings)
    await client.initialize()
    instance = await register(client)
    await instance.start()
    return client, instance


async def call_tool(instance: AgentInstanceHandle, name: str) -> None:
    async with instance.span(AgentTool) as tool:
        await tool.start(name=name)
        if name == "get_flight_status":
            raise ConnectionError("the airline does not answer")
        await tool.complete(output="18 °C")


async def pack(instance: AgentInstanceHandle) -> None:
    async with instance.span(AgentRun) as run:
        await run.start(input="What should I pack?")
        async with instance.span(AgentLlm) as llm:
            await llm.start(model="scripted-1")
            await llm.complete(response="(asks for 2 tools)", usage={"input_tokens": 3, "output_tokens": 1})
        for name in ("get_forecast", "get_flight_status"):
            try:
                await call_tool(instance, name)
            except ConnectionError:
                continue
        await run.complete(output="A jacket")


async def agent() -> None:
    client, instance = await opened()
    await pack(instance)
    await instance.finish()
    await client.close()


TREE = """\
agent:run      complete  What should I pack? → A jacket
├─ agent:llm   complete  scripted-1 → (asks for 2 tools)
├─ agent:tool  complete  get_forecast → 18 °C
└─ agent:tool  failed    get_flight_status: ConnectionError: the airline does not answer"""


def message_of(error: pytest.ExceptionInfo[AssertionError]) -> list[str]:
    return str(error.value).splitlines()


def test_what_an_agent_records_is_read_with_types_and_in_order() -> None:
    with record() as recorded:
        without_loop(agent())
    run = recorded.one(AgentRun)
    assert (run.params.input, run.result.output, run.status) == ("What should I pack?", "A jacket", "complete")
    assert [child.type for child in run.children()] == ["agent:llm", "agent:tool", "agent:tool"]
    assert [tool.params.name for tool in run.children(AgentTool)] == ["get_forecast", "get_flight_status"]
    failed = recorded.one(AgentTool, where=lambda span: span.status == "failed")
    assert failed.error == ("ConnectionError", "the airline does not answer")
    assert failed.parent == run
    assert recorded.all("agent:llm")[0].raw_params == {"model": "scripted-1"}
    assert recorded.roots == [run]
    assert recorded.spans[0].instance == recorded.instance
    assert len(recorded.instance.spans) == 4
    assert (recorded.instance.name, recorded.instance.status) == ("Agent", "complete")
    assert recorded.instance.registration["agent_id"] == "a"
    assert run.started_at
    assert run.finished_at
    assert run.started_at < run.finished_at
    assert recorded.tree() == TREE


def test_a_snapshot_is_json_and_the_same_for_each_run() -> None:
    snapshots = []
    for _ in range(2):
        with record() as recorded:
            without_loop(agent())
        snapshots.append(json.loads(json.dumps(recorded.snapshot())))
    assert snapshots[0] == snapshots[1]
    (run,) = snapshots[0]
    assert {key: run[key] for key in ("type", "status", "params")} == {
        "type": "agent:run",
        "status": "complete",
        "params": {"input": "What should I pack?"},
    }
    assert [child["type"] for child in run["spans"]] == ["agent:llm", "agent:tool", "agent:tool"]


def test_nothing_runs_beside_the_agent() -> None:
    threads = threading.active_count()
    with record() as recorded:
        client, instance = without_loop(opened())
        without_loop(pack(instance))
        assert threading.active_count() == threads
        report = without_loop(client.flush())
        assert (report.delivered, report.accepted) == (9, 9)
        without_loop(instance.finish())
    assert recorded.instance.status == "complete"


def test_several_runs_stand_below_their_agents() -> None:
    with record() as recorded:
        without_loop(agent())
        without_loop(agent())
    lines = recorded.tree().splitlines()
    assert [line.split()[0] for line in (lines[0], lines[1], lines[5])] == ["Agent", "└─", "Agent"]
    with pytest.raises(AssertionError, match="expected one agent instance, found 2"):
        _ = recorded.instance


async def many(number: int) -> None:
    """A run with many model calls, and two tool calls among them."""
    _, instance = await opened()
    async with instance.span(AgentRun) as run:
        await run.start(input="x")
        for place in range(number - 3):
            if place in {30, 70}:
                async with instance.span(AgentTool) as tool:
                    await tool.start(name="t")
            async with instance.span(AgentLlm) as llm:
                await llm.start(model="m")
    await instance.finish()


def calls_to_walk(number: int) -> int:
    """How many calls of Python functions it takes to read the tree of a recording."""
    with record() as recorded:
        without_loop(many(number))
    spans, run, before, calls = recorded.spans, recorded.one(AgentRun), sys.getprofile(), 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        children, parents = [len(span.children()) for span in spans], {span.parent for span in spans}
    finally:
        sys.setprofile(before)
    assert (sum(children), parents) == (number - 1, {None, run})
    return calls


def test_the_time_to_walk_the_tree_grows_with_the_number_of_spans_alone() -> None:
    assert calls_to_walk(400) < 5 * calls_to_walk(100)


def test_a_message_shows_the_spans_that_matter_of_many() -> None:
    with record() as recorded:
        without_loop(many(1000))
    with pytest.raises(AssertionError) as error:
        recorded.one(AgentTool)
    assert message_of(error)[1:5] == [
        "    agent:run      complete  x",
        "  → ├─ agent:tool  complete  t",
        "  → └─ agent:tool  complete  t",
        "  … 997 of 1,000 spans are left out; recorded.tree() has all",
    ]
    with pytest.raises(AssertionError) as error:
        recorded.one(AgentRetrieval)
    assert len(message_of(error)) == 1 + 40 + 1
    assert len(recorded.tree().splitlines()) == 1000


def test_messages_for_spans_that_are_nested_deeply() -> None:
    with record(strict=False) as recorded:
        client, instance = without_loop(opened())
        parent = None
        for _ in range(1200):
            parent = without_loop(client.create_span(instance.id, "agent:run", parent, {"input": "x"}))
    assert len(recorded.tree().splitlines()) == 1200
    last = recorded.spans[-2:]
    with pytest.raises(AssertionError, match="1,160 of 1,200 spans are left out"):
        recorded.one(AgentRun, where=lambda span: span in last)
    with pytest.raises(AssertionError) as error:
        recorded.verify()
    assert "  … and 1,170 more" in message_of(error)


def test_a_message_shows_the_tree_and_how_to_select_one() -> None:
    with record() as recorded:
        without_loop(agent())
    with pytest.raises(AssertionError) as error:
        recorded.one(AgentTool)
    marked = [f"  {'→' if 'agent:tool' in line else ' '} {line}" for line in TREE.splitlines()]
    assert message_of(error) == [
        "expected one agent:tool span, found 2",
        *marked,
        'narrow it: recorded.one(AgentTool, where=lambda span: span.params.name == "get_forecast")',
    ]
    with pytest.raises(AssertionError, match=re.escape('span.raw_params["name"] == "get_forecast"')):
        recorded.one("agent:tool")


def test_a_message_for_a_span_that_is_missing_names_the_nearest_type() -> None:
    with record() as recorded:
        assert_nothing(recorded)
        without_loop(agent())
    with pytest.raises(AssertionError) as error:
        recorded.one("agent:tols")
    assert message_of(error)[0] == "expected one agent:tols span, found none; did you mean 'agent:tool'?"
    assert message_of(error)[1:] == [f"  {line}" for line in TREE.splitlines()]
    with pytest.raises(AssertionError, match="found none of 2 for which `where` is true"):
        recorded.one(AgentTool, where=lambda span: span.params.name == "pay")


def test_a_message_for_a_class_suggests_no_other_type() -> None:
    async def run() -> None:
        _, instance = await opened()
        async with instance.span(AgentRun) as span:
            await span.start(input="x")
        await instance.finish()

    with record() as recorded:
        without_loop(run())
    with pytest.raises(AssertionError) as error:
        recorded.one(AgentTool)
    assert message_of(error)[0] == "expected one agent:tool span, found none"


def test_arguments_of_a_wrong_type_raise_at_once() -> None:
    wrong: Any = registry
    with pytest.raises(TypeError, match="takes clients that are open already, not SchemaRegistry"), record(wrong):
        pass
    with record() as recorded:
        wrong = "no"
        with pytest.raises(TypeError, match=r"error of prefactor_http\.exceptions or None, not str"):
            recorded.refuse("initialize", wrong)
        wrong = PrefactorAuthError
        with pytest.raises(TypeError, match="not the class PrefactorAuthError"):
            recorded.refuse("initialize", wrong)


def assert_nothing(recorded: Recorded) -> None:
    with pytest.raises(AssertionError, match=r"nothing was recorded: .* record\(client\)"):
        _ = recorded.instance
    with pytest.raises(AssertionError, match="nothing was recorded: is the client opened inside of the recording"):
        recorded.one(AgentRetrieval)


def test_payloads_that_are_missing_or_do_not_match_say_so() -> None:
    async def run() -> None:
        client, instance = await opened(redact=lambda field: "***" if field.value == 777 else field.value)
        async with instance.span(AgentTool) as tool:
            await tool.cancel()
        async with instance.span(AgentLlm) as llm:
            await llm.start(model="m")
            with pytest.raises(AssertionError, match=r"this agent:llm span \(active\) has no result"):
                _ = recorded.one(AgentLlm).result
            await llm.complete(usage={"input_tokens": 777, "output_tokens": 1})
        await instance.finish()
        await client.close()

    with record() as recorded:
        without_loop(run())
    with pytest.raises(AssertionError, match="cancelled before its start, so it has no params"):
        _ = recorded.one(AgentTool).params
    with pytest.raises(AssertionError, match=r"(?s)raw_result has what is recorded.*usage.input_tokens: "):
        _ = recorded.one(AgentLlm).result
    with pytest.raises(AssertionError, match="has no error"):
        _ = recorded.one(AgentLlm).error
    with pytest.raises(AssertionError, match="typed if the span is selected by its class"):
        _ = recorded.one("agent:llm").params


async def careless() -> None:
    def redact(field: Any) -> Any:
        if field.value == "explode":
            raise ValueError("no")
        return field.value

    client, instance = await opened(redact=redact)
    wrong: Any = "3"
    for _ in range(2):
        async with instance.span(AgentLlm) as llm:
            await llm.start(model="m")
            await llm.complete(usage={"input_tokens": wrong, "output_tokens": 1})
            await llm.complete(response="again")
    async with instance.span("agent:tool") as tool:
        await tool.start({"nam": "explode"})
    async with instance.span("agent:tools"):
        pass
    await client.create_span(instance.id, "agent:run", payload={"input": "x"})


def test_mistakes_that_do_not_raise_in_the_agent_are_found_at_the_end() -> None:
    with pytest.raises(AssertionError) as error, record() as recorded:
        without_loop(careless())
    usage = "usage.input_tokens: Input should be an integer, found a string"
    here = re.compile(rf" \({re.escape(__file__)}:\d+\)")
    assert len(here.findall(str(error.value))) == 6
    assert here.sub("", str(error.value)).splitlines() == [
        "3 payloads do not match their types",
        f"  agent:llm 1 of 2  {usage}",
        f"  agent:llm 2 of 2  {usage}",
        "  agent:tool  name: Field required",
        "1 span is not finished",
        "  agent:run  is still active",
        "1 agent instance is not finished",
        "  the run of Agent is still active",
        "2 calls came too late",
        "  complete() of 'agent:llm' was ignored: the span was already finished (2 times)",
        "1 name is not registered",
        "  span type 'agent:tools' is not registered",
        "1 call of redact raised",
        "  redact raised ValueError for a value in the params of 'agent:tool'; a marker is recorded in its place",
        "what is intended can be allowed: allow=['mismatch', 'open_span', 'open_instance', 'too_late', 'unknown_type', "
        "'redact_error']",
    ]
    assert {finding.kind for finding in recorded.findings()} == {
        "mismatch", "open_span", "open_instance", "too_late", "unknown_type", "redact_error",
    }  # fmt: skip
    assert [each.span for each in recorded.findings() if each.kind == "open_span"] == [recorded.one(AgentRun)]


def test_what_is_allowed_does_not_raise() -> None:
    with record(
        allow=["mismatch", "open_span", "open_instance", "too_late", "unknown_type", "redact_error"]
    ) as recorded:
        without_loop(careless())
    recorded.verify()
    with record(strict=False) as lenient:
        without_loop(careless())
    with pytest.raises(AssertionError, match="not finished"):
        lenient.verify()
    with record() as verified:
        without_loop(careless())
        with pytest.raises(AssertionError, match="not finished"):
            verified.verify()
    wrong: Any = ["open_spam"]
    with pytest.raises(ValueError, match="did you mean 'open_span'"), record(allow=wrong):
        pass


async def forgetful() -> None:
    await opened()  # a run that is not finished


def test_a_mistake_after_verify_raises_at_the_end() -> None:
    recording = record()
    recorded = recording.__enter__()
    without_loop(careless())
    with pytest.raises(AssertionError, match="do not match"):
        recorded.verify()
    without_loop(forgetful())
    with pytest.raises(AssertionError) as error:
        recording.__exit__(None, None, None)
    assert message_of(error)[0] == "1 agent instance is not finished"
    assert len(message_of(error)) == 3


def test_an_exception_of_the_test_is_not_replaced() -> None:
    async def run() -> None:
        await forgetful()
        raise KeyError

    with pytest.raises(KeyError), record():
        without_loop(run())


def test_a_second_finish_by_id_comes_too_late() -> None:
    async def run() -> None:
        client, instance = await opened(schema_registry=NoSpanTypes())
        span_id = await client.create_span(instance.id, "step")
        await client.finish_span(span_id, {"n": 1})
        await client.finish_span(span_id, {"n": 2})
        await instance.finish()

    with record(allow=["too_late"]) as recorded:
        without_loop(run())
    assert recorded.one("step").raw_result == {"n": 1}
    assert [(each.message, each.span) for each in recorded.findings()] == [
        ("the span was finished a second time, which the API refuses", recorded.one("step"))
    ]


def test_an_open_client_records_in_the_block_and_delivers_after_it(api: LocalApi) -> None:
    async def run() -> Recorded:
        async with PrefactorCoreClient(config_for(api, schema_registry=registry)) as client:
            before = await register(client)
            await before.start()
            with record(client) as recorded:
                instance = await register(client)
                await instance.start()
                await pack(instance)
                await instance.finish()
            await call_tool(before, "get_forecast")
            await before.finish()
            assert (await client.flush()).complete
            after = await register(client)
            await after.start()
            await after.finish()
        return recorded

    recorded = asyncio.run(run())
    assert recorded.tree() == TREE
    assert [span["schema_name"] for span in api.spans()] == ["agent:tool"]
    assert [instance["status"] for instance in api.instances()] == ["complete", "complete"]
    assert not api.violations


def test_closing_an_open_client_in_the_block_closes_its_delivery(api: LocalApi) -> None:
    async def run() -> None:
        client = PrefactorCoreClient(config_for(api))
        await client.initialize()
        instance = await register(client)
        await instance.start()
        await instance.finish()
        with record(client):
            await client.close()
        await client.initialize()
        await client.close()

    asyncio.run(run())
    assert [instance["status"] for instance in api.instances()] == ["complete"]


def test_the_innermost_recording_gets_what_a_shared_client_records() -> None:
    with record(allow=["open_span"]) as outer:
        client, instance = without_loop(opened())
        open_span = without_loop(client.create_span(instance.id, "agent:run", payload={"input": "x"}))
        with record() as inner:
            without_loop(call_tool(instance, "get_forecast"))
            without_loop(client.finish_span(open_span))
        without_loop(instance.finish())
    assert [(span.type, span.status) for span in inner.roots] == [("agent:run", "complete"), ("agent:tool", "complete")]
    assert [span.type for span in outer.spans] == ["agent:run"]
    with pytest.raises(AssertionError, match="started before the recording, so it has no params"):
        _ = inner.one(AgentRun).params
    assert outer.instance.status == "complete"
    without_loop(client.close())


def test_no_span_of_before_is_current() -> None:
    SpanContextStack.push("left-open")
    try:
        with record() as recorded:
            assert SpanContextStack.is_empty()
            without_loop(agent())
        assert SpanContextStack.peek() == "left-open"
    finally:
        SpanContextStack.pop()
    assert recorded.one(AgentRun).parent is None


def test_a_test_terminates_an_instance() -> None:
    called = threading.Event()
    with record() as recorded:
        client, instance = without_loop(opened())
        client.on_terminate(lambda instance_id, reason: called.set())
        recorded.terminate(recorded.instance, "budget")
        with pytest.raises(PrefactorTerminatedError, match="budget"):
            instance.raise_if_terminated()
        assert called.wait(10)
    assert recorded.instance.status == "terminated"
    with pytest.raises(ValueError, match="was recorded"):
        recorded.terminate("other")


def test_a_test_refuses_what_an_agent_waits_for() -> None:
    with record(strict=False) as recorded:
        recorded.refuse("initialize", REFUSED)
        with pytest.raises(PrefactorAuthError):
            without_loop(opened())
        recorded.refuse("initialize", PrefactorConnectionError("no answer"))
        with pytest.raises(PrefactorConnectionError):
            without_loop(opened())
        without_loop(opened(require_api_at_start=False))
        recorded.refuse("initialize", None)
        recorded.refuse("register", REFUSED)
        with pytest.raises(PrefactorAuthError):
            without_loop(opened())
        recorded.clear()
        recorded.refuse("register", PrefactorConnectionError("no answer"))
        client, instance = without_loop(opened())
        without_loop(pack(instance))
    assert recorded.tree() == TREE
    assert recorded.instance.id == instance.id
    without_loop(client.close())


def test_credentials_are_needed_again_after_the_recording() -> None:
    with record():
        HttpClientConfig()
    with pytest.raises(ValueError, match="api_url is missing"):
        HttpClientConfig()


def test_quality_payloads_are_recorded_and_checked() -> None:
    qualities = SchemaRegistry()
    qualities.register_type("step", {"type": "object"})
    qualities.register_quality_schema("score", {"type": "object", "required": ["points"]})

    async def run() -> None:
        _, instance = await opened(schema_registry=qualities)
        await instance.record_quality("score", {"points": 1})
        await instance.record_quality("score", {})
        await instance.finish()

    with record(allow=["mismatch"]) as recorded:
        without_loop(run())
    assert recorded.instance.qualities == {"score": {}}
    (finding,) = recorded.findings()
    assert finding.message == "the quality payload 'score': points: Field required"
    assert re.fullmatch(rf"{re.escape(__file__)}:\d+", finding.place)


def test_a_client_that_outlives_the_recording_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with record() as recorded:
        client, instance = without_loop(opened())
        without_loop(instance.finish())
    caplog.clear()
    for _ in range(2):
        without_loop(call_tool(instance, "get_forecast"))
    assert [text.partition(":")[0] for text in warnings(caplog)] == [
        "a client that was opened in a test that records is still used after that test"
    ]
    assert recorded.spans == []
    without_loop(client.close())


def test_a_function_records_without_a_loop_and_a_thread() -> None:
    threads = threading.active_count()
    with record() as recorded, make_client() as client:
        with client.instance(agent_id="a", agent_version={"name": "Agent"}) as instance, instance.span(AgentRun) as run:
            run.start(input="x")
            assert threading.active_count() == threads
        assert client.sync.flush().complete
    assert recorded.one(AgentRun).parent is None
    assert recorded.instance.status == "complete"


def test_no_instance_of_before_is_current() -> None:
    with record(strict=False), make_client() as client:
        instance = client.sync.create_agent_instance(agent_id="a", agent_version={"name": "Agent"})
        set_default_instance(instance)
        instance.start()
        with record():
            assert current_instance() is None
        assert current_instance() is instance
        set_default_instance(None)


def test_a_function_closes_an_open_client_in_the_block(api: LocalApi) -> None:
    with PrefactorCoreClient(config_for(api)) as client, record(client) as recorded:
        client.sync.close()
    assert recorded.spans == []
