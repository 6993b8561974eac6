"""Functions and coroutines record with the same calls: `with` and `async with`, without and with `await`."""

from __future__ import annotations

import asyncio
import gc
import inspect
import signal
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from unittest.mock import AsyncMock, MagicMock, create_autospec

import pytest
from pydantic import BaseModel, Field, RootModel
from tests.core.programs import run_program
from tests.core.support import Run, config_for, eventually, opened, parents, warnings

from prefactor_core import (
    AgentInstanceHandle,
    ClientClosedError,
    ClientNotInitializedError,
    DeliveryError,
    InstanceScope,
    PrefactorCoreClient,
    PrefactorCoreConfig,
    SchemaRegistry,
    SpanContext,
    current_instance,
    set_default_instance,
)
from prefactor_http import PrefactorValidationError
from prefactor_local import Fault, LocalApi
from prefactor_spans import AgentLlm, AgentRun, registry

pytestmark = pytest.mark.anyio

VERSION = {"name": "Agent", "external_identifier": "1"}


def scope(client: PrefactorCoreClient) -> InstanceScope:
    return client.instance(VERSION, agent_id="a")


def statuses(api: LocalApi) -> list[str]:
    return [each["status"] for each in api.instances()]


@pytest.fixture
def client(api: LocalApi) -> Iterator[PrefactorCoreClient]:
    with PrefactorCoreClient(config_for(api, schema_registry=registry)) as client:
        yield client


def run_of_an_agent(client: PrefactorCoreClient) -> str:
    with scope(client) as instance:
        with instance.span(AgentRun) as run:
            run.start(input="What should I pack?")
            with instance.span(AgentLlm) as llm:
                llm.start(model="gpt-4", prompt="Hello")
                llm.complete(response="Hi")
            with instance.span("agent:tool", payload={"name": "weather"}) as tool:
                tool.fail({"error": "it does not answer"})
            run.complete(output="a rain jacket")
        instance.record_quality("accuracy", {"score": 1})
        return instance.id


def check_run(api: LocalApi, instance_id: str) -> None:
    assert parents(api, instance_id) == {"agent:run": None, "agent:llm": "agent:run", "agent:tool": "agent:run"}
    assert {span["schema_name"]: span["status"] for span in api.spans(instance_id)} == {
        "agent:run": "complete",
        "agent:llm": "complete",
        "agent:tool": "failed",
    }


def test_a_function_records_a_run(api: LocalApi, client: PrefactorCoreClient) -> None:
    instance_id = run_of_an_agent(client)
    report = client.sync.flush()
    assert (report.delivered, report.pending) == (report.accepted, 0)
    check_run(api, instance_id)
    assert statuses(api) == ["complete"]
    assert not api.violations


async def test_inside_a_running_loop(api: LocalApi) -> None:
    loop = asyncio.get_running_loop()
    with PrefactorCoreClient(config_for(api, schema_registry=registry)) as client:
        instance_id = run_of_an_agent(client)
        client.sync.flush()
    assert asyncio.get_running_loop() is loop
    check_run(api, instance_id)


def test_from_many_threads(api: LocalApi, client: PrefactorCoreClient) -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = [*pool.map(lambda _: run_of_an_agent(client), range(8))]
    client.sync.flush()
    assert len({*ids}) == 8
    for each in ids:
        check_run(api, each)


def test_the_handler_of_sigterm_comes_and_goes_as_with_async_with(api: LocalApi) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with PrefactorCoreClient(config_for(api)):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


async def test_what_hands_over_is_a_coroutine_for_what_takes_coroutines(api: LocalApi, run: Run) -> None:
    loop = asyncio.get_running_loop()
    async with run() as (_, instance):
        async with instance.span("step") as span:
            await asyncio.create_task(span.start({}))
            threads: Future[None] = asyncio.run_coroutine_threadsafe(span.complete({}), loop)
            await asyncio.wrap_future(threads)
        done = instance.finish()
        await done
        await done
        assert await asyncio.gather(instance.finish(), span.complete({}), *[done] * 3) == [None] * 5
        await asyncio.wait_for(asyncio.shield(span.cancel()), 1)
        async with asyncio.TaskGroup() as group:
            group.create_task(span.finish())
        with pytest.raises(ZeroDivisionError):
            done.throw(ZeroDivisionError)
    assert [each["status"] for each in api.spans()] == ["complete"]


