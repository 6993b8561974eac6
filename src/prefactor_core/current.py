"""What is current in a task or thread: the agent instance and the span."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any, ParamSpec, TypeVar, cast, overload

from prefactor_core._log_once import LogOnce
from prefactor_core._records.instance_stack import (
    InstanceEntries,
    current_instances,
    instance_entries,
    replace_instances,
)
from prefactor_core._records.records import InstanceRecord, SpanRecord
from prefactor_core.context_stack import Entries, innermost_span, open_span, replace_stack, stack_entries
from prefactor_core.managers import AgentInstanceHandle
from prefactor_core.span_context import NoSpan, SpanContext
from prefactor_core.typed import TypedSpan
from prefactor_http._log import logger_of

__all__ = ["carry", "current_instance", "current_span", "set_default_instance"]

P = ParamSpec("P")
R = TypeVar("R")
SpanT = TypeVar("SpanT", bound=TypedSpan[Any, Any])

logger = logger_of("prefactor_core")

_default: AgentInstanceHandle | None = None
_log_once = LogOnce()


def current_instance() -> AgentInstanceHandle | None:
    """The agent instance that this code runs in, or None.

    It is that of the innermost open span; else that of the innermost `client.instance()` block, or the one that this
    task or thread has started last and not finished; else the one of `set_default_instance()`.
    """
    if not (stack_entries() or instance_entries()):  # many functions are traced in a program that records nothing
        return None if _default is None else _default_instance()
    entries = current_instances()
    span = innermost_span()
    if span is None and not entries:
        return _default_instance()
    record = entries[0].record if span is None else span.instance
    for entry in entries:
        if entry.record is record:
            return entry.handle() or _handle_of(record)
    return _handle_of(record)


def set_default_instance(instance: AgentInstanceHandle | None) -> None:
    """Set the instance that is current where no other is, as in threads and notebook cells; None for none.

    Args:
        instance: the instance. It is the default until it is finished.

    Raises:
        TypeError: it is no instance.
    """
    if instance is not None and not isinstance(instance, AgentInstanceHandle):
        raise TypeError(f"instance must be an AgentInstanceHandle or None, not {type(instance).__name__}")
    global _default  # noqa: PLW0603 - one per process
    _default = instance


def _default_instance() -> AgentInstanceHandle | None:
    return None if _default is None or _default._record.ended else _default


def _handle_of(record: InstanceRecord) -> AgentInstanceHandle | None:
    """A handle of an instance whose own handle the program does not keep; None if its client is gone."""
    if _default is not None and _default._record is record:
        return _default
    client = None if record.client is None else record.client()
    return None if client is None else AgentInstanceHandle(record.id, client)


@overload
def current_span() -> SpanContext: ...


@overload
def current_span(span_type: type[SpanT]) -> SpanT: ...


def current_span(span_type: type[TypedSpan[Any, Any]] | None = None) -> SpanContext | TypedSpan[Any, Any]:
    """The innermost span that this code runs in, such as that of the function that `traced` decorates.

    Without such a span, the returned object takes everything and records nothing, so the code also works where nothing
    is recorded. If there is an agent instance nevertheless, that is logged once.

    Args:
        span_type: a generated class, for the innermost span of this type; by default a span of any type, as a
            `SpanContext`.
    """
    if not (span_type is None or (isinstance(span_type, type) and issubclass(span_type, TypedSpan))):
        raise TypeError(f"span_type must be a generated class, not {_kind(span_type)}")
    name = None if span_type is None else span_type.schema_name
    record = open_span(name)
    context = None if record is None else _context_of(record)
    if context is None:
        context = NoSpan()
        if current_instance() is not None and _log_once(name):
            logger.warning(
                "current_span(%s): no such span is open here, so what it is given is not recorded (further ones are "
                "not logged)",
                "" if span_type is None else span_type.__name__,
            )
    return context if span_type is None else span_type._from_span(context)


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function run with the current instance and span of the code that calls `carry`, in any thread.

    If that instance is over when the function is called, the function runs with what is current there.

    Threads of a pool do not inherit them: `pool.map(carry(work), items)`. Tasks and `asyncio.to_thread` do without.

    Args:
        function: a function or a coroutine function.

    Raises:
        TypeError: it is no function, or a generator function. Carry the function that reads the generator.
    """
    if not callable(function):
        raise TypeError(f"carry() takes a function, not {type(function).__name__}")
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        raise TypeError("carry() takes no generator functions: carry the function that reads the generator")
    carried = partial(_current, stack_entries(), instance_entries())
    called: Any = function
    if iscoroutinefunction(function):

        @wraps(called)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with carried():
                return await called(*args, **kwargs)

        return cast("Callable[P, R]", awaited)

    @wraps(called)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with carried():
            return function(*args, **kwargs)

    return run


def _kind(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


@contextmanager
def _current(spans: Entries, instances: InstanceEntries) -> Iterator[None]:
    outer_spans, outer_instances = replace_stack(spans), replace_instances(instances)
    if (spans or instances) and innermost_span() is None and not current_instances():  # that run is over
        replace_stack(outer_spans)
        replace_instances(outer_instances)
    try:
        yield
    finally:
        replace_stack(outer_spans)
        replace_instances(outer_instances)


def _context_of(record: SpanRecord) -> SpanContext | None:
    """The span as its block has it, so that results are collected in one place; made now for `create_span`."""
    if record.context is None:
        client = None if record.instance.client is None else record.instance.client()
        if client is None:
            return None
        record.context = SpanContext(record.id, client._span_manager)
    return cast("SpanContext", record.context)
