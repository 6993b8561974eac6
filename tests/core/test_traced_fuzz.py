"""A decorated function behaves as the function itself, whatever is done to it and whatever its mappers do."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, SpanContextStack, current_span, traced
from prefactor_http import HttpClientConfig
from prefactor_spans import AgentLlm, registry

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def running() -> Iterator[None]:
    """A client that records nothing: the API is not what is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFACTOR_DISABLED", "1")
        http_config = HttpClientConfig(api_url="http://127.0.0.1:1", api_token="t")
        config = PrefactorCoreConfig(http_config=http_config, schema_registry=registry)
        with PrefactorCoreClient(config) as client, client.instance({"name": "A"}, agent_id="a"):
            yield


class Hostile:
    def __getattribute__(self, name: str) -> Any:
        raise RecursionError(name)

    def __repr__(self) -> str:
        raise MemoryError

    def __eq__(self, other: object) -> bool:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]


class Endless(dict[str, Any]):
    def items(self) -> Any:
        raise LookupError


def raising(error: type[BaseException]) -> Callable[..., Any]:
    def mapper(*_: object, **__: object) -> Any:
        raise error

    return mapper


VALUES = [None, 1, "text", {"response": "x"}, {1: 2}, [1], Hostile(), Endless(), object, b"\xff", 10**5000]
WHICH = st.integers(0, len(VALUES) - 1)  # Hypothesis prints values, but some of these cannot be printed
MAPPERS = st.one_of(
    st.sampled_from([ValueError, RecursionError, StopIteration, GeneratorExit, asyncio.CancelledError]).map(raising),
    WHICH.map(lambda which: lambda *_, **__: VALUES[which]),
)
ACTS = st.lists(st.sampled_from(["next", "send", "throw", "exit", "close", "stop"]), max_size=8)
BODIES = st.lists(st.sampled_from(["yield", "catch", "raise", "return", "nested", "finish"]), max_size=6)


def body(plan: list[str]) -> Generator[object, object, object]:
    for step in plan:
        if step == "raise":
            raise LookupError(step)
        if step == "return":
            return step
        if step == "finish":
            current_span(AgentLlm).complete(response="early")
        try:
            got = yield step
            if step == "nested":
                yield from body([])
            yield got
        except KeyError:
            if step != "catch":
                raise
            yield "caught"
    return "end"


async def async_body(plan: list[str]) -> AsyncIterator[object]:
    for step in plan:
        if step == "raise":
            raise LookupError(step)
        if step == "return":
            return
        if step == "finish":
            current_span(AgentLlm).complete(response="early")
        try:
            await asyncio.sleep(0)
            got = yield step
            yield got
        except KeyError:
            if step != "catch":
                raise
            yield "caught"


def outcome(act: Callable[[], object]) -> tuple[str, object]:
    try:
        return "gave", act()
    except BaseException as error:
        return type(error).__name__, getattr(error, "value", str(error))


def drive(stream: Any, acts: list[str]) -> list[tuple[str, object]]:
    calls: dict[str, Callable[[], object]] = {
        "next": lambda: next(stream),
        "send": lambda: stream.send(5),
        "throw": lambda: stream.throw(KeyError("thrown")),
        "exit": lambda: stream.throw(GeneratorExit()),
        "stop": lambda: stream.throw(StopIteration("thrown")),
        "close": stream.close,
    }
    return [outcome(calls[act]) for act in acts]


async def async_drive(stream: Any, acts: list[str]) -> list[tuple[str, object]]:
    calls: dict[str, Callable[[], Any]] = {
        "next": lambda: anext(stream),
        "send": lambda: stream.asend(5),
        "throw": lambda: stream.athrow(KeyError("thrown")),
        "exit": lambda: stream.athrow(GeneratorExit()),
        "stop": lambda: stream.athrow(StopAsyncIteration("thrown")),
        "close": stream.aclose,
    }
    found: list[tuple[str, object]] = []
    for act in acts:
        try:
            found.append(("gave", await calls[act]()))
        except BaseException as error:
            found.append((type(error).__name__, str(error)))
    await stream.aclose()
    return found


@settings(max_examples=400, deadline=None)
@given(BODIES, ACTS, MAPPERS)
def test_a_generator(plan: list[str], acts: list[str], mapper: Any) -> None:
    decorated = traced(AgentLlm, params=mapper, collect=mapper)(body)
    assert drive(decorated(plan), acts) == drive(body(plan), acts)
    assert SpanContextStack.is_empty()


@settings(max_examples=200, deadline=None)
@given(BODIES, ACTS, MAPPERS)
def test_an_async_generator(plan: list[str], acts: list[str], mapper: Any) -> None:
    async def main() -> None:
        decorated = traced(AgentLlm, params=mapper, collect=mapper)(async_body)
        assert await async_drive(decorated(plan), acts) == await async_drive(async_body(plan), acts)
        assert SpanContextStack.is_empty()

    asyncio.run(main())


def ids(*values: object) -> list[int]:
    return [id(value) for value in values]


SIGNATURES: list[Callable[..., list[int]]] = [
    lambda a, b=2: ids(a, b),
    lambda a, /, b, *, c=3: ids(a, b, c),
    lambda a, *rest, c, **others: ids(a, *rest, c, *others.values()),
    lambda a, /, **x: ids(a, *x.values()),
    lambda: ids(),  # noqa: PLW0108
    lambda self, *args: ids(*args),
]


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(SIGNATURES),
    st.lists(WHICH, max_size=4),
    st.dictionaries(st.sampled_from(["a", "b", "c", "self", "args", "others", "x"]), WHICH, max_size=3),
    MAPPERS,
    st.sampled_from([True, False, "params", "result"]),
)
def test_arguments(
    function: Callable[..., Any], placed: list[int], named: dict[str, int], mapper: Any, capture: Any
) -> None:
    args, kwargs = [VALUES[which] for which in placed], {name: VALUES[which] for name, which in named.items()}
    for decorate in (traced("agent:llm", params=mapper, result=mapper, capture=capture), traced("agent:llm")):
        decorated = decorate(function)
        assert inspect.signature(decorated) == inspect.signature(function)
        assert outcome(partial(decorated, *args, **kwargs)) == outcome(partial(function, *args, **kwargs))
    assert SpanContextStack.is_empty()