def test_a_run_of_the_loop_for_one_call(api: LocalApi, client: PrefactorCoreClient) -> None:
    with scope(client) as instance:
        asyncio.run(instance.record_quality("accuracy", {}))


@pytest.mark.parametrize("make", [AsyncMock, MagicMock, create_autospec])
async def test_mocks_are_awaitable(make: Callable[..., object]) -> None:
    for spec, names in (
        (SpanContext, ("start", "complete", "fail", "cancel", "finish")),
        (AgentLlm, ("start", "complete", "fail", "cancel", "finish", "start_with", "complete_with")),
        (AgentInstanceHandle, ("start", "finish", "record_quality", "finish_span")),
        (PrefactorCoreClient, ("record_quality", "finish_span", "flush")),
    ):
        mock = make(spec) if make is create_autospec else make(spec=spec)
        for name in names:
            assert isinstance(getattr(mock, name), AsyncMock), name
            marked = inspect.iscoroutinefunction if sys.version_info >= (3, 12) else asyncio.iscoroutinefunction
            assert marked(getattr(spec, name))


async def test_ids_of_the_api(api: LocalApi) -> None:
    """A call that is not awaited does not wait, and the local id is a parent; one that is awaited has the API's id."""
    with PrefactorCoreClient(config_for(api, queue={"span_ids": "server"})) as client:
        with scope(client) as instance:
            with instance.span("outer") as outer:
                answer = outer.start({})
                local = outer.id
                with instance.span("inner") as inner:
                    inner.start({})
                with instance.span("other", parent_span_id=local):
                    pass
                answer.close()
            async with instance.span("awaited") as awaited:
                answer = awaited.start({})
                await answer
                await answer
                await asyncio.create_task(awaited.start({}))
                assert awaited.id in {span["id"] for span in api.spans()}
            with instance.span("task") as span:
                await asyncio.create_task(span.start({}))
                assert span.id in {span["id"] for span in api.spans()}
            created = client.sync.create_span(instance.id, "created")
            assert created in {span["id"] for span in api.spans()}
            instance.finish_span(created)
            with pytest.raises(ZeroDivisionError):
                instance.span("never").__enter__().start({}).throw(ZeroDivisionError)
        client.sync.flush()
    assert parents(api)["inner"] == parents(api)["other"] == "outer"
    assert local not in {span["id"] for span in api.spans()}
    assert not api.violations


def test_how_a_block_of_a_run_ends(api: LocalApi, client: PrefactorCoreClient) -> None:
    for error in (ValueError("mine"), KeyboardInterrupt(), asyncio.CancelledError()):
        with pytest.raises(type(error)), scope(client):
            raise error
    with scope(client) as instance:
        instance.finish("cancelled")
    runs = scope(client)
    for _ in range(2):
        with runs, pytest.raises(RuntimeError, match="already been entered"):
            runs.__enter__()
    client.sync.flush()
    assert statuses(api) == ["failed", "failed", "cancelled", "cancelled", "complete", "complete"]


async def test_how_a_block_of_a_handle_ends(api: LocalApi, run: Run) -> None:
    async with run() as (client, instance):
        async with instance:  # it is started already
            assert current_instance() is instance
        with client.sync.create_agent_instance(VERSION, agent_id="a") as another:
            assert current_instance() is another
        blocked = asyncio.create_task(_blocked(client))
        await eventually(lambda: statuses(api)[2:] == ["active"])
        blocked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await blocked
    assert statuses(api) == ["complete", "complete", "cancelled"]
    starts = [request for request in api.requests if request.path.endswith("/start")]
    assert len(starts) == 3


async def _blocked(client: PrefactorCoreClient) -> None:
    async with scope(client):
        await asyncio.Event().wait()


async def test_an_exception_that_leaves_the_client_ends_its_runs(api: LocalApi) -> None:
    for error in (LookupError("mine"), asyncio.CancelledError()):
        with pytest.raises(type(error)):  # noqa: PT012
            async with PrefactorCoreClient(config_for(api)) as client:
                instance = client.sync.create_agent_instance(VERSION, agent_id="a")
                instance.start()
                await instance.create_span("step")
                raise error
    assert statuses(api) == ["failed", "cancelled"]
    assert [span["status"] for span in api.spans()] == ["failed", "cancelled"]
    assert api.spans()[0]["result_payload"] == {"error": {"type": "LookupError", "message": "mine"}}


