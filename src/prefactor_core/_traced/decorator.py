"""The decorator `traced`, which records the calls of a function as spans."""

from __future__ import annotations

import typing
from collections.abc import Callable
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction, unwrap
from types import CodeType
from typing import Any, Literal, TypeVar, cast

from prefactor_core._traced.arguments import Arguments
from prefactor_core._traced.call import Call
from prefactor_core._traced.payloads import AUTO, Auto, check_return, is_stream_annotation
from prefactor_core._traced.plan import Capture, Plan
from prefactor_core._traced.streams import StreamFunction, returned
from prefactor_core.typed import TypedSpan

__all__ = ["traced"]

F = TypeVar("F", bound=Callable[..., Any])
ParamsT = TypeVar("ParamsT")
ResultT = TypeVar("ResultT")


def traced(
    span_type: type[TypedSpan[ParamsT, ResultT]] | str,
    *,
    params: Callable[..., ParamsT] | None = None,
    result: Callable[[Any], ResultT] | str | Literal[Auto.AUTO] | None = AUTO,
    collect: Callable[[list[Any]], ResultT] | None = None,
    capture: Capture = True,
) -> Callable[[F], F]:
    """Record each call of a function, coroutine function, generator, async generator or method as a span.

    The span belongs to the current instance. It is `failed` if the function raises, and `cancelled` if it is cancelled.
    Without a current instance the function runs as if it was not decorated, and that is logged once.

    A generator is recorded from its first step to its end: `complete` if it is exhausted, `failed` after an exception,
    `cancelled` if it is closed, or not read any more. The span that is current when it is called is the parent. Its own
    span is current in its body, and not in the code that reads it.

    An exception of `params`, `result` or `collect` is logged once, and what it should have made is left out. With
    `validation="raise"`, a payload that does not match raises `SpanValidationError`, as in a `with` block: params
    before the function runs, a result after it has returned. No exception of the function is replaced.

    Args:
        span_type: a generated class, or the name of a span type.
        params: makes the params of the arguments that it names; `**others` are those that it does not name, without
            `self` and `cls`. By default, the arguments that are called like a property are the params, but for those
            that are None by default, as long as they are None. Where the properties are not known, all arguments are.
        result: makes the result of the value that is returned, or is the name of the property that the value is. By
            default, a mapping or a model is the result. None records nothing of the value; `current_span()` in the
            body may give a result.
        collect: makes the result of a list of the items of a stream: of a generator, or of an iterator that the
            function returns. Items are kept only for this. If the stream does not end, it gets those until then.
        capture: what is recorded of each call: both, one of the two, or neither. What is not recorded is not checked.

    Raises:
        TypeError: the function does not fit the span type.
    """
    shown = repr(span_type) if isinstance(span_type, str) else getattr(span_type, "__name__", repr(span_type))
    if not isinstance(span_type, str) and not (isinstance(span_type, type) and issubclass(span_type, TypedSpan)):
        raise TypeError(f"@traced({shown}): the span type must be a generated class or a name")
    if capture not in {True, False, "params", "result"}:
        raise TypeError(f"@traced({shown}): capture must be True, False, 'params' or 'result', not {capture!r}")
    make = partial(Plan, span_type=span_type, params=params, result=result, collect=collect, capture=capture)

    def decorate(function: F) -> F:
        method: Any = function
        is_method = isinstance(method, classmethod | staticmethod)
        plain: Callable[..., Any] = method.__func__ if is_method else function
        name = getattr(plain, "__qualname__", type(plain).__qualname__)
        if isinstance(plain, type) or not callable(plain):
            raise TypeError(f"@traced({shown}): it decorates functions and methods, not {name}")
        try:
            has_receiver = isinstance(method, classmethod) if is_method else None
            plan = make(name, _place_of(plain), arguments=Arguments(plain, has_receiver=has_receiver))
            if capture in {True, "result"}:
                _check_result(plain, result, collect)
        except TypeError as error:
            raise TypeError(f"@traced({shown}) does not fit {name}(): {error}") from None
        decorated = _decorated(plain, plan)
        return cast("F", type(method)(decorated) if is_method else decorated)

    return decorate


def _place_of(function: Callable[..., Any]) -> str:
    """Where a function is defined, to begin the remarks of a message with; nothing if that is not known."""
    try:
        code = getattr(unwrap(function), "__code__", None)
    except Exception:  # an object whose own code answers for its attributes
        return ""
    return f"at {code.co_filename}:{code.co_firstlineno}; " if isinstance(code, CodeType) else ""


def _check_result(function: Callable[..., Any], result: object, collect: object) -> None:
    is_async_generator = isasyncgenfunction(function)
    is_generator = is_async_generator or isgeneratorfunction(function)
    if collect is not None:
        if not callable(collect):
            raise TypeError(f"collect= must be a function, not {type(collect).__name__}")
        if result is not AUTO and result is not None:
            raise TypeError("give one of result= and collect=: both make the result")
        if not is_generator and not is_stream_annotation(_returned_type(function)):
            raise TypeError("collect= is for generators, and for functions that return an iterator: give result=")
    elif is_async_generator and result is not AUTO and result is not None:
        raise TypeError("an async generator returns nothing: give collect=, which gets the items")
    elif result is AUTO and not is_generator:
        check_return(_returned_type(function))


def _returned_type(function: Callable[..., Any]) -> object:
    """The annotation of what a function returns; Any if there is none, or it has names that are not defined yet."""
    try:
        return typing.get_type_hints(function).get("return", Any)
    except Exception:
        return Any


def _decorated(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        return StreamFunction(function, plan)
    if iscoroutinefunction(function):
        return _coroutine(function, plan)

    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        call = Call.begun(plan, args, kwargs)
        if call is None:
            return function(*args, **kwargs)
        try:
            value = function(*args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        return returned(call, value)

    return called


def _coroutine(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    @wraps(function)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        call = Call.begun(plan, args, kwargs)
        if call is None:
            return await function(*args, **kwargs)
        try:
            value = await function(*args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        return returned(call, value)

    return awaited
