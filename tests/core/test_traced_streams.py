"""`traced`: generators, async generators, and iterators that a function returns."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import pickle
import weakref
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Self

import pytest
from tests.core.support import Run, warnings

from prefactor_core import SpanContextStack, SpanValidationError, current_span, traced
from prefactor_local import LocalApi
from prefactor_spans import AgentLlm, AgentRetrieval, registry

pytestmark = pytest.mark.anyio

STRICT = {"schema_registry": registry, "validation": "raise"}
TALK: dict[str, Any] = {
    "params": lambda prompt: {"model": "m", "prompt": prompt},
    "collect": lambda parts: {"response": "".join(map(str, parts))},
}


def streams(api: LocalApi) -> dict[str, tuple[str, Any]]:
    """Status and result of each recorded stream, by its prompt."""
    assert not api.violations
    found = [span for span in api.spans() if span["schema_name"] == "agent:llm"]
    return {span["payload"]["prompt"]: (span["status"], span["result_payload"]) for span in found}


def parent_of(api: LocalApi, query: str) -> str | None:
    """The prompt of the parent of a search."""
    spans = {span["id"]: span for span in api.spans()}
    (search,) = (span for span in spans.values() if span["payload"].get("query") == query)
    parent = spans.get(search["parent_span_id"], {"payload": {}})["payload"]
    found: str | None = parent.get("prompt") or parent.get("query")
    return found


@traced(AgentRetrieval)
def search(query: str) -> None: ...


@traced(AgentLlm, **TALK)
def talk(prompt: str) -> Generator[Any, Any, str]:
    search(f"{prompt} begins")
    try:
        sent = yield 1
        sent = yield sent
    except KeyError:
        yield "caught"
    finally:
        search(f"{prompt} ends")
    return "returned"


@traced(AgentLlm, **TALK)
async def atalk(prompt: str) -> AsyncIterator[Any]:
    search(f"{prompt} begins")
    try:
        await asyncio.sleep(0)
        yield 1
        await asyncio.sleep(0)
        yield 2
    except KeyError:
        yield "caught"
    finally:
        search(f"{prompt} ends")


@traced(AgentLlm, **TALK)
def holding_one(prompt: str) -> Iterator[int]:
    yield 1


async def test_a_generator_works_as_before(api: LocalApi, run: Run) -> None:
    async with run(**STRICT):
        assert list(talk("list")) == [1, None]
        steps = talk("send")
        assert next(steps) == 1
        assert steps.send(5) == 5
        with pytest.raises(StopIteration) as stop:
            next(steps)
        assert stop.value.value == "returned"
        with pytest.raises(StopIteration):
            next(steps)

        def delegating() -> Generator[Any, Any, str]:
            return (yield from talk("from"))

        assert list(delegating()) == [1, None]
        with contextlib.contextmanager(holding_one)("context"):
            search("inside the with")
    assert streams(api) == {
        "list": ("complete", {"response": "1None"}),
        "send": ("complete", {"response": "15"}),
        "from": ("complete", {"response": "1None"}),
        "context": ("complete", {"response": "1"}),
    }
    assert parent_of(api, "list begins") == "list"
    assert parent_of(api, "inside the with") is None


async def test_an_async_generator_works_as_before(api: LocalApi, run: Run) -> None:
    async with run(**STRICT):
        assert [item async for item in atalk("list")] == [1, 2]
        steps = atalk("send")
        assert await anext(steps) == 1
        assert await steps.asend(None) == 2  # type: ignore[attr-defined]
        assert await anext(steps, "over") == "over"
    assert streams(api) == {"list": ("complete", {"response": "12"}), "send": ("complete", {"response": "12"})}
    assert parent_of(api, "list begins") == "list"
    assert parent_of(api, "list ends") == "list"


async def test_the_parent_is_that_of_the_call_and_the_reader_is_outside(api: LocalApi, run: Run) -> None:
    async with run(**STRICT) as (_, instance):
        with instance.span(AgentRetrieval) as outer:
            outer.start(query="outer")
            first, second = talk("first"), atalk("second")
        for _ in first:
            search("read first")
            break
        async for _ in second:
            search("read second")
            break
        next(first)
        await anext(second)
        assert SpanContextStack.is_empty()
        assert list(first) == []
        assert [item async for item in second] == []
    spans = {span["payload"].get("prompt"): span for span in api.spans()}
    outer_id = next(span["id"] for span in api.spans() if span["payload"].get("query") == "outer")
    assert spans["first"]["parent_span_id"] == spans["second"]["parent_span_id"] == outer_id
    assert [parent_of(api, f"read {which}") for which in ("first", "second")] == [None, None]
    assert {status for status, _ in streams(api).values()} == {"complete"}


@traced(AgentLlm, params=lambda prompt: {"model": "m", "prompt": prompt})
def holding(instance: Any, prompt: str) -> Iterator[int]:
    with instance.span(AgentRetrieval) as span:
        span.start(query=f"{prompt} holds")
        yield 1
        search(f"{prompt} inside")
        yield 2


async def test_what_the_body_opens_stays_open_between_steps_and_threads(api: LocalApi, run: Run) -> None:
    with ThreadPoolExecutor(2) as pool:
        async with run(**STRICT) as (_, instance):
            one, two = (holding(instance, name) for name in ("one", "two"))
            assert [next(one), next(two)] == [1, 1]
            assert pool.submit(next, one).result() == 2
            assert await asyncio.create_task(asyncio.to_thread(next, two)) == 2
            assert pool.submit(list, one).result() == []
            assert list(two) == []
            assert pool.submit(SpanContextStack.depth).result() == 0
            assert SpanContextStack.is_empty()
    for name in ("one", "two"):
        assert parent_of(api, f"{name} inside") == f"{name} holds"
        assert parent_of(api, f"{name} holds") == name
        assert streams(api)[name] == ("complete", None)


def close(steps: Any) -> None:
    next(steps)
    steps.close()
    steps.close()
    assert list(steps) == []


def drop(steps: Any) -> None:
    for _ in steps:
        break


def throw(steps: Any) -> None:
    next(steps)
    with pytest.raises(ValueError, match="thrown"):
        steps.throw(ValueError("thrown"))


def throw_and_catch(steps: Any) -> None:
    next(steps)
    assert steps.throw(KeyError("caught")) == "caught"
    assert list(steps) == []


def drop_in_a_cycle(steps: Any) -> None:
    holder = [steps]
    holder.append(holder)
    next(steps)
    waiting = weakref.ref(steps)
    del holder, steps
    while waiting() is not None:  # a collection of another thread may go on
        gc.collect()


async def aclose(steps: Any) -> None:
    await anext(steps)
    await steps.aclose()
    await steps.aclose()


async def adrop(steps: Any) -> None:
    async for _ in steps:
        break


async def athrow(steps: Any) -> None:
    await anext(steps)
    with pytest.raises(ValueError, match="thrown"):
        await steps.athrow(ValueError("thrown"))


async def athrow_and_catch(steps: Any) -> None:
    await anext(steps)
    assert await steps.athrow(KeyError("caught")) == "caught"
    assert [item async for item in steps] == []


async def acancel(steps: Any) -> None:
    task = asyncio.ensure_future(anext(steps))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


THROWN = {"error": {"type": "ValueError", "message": "thrown"}}
ENDS: list[tuple[Callable[[Any], Any], str, Any]] = [
    (close, "cancelled", {"response": "1"}),
    (drop, "cancelled", {"response": "1"}),
    (drop_in_a_cycle, "cancelled", {"response": "1"}),
    (throw, "failed", {"response": "1", **THROWN}),
    (throw_and_catch, "complete", {"response": "1caught"}),
    (aclose, "cancelled", {"response": "1"}),
    (adrop, "cancelled", {"response": "1"}),
    (athrow, "failed", {"response": "1", **THROWN}),
    (athrow_and_catch, "complete", {"response": "1caught"}),
    (acancel, "cancelled", {"response": ""}),
]


async def test_a_stream_keeps_what_it_gave_however_it_ends(api: LocalApi, run: Run) -> None:
    async with run(**STRICT):
        for end, *_ in ENDS:
            if inspect.iscoroutinefunction(end):
                await end(atalk(end.__name__))
            else:
                end(talk(end.__name__))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert streams(api) == {end.__name__: (status, result) for end, status, result in ENDS}


async def test_a_stream_that_is_never_read_is_not_recorded(api: LocalApi, run: Run, caplog: Any) -> None:
    async with run(**STRICT) as (client, _):
        talk("dropped")
        talk("closed").close()
        with pytest.raises(ValueError, match="thrown"):
            talk("thrown").throw(ValueError("thrown"))
        steps = atalk("aclosed")
        await steps.aclose()  # type: ignore[attr-defined]
        del steps
        kept = talk("kept")
    assert list(kept) == [1, None]
    assert client.stats().forgotten_spans == 0
    assert api.spans() == []
    assert "talk() could not be recorded: the client is closed" in warnings(caplog)[0]


def test_the_end_of_a_loop_ends_its_streams(api: LocalApi, run: Run) -> None:
    async def main() -> None:
        async with run(**STRICT):
            waiting = asyncio.Event()

            @traced(AgentLlm, **TALK)
            async def endless(prompt: str) -> AsyncIterator[str]:
                yield "a"
                await waiting.wait()

            async def read() -> None:
                async for _ in endless("endless"):
                    waiting.clear()

            task = asyncio.create_task(read())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main(), debug=True)
    assert streams(api) == {"endless": ("cancelled", {"response": "a"})}


async def test_a_step_inside_a_step_is_refused_and_changes_nothing(api: LocalApi, run: Run) -> None:
    found: list[Any] = []

    @traced(AgentLlm, **TALK)
    def greedy(prompt: str) -> Iterator[int]:
        for act in (found[0].__next__, found[0].close, lambda: found[0].throw(KeyError)):
            with pytest.raises(ValueError, match="already executing"):
                act()
        yield 1

    async with run(**STRICT):
        found.append(greedy("greedy"))
        assert list(found[0]) == [1]
    assert streams(api) == {"greedy": ("complete", {"response": "1"})}


async def test_a_mismatch_raises_at_the_end_and_never_on_close(api: LocalApi, run: Run) -> None:
    wrong: dict[str, Any] = {**TALK, "collect": lambda parts: {"response": parts}}

    @traced(AgentLlm, **wrong)
    def steps(prompt: str) -> Iterator[int]:
        yield 1

    @traced("agent:llm", params=lambda prompt: {"prompt": prompt})
    def no_model(prompt: str) -> Iterator[int]:
        pytest.fail("the body is not entered")
        yield 1

    async with run(**STRICT):
        with pytest.raises(SpanValidationError, match="response"):
            list(steps("read"))
        drop(steps("dropped"))
        with pytest.raises(SpanValidationError, match="model"):
            next(no_model("no model"))
    found = streams(api)
    assert [found[name][0] for name in ("read", "dropped", "no model")] == ["complete", "cancelled", "failed"]


class Reply:
    """A stream as SDKs of models return it."""

    def __init__(self, *parts: str) -> None:
        self.parts = iter(parts)
        self.closed = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        return next(self.parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True


class AsyncReply(Reply):
    __next__ = None  # type: ignore[assignment]
    __iter__ = None  # type: ignore[assignment]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        with contextlib.suppress(StopIteration):
            return next(self.parts)
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


@traced(AgentLlm, **TALK)
def reply(prompt: str) -> Reply:
    search(f"{prompt} asked")
    return Reply("a", "b")


@traced(AgentLlm, **TALK)
async def areply(prompt: str) -> AsyncReply:
    search(f"{prompt} asked")
    return AsyncReply("a", "b")


@traced(AgentLlm, **TALK)
def whole(prompt: str) -> Any:
    return {"list": ["a", "b"], "none": None, "number": 4, "generator": (part for part in "ab")}[prompt]


async def test_an_iterator_that_a_function_returns(api: LocalApi, run: Run, caplog: Any) -> None:
    async with run(**STRICT):
        stream = reply("read")
        search("before reading")
        assert isinstance(stream, Reply)
        assert not stream.closed
        assert list(stream) == ["a", "b"]
        with reply("with") as stream:
            assert isinstance(stream, Reply)
            assert next(stream) == "a"
        assert stream.closed
        with contextlib.suppress(ValueError), reply("failed") as stream:
            next(stream)
            raise ValueError("thrown")
        reply("closed").close()
        drop(reply("dropped"))
        del stream
        assert [part async for part in await areply("aread")] == ["a", "b"]
        async with await areply("awith") as astream:
            assert isinstance(astream, AsyncReply)
            assert await anext(astream) == "a"
        assert [*whole("generator")] == ["a", "b"]
        assert whole("list") == ["a", "b"]
        assert [whole("none"), whole("number")] == [None, 4]
        assert SpanContextStack.is_empty()
    assert streams(api) == {
        "read": ("complete", {"response": "ab"}),
        "with": ("cancelled", {"response": "a"}),
        "failed": ("failed", {"response": "a", **THROWN}),
        "closed": ("cancelled", {"response": ""}),
        "dropped": ("cancelled", {"response": "a"}),
        "aread": ("complete", {"response": "ab"}),
        "awith": ("cancelled", {"response": "a"}),
        "generator": ("complete", {"response": "ab"}),
        "list": ("complete", {"response": "ab"}),
        "none": ("complete", None),
        "number": ("complete", None),
    }
    assert parent_of(api, "read asked") == "read"
    assert parent_of(api, "before reading") is None
    (message,) = warnings(caplog)
    assert "whole() returned an int, which is no iterator" in message


async def test_the_return_value_of_a_generator_is_its_result(api: LocalApi, run: Run) -> None:
    @traced(AgentLlm, params=TALK["params"], result="response")
    def summing(prompt: str) -> Generator[int, None, str]:
        current_span(AgentLlm).set_result(finish_reason="stop")
        yield 1
        return "sum"

    async with run(**STRICT):
        assert list(summing("sum")) == [1]
    assert streams(api) == {"sum": ("complete", {"response": "sum", "finish_reason": "stop"})}


class Speaker:
    @traced(AgentLlm, **TALK)
    def speak(self, prompt: str) -> Iterator[str]:
        yield prompt

    @classmethod
    @traced(AgentLlm, **TALK)
    async def aspeak(cls, prompt: str) -> AsyncIterator[str]:
        yield prompt


async def test_a_decorated_generator_is_one_for_frameworks(api: LocalApi, run: Run) -> None:
    async with run(**STRICT):
        assert list(Speaker().speak("a method")) == ["a method"]
        assert list(Speaker.speak(Speaker(), "of the class")) == ["of the class"]
        assert [part async for part in Speaker.aspeak("a class method")] == ["a class method"]
        assert list(partial(talk, "partial")()) == [1, None]
        assert list(pickle.loads(pickle.dumps(talk))("pickled")) == [1, None]
    assert all(map(inspect.isgeneratorfunction, (talk, Speaker().speak, Speaker.speak)))
    assert all(map(inspect.isasyncgenfunction, (atalk, Speaker().aspeak, Speaker.aspeak)))
    assert talk.__name__ == "talk"
    assert list(inspect.signature(talk).parameters) == list(inspect.signature(Speaker().speak).parameters) == ["prompt"]
    assert {*streams(api)} == {"a method", "of the class", "a class method", "partial", "pickled"}