async def test_a_client_that_is_closed_inside_a_run(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    client, _ = await opened(api)
    with pytest.raises(ZeroDivisionError), scope(client):  # noqa: PT012
        client.sync.close()
        print(1 / 0)
    (line,) = warnings(caplog)
    assert "an agent instance is finished as failed: the client is closed inside its block" in line
    assert __file__ in line
    assert statuses(api) == ["pending", "failed"]


def test_a_run_that_is_refused(api: LocalApi, client: PrefactorCoreClient) -> None:
    api.inject(Fault(path=".*/register", status=422))
    with pytest.raises(PrefactorValidationError), scope(client):
        pytest.fail("the block is not entered")
    assert current_instance() is None


async def test_the_current_instance(client: PrefactorCoreClient) -> None:
    assert current_instance() is None
    default = client.sync.create_agent_instance(VERSION, agent_id="a")
    set_default_instance(default)
    pool = ThreadPoolExecutor(1)
    try:
        assert current_instance() is default
        assert pool.submit(current_instance).result() is default
        with scope(client) as outer, scope(client) as inner:
            assert current_instance() is inner
            assert await asyncio.to_thread(current_instance) is inner
            assert pool.submit(current_instance).result() is default
            with outer.span("step"):
                assert current_instance() is outer
            inner.finish()
            assert current_instance() is outer
            started = client.sync.create_agent_instance(VERSION, agent_id="a")
            started.start()
            assert current_instance() is started
            started.finish()
            assert current_instance() is outer
            with client.span(default.id, "step"):
                found = current_instance()
                assert found is not None
                assert found.id == default.id
        assert current_instance() is default
    finally:
        set_default_instance(None)
        pool.shutdown()
    assert current_instance() is None


def test_a_run_keeps_no_client(api: LocalApi) -> None:
    """A client that the program has dropped is closed, although the context lives on."""
    client = PrefactorCoreClient(config_for(api))
    client.sync.initialize()
    client.sync.create_agent_instance(VERSION, agent_id="a").start()
    found = current_instance()
    assert found is not None
    found.record_quality("accuracy", {})
    assert client.sync.flush().pending == 0
    gone = weakref.ref(client)
    del client, found
    gc.collect()
    assert gone() is None
    assert current_instance() is None


async def test_what_was_current_before_is_current_again(client: PrefactorCoreClient) -> None:
    first, second = (client.sync.create_agent_instance(VERSION, agent_id="a") for _ in range(2))
    first.start()
    with scope(client):
        pass
    assert current_instance() is first
    second.start()
    assert current_instance() is second
    second.finish()
    assert current_instance() is first
    first.finish()
    assert current_instance() is None
    set_default_instance(first)
    assert current_instance() is None  # it is over
    set_default_instance(None)
    for wrong in (scope(client), "instance"):
        with pytest.raises(TypeError, match="AgentInstanceHandle"):
            set_default_instance(wrong)  # type: ignore[arg-type]


def test_a_run_that_is_not_open_yet(client: PrefactorCoreClient) -> None:
    with pytest.raises(AttributeError, match="no attribute 'span'; open the run first: `with"):
        scope(client).span("step")  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"no attribute 'spn'$"):
        scope(client).spn  # type: ignore[attr-defined]  # noqa: B018


class Model(BaseModel):
    n: int = Field(alias="number")


@dataclass
class Data:
    n: int


def test_models_and_dataclasses_are_payloads(api: LocalApi, client: PrefactorCoreClient) -> None:
    with scope(client) as instance:
        for payload in (Model(number=1), Data(1)):
            with instance.span("step", payload=payload):
                pass
            with instance.span("step") as span:
                span.start(payload)
                span.set_result(payload)
            client.finish_span(client.sync.create_span(instance.id, "step", payload=payload), payload)
        with instance.span("step") as span, pytest.raises(TypeError, match="must be a mapping, a model or a dataclass"):
            span.start(RootModel[list[int]]([1]))
    client.sync.flush()
    recorded = [(span["payload"], span["result_payload"]) for span in api.spans()]
    for value in ({"number": 1}, {"n": 1}):
        assert recorded.count((value, value)) == 2
        assert sum(params == value for params, _ in recorded) == 3


