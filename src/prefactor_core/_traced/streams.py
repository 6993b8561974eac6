"""Streams whose steps are recorded: generators, async generators, and other iterators that a function returns."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Generator, Iterator
from functools import partial, update_wrapper
from types import AsyncGeneratorType, CoroutineType, GeneratorType, MethodType
from typing import Any, Self, cast

from prefactor_core._traced.call import Call
from prefactor_core._traced.plan import Plan
from prefactor_core.context_stack import StreamStack

__all__ = ["StreamFunction", "returned"]


class StreamFunction(partial[Any]):
    """A generator function whose generators are recorded. The parent is the span that is current at the call.

    A generator function would begin at the first step, somewhere else. A plain function would not be a generator
    function for `inspect`, which frameworks ask. It sees through a `partial`.

    Args:
        function: the generator function or async generator function.
        plan: how its calls become spans.
    """

    _plan: Plan

    def __new__(cls, function: Callable[..., Any], plan: Plan) -> Self:
        made = super().__new__(cls, function)
        made._plan = plan
        return cast("Self", update_wrapper(made, function))

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        stream = self.func(*args, **kwargs)
        call = Call.prepared(self._plan, args, kwargs)
        if call is None:
            return stream
        recorded = _RecordedAsyncGenerator if isinstance(stream, AsyncGeneratorType) else _RecordedGenerator
        return recorded(_Steps(call, begun=False), stream)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<traced {self.func!r}>"

    def __reduce__(self) -> Any:
        return self.func.__qualname__  # as functions are pickled


def returned(call: Call, value: Any) -> object:
    """What a call returns to the program in place of a value. The span goes on if the value is not finished yet."""
    kind = type(value)  # not isinstance: that calls code of the value
    if kind is CoroutineType:  # of a plain function around a coroutine function
        return _awaited(call, StreamStack(call.record), value)
    if not call.plan.collects or value is None:
        call.complete(value)
        return value
    if kind is GeneratorType:
        return _RecordedGenerator(_Steps(call, begun=True), value)
    if kind is AsyncGeneratorType:
        return _RecordedAsyncGenerator(_Steps(call, begun=True), value)
    if hasattr(kind, "__anext__") or hasattr(kind, "__aiter__"):
        return _RecordedAsyncIterator(_Steps(call, begun=True), value)
    if hasattr(kind, "__next__") or (hasattr(kind, "__iter__") and not issubclass(kind, Collection)):
        return _RecordedIterator(_Steps(call, begun=True), value)
    call.complete_collection(value)
    return value


async def _awaited(call: Call, stack: StreamStack, coroutine: CoroutineType[Any, Any, Any]) -> object:
    try:
        with stack:
            value = await coroutine
    except BaseException as error:
        call.fail(error)
        raise
    return returned(call, value)


class _Steps:
    """The span of a stream. It starts with the first step, and its parent is the span that was current at the call.

    Args:
        call: the call that has returned the stream.
        begun: whether its span is started already.

    Attributes:
        stack: makes the span the current one during a step.
    """

    def __init__(self, call: Call, *, begun: bool) -> None:
        self._call = call
        self._begun = begun
        self._over = False
        self._in_step = False
        self._items: list[Any] | None = [] if call.plan.collects else None
        self.stack = StreamStack(call.record)

    @property
    def open(self) -> bool:
        """Whether the span is started and not finished, and no step is running."""
        return self._begun and not self._over and not self._in_step

    def enter(self) -> bool:
        """Begin a step. Returns whether it is recorded."""
        if self._over or self._in_step:  # a step inside a step is refused by the generator
            return False
        if not self._begun:
            self._begun = self._over = True
            self._over = not self._call.start()
        self._in_step = not self._over
        return self._in_step

    def given(self, item: object) -> None:
        """A step has given an item."""
        self._in_step = False
        if self._items is not None:
            self._items.append(item)

    def complete(self, value: object = None) -> None:
        """The stream is exhausted; a generator has returned a value."""
        if self._finish():
            if self._items is None:
                self._call.complete(value)
            else:
                self._call.complete_stream(self._items)

    def fail(self, error: BaseException) -> None:
        """The stream has ended with an exception."""
        if self._finish():
            self._call.fail(error, self._items)

    def close(self) -> None:
        """The stream is not read any more. Does nothing during a step: then the stream refuses to be closed."""
        if self._in_step:
            return
        if self._begun:
            self.fail(GeneratorExit())
        elif self._finish():
            self._call.discard()

    def _finish(self) -> bool:
        over, self._over, self._in_step = self._over, True, False
        return not over


class _RecordedGenerator(Generator[Any, Any, Any]):
    """A generator whose steps are the body of a span."""

    def __init__(self, steps: _Steps, generator: Generator[Any, Any, Any]) -> None:
        self._steps = steps
        self._generator = generator

    def __getattr__(self, name: str) -> Any:
        return _state_of(self._generator, name)

    def __next__(self) -> Any:
        return _step(self._steps, self._generator.__next__)

    def send(self, value: Any, /) -> Any:
        return _step(self._steps, self._generator.send, value)

    def throw(self, *error: Any) -> Any:
        if not self._steps.open:
            self._steps.close()
            return self._generator.throw(*error)
        return _step(self._steps, self._generator.throw, *error)

    def close(self) -> Any:
        if not self._steps.open:
            self._steps.close()
            return self._generator.close()
        close: Callable[[], Any] = self._generator.close  # which returns a value, since Python 3.13
        try:
            with self._steps.stack:
                value = close()
        except BaseException as error:
            self._steps.fail(error)
            raise
        self._steps.close()
        return value

    def __del__(self) -> None:
        self.close()


class _RecordedAsyncGenerator(AsyncGenerator[Any, Any]):
    """An async generator whose steps are the body of a span."""

    def __init__(self, steps: _Steps, generator: AsyncGenerator[Any, Any]) -> None:
        self._steps = steps
        self._generator = generator
        self._is_known = False

    def __getattr__(self, name: str) -> Any:
        return _state_of(self._generator, name)

    def __anext__(self) -> Any:
        return _async_step(self._steps, self._step, self._generator.__anext__)

    def asend(self, value: Any, /) -> Any:
        return _async_step(self._steps, self._step, self._generator.asend, value)

    def _step(self, step: Callable[..., Awaitable[Any]], *args: Any) -> Awaitable[Any]:
        """Make a step. The first one makes the generator known to the event loop, which closes it at its end.

        The loop gets to know this object in place of the generator, so that the span ends, too.
        """
        if self._is_known:
            return step(*args)
        self._is_known = True
        begin = sys.get_asyncgen_hooks().firstiter
        if begin is None or not isinstance(getattr(begin, "__self__", None), asyncio.AbstractEventLoop):
            return step(*args)
        sys.set_asyncgen_hooks(firstiter=lambda _: begin(self))
        try:
            return step(*args)
        finally:
            sys.set_asyncgen_hooks(firstiter=begin)

    async def athrow(self, *error: Any) -> Any:
        if not self._steps.open:
            self._steps.close()
            return await self._generator.athrow(*error)
        return await _async_step(self._steps, self._generator.athrow, *error)

    async def aclose(self) -> None:
        if not self._steps.open:
            self._steps.close()
            await self._generator.aclose()
            return
        try:
            with self._steps.stack:
                await self._generator.aclose()
        except BaseException as error:
            self._steps.fail(error)
            raise
        self._steps.close()

    def __del__(self) -> None:
        self._steps.close()  # the event loop closes the generator itself


def _state_of(generator: object, name: str) -> Any:
    """An attribute that says in which state a generator is, such as `gi_frame`, which `inspect` reads."""
    if not name.startswith(("gi_", "ag_")):
        raise AttributeError(name)
    return getattr(generator, name)


def _step(steps: _Steps, step: Callable[..., Any], *args: Any) -> Any:
    if not steps.enter():
        return step(*args)
    try:
        with steps.stack:
            item = step(*args)
    except StopIteration as stop:
        steps.complete(stop.value)
        raise
    except BaseException as error:
        steps.fail(error)
        raise
    steps.given(item)
    return item


async def _async_step(steps: _Steps, step: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    if not steps.enter():
        return await step(*args)
    try:
        with steps.stack:
            item = await step(*args)
    except StopAsyncIteration:
        steps.complete()
        raise
    except BaseException as error:
        steps.fail(error)
        raise
    steps.given(item)
    return item


class _Proxy:
    """Stands for an iterator that a function has returned: attributes and class are those of the iterator.

    Leaving its `with` block, and `close()`, finish the span.
    """

    def __init__(self, steps: _Steps, stream: Any) -> None:
        self._prefactor_steps = steps
        self._prefactor_stream = stream
        self._prefactor_iterator = stream

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._prefactor_stream)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_prefactor_"):  # of a copy, which is not made yet
            raise AttributeError(name)
        return getattr(self._prefactor_stream, name)

    def __repr__(self) -> str:
        return repr(self._prefactor_stream)

    def __del__(self) -> None:
        self._prefactor_steps.close()

    def close(self) -> Any:
        try:
            return self._prefactor_stream.close()
        finally:
            self._prefactor_steps.close()


class _RecordedIterator(_Proxy):
    def __iter__(self) -> Iterator[Any]:
        self._prefactor_iterator = iter(self._prefactor_stream)
        return self

    def __next__(self) -> Any:
        return _step(self._prefactor_steps, next, self._prefactor_iterator)

    def __enter__(self) -> Any:
        entered = type(self._prefactor_stream).__enter__(self._prefactor_stream)
        return self if entered is self._prefactor_stream else entered

    def __exit__(self, *details: object) -> Any:
        try:
            return type(self._prefactor_stream).__exit__(self._prefactor_stream, *details)
        finally:
            _leave(self._prefactor_steps, *details)


class _RecordedAsyncIterator(_Proxy):
    def __aiter__(self) -> AsyncIterator[Any]:
        self._prefactor_iterator = aiter(self._prefactor_stream)
        return self

    def __anext__(self) -> Awaitable[Any]:
        return _async_step(self._prefactor_steps, self._prefactor_iterator.__anext__)

    async def __aenter__(self) -> Any:
        entered = await type(self._prefactor_stream).__aenter__(self._prefactor_stream)
        return self if entered is self._prefactor_stream else entered

    async def __aexit__(self, *details: object) -> Any:
        try:
            return await type(self._prefactor_stream).__aexit__(self._prefactor_stream, *details)
        finally:
            _leave(self._prefactor_steps, *details)

    async def aclose(self) -> Any:
        try:
            return await self._prefactor_stream.aclose()
        finally:
            self._prefactor_steps.close()


def _leave(steps: _Steps, *details: object) -> None:
    error = details[1]
    if isinstance(error, BaseException):
        steps.fail(error)
    else:
        steps.close()