def test_decorated_functions(api: LocalApi, client: PrefactorCoreClient) -> None:
    with scope(client) as instance:

        @instance.span("def")
        def double(number: int) -> int:
            return number * 2

        @instance.span("async def")
        async def triple(number: int) -> int:
            return number * 3

        def generator() -> Iterator[int]:
            yield 1

        async def async_generator() -> AsyncIterator[int]:
            yield 1

        assert [double(2), asyncio.run(triple(2))] == [4, 6]
        assert inspect.iscoroutinefunction(triple)
        for wrong in (generator, async_generator):
            with pytest.raises(TypeError, match=rf"{wrong.__qualname__}.*use @traced".replace("<", r"\<")):
                instance.span("step")(wrong)
    client.sync.flush()
    assert {span["schema_name"] for span in api.spans()} == {"def", "async def"}


def test_calls_that_would_wait_for_themselves(api: LocalApi) -> None:
    """Callbacks of the client run on the thread that delivers."""
    raised: list[BaseException] = []

    def on_error(_: DeliveryError) -> None:
        for call in (own.sync.flush, own.sync.close):
            try:
                call()
            except RuntimeError as error:
                raised.append(error)

    with PrefactorCoreClient(config_for(api, on_error=on_error)) as own:
        with scope(own) as instance:
            api.inject(Fault(path=".*/agent_spans", status=422))
            with instance.span("step"):
                pass
        assert own.sync.flush().failed == 2
    assert ["wait for itself" in str(each) for each in raised] == [True] * 4


def test_calls_at_the_wrong_time(api: LocalApi) -> None:
    client = PrefactorCoreClient(config_for(api))
    for call in (client.sync.flush, lambda: scope(client), lambda: client.sync.create_span("i", "step")):
        with pytest.raises(ClientNotInitializedError):
            call()
    assert client.sync.close().accepted == 0
    with client:
        pass
    with pytest.raises(ClientClosedError):
        client.sync.create_agent_instance(VERSION)


def test_a_token_that_is_refused(api: LocalApi) -> None:
    threads = threading.active_count()
    api.inject(Fault(path=".*", status=401, times=None))
    client = PrefactorCoreClient(config_for(api))
    with pytest.raises(Exception, match="Unauthorized"), client:
        pytest.fail("the block is not entered")
    assert client.stats().accepted == 0
    assert threading.active_count() <= threads + 2  # those that clients of a process share


def test_the_environment_is_enough(api: LocalApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFACTOR_API_URL", api.url)
    monkeypatch.setenv("PREFACTOR_API_TOKEN", api.token)
    with PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry)) as client:
        run_of_an_agent(client)
    assert statuses(api) == ["complete"]


def test_a_disabled_client_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREFACTOR_API_URL", "PREFACTOR_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFACTOR_DISABLED", "1")
    threads = {*threading.enumerate()}
    for config in (PrefactorCoreConfig(), PrefactorCoreConfig(schema_registry=SchemaRegistry())):
        with PrefactorCoreClient(config) as client:
            run_of_an_agent(client)
            assert client.sync.flush().accepted == 0
    assert {*threading.enumerate()} == threads


OPEN = """
client = new_client()
client.sync.initialize()
instance = client.sync.create_agent_instance({"name": "Agent"}, agent_id="a")
instance.start()
client.sync.create_span(instance.id, "step")
"""
ENDS = {
    "": "the program ended before the run was finished",
    "raise ValueError('mine')": "the program was ended by an unhandled ValueError",
    "sys.exit(3)": "the program ended before the run was finished",
}


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDS)
def test_a_run_that_is_open_at_the_end_of_the_program_has_failed(api: LocalApi, end: str) -> None:
    ended = run_program(OPEN + end, api)
    assert (ended.code != 0) == bool(end)
    assert statuses(api) == ["failed"]
    (span,) = api.spans()
    assert (span["status"], span["result_payload"]["error"]["message"]) == ("failed", ENDS[end])


@pytest.mark.slow
def test_ctrl_c_ends_the_wait(api: LocalApi) -> None:
    """Delivery goes on, and the end of the program delivers."""
    api.inject(Fault(path=".*/start", delay=0.5))
    program = """
threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    client.sync.flush(60)
except KeyboardInterrupt:
    instance.finish()
    say("interrupted")
"""
    ended = run_program(OPEN + program, api)
    assert (ended.output.strip(), ended.code) == ("interrupted", 0)
    assert statuses(api) == ["complete"]
    assert [span["status"] for span in api.spans()] == ["failed"]
