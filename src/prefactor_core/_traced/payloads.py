"""Makes the params and the result of a span of what a function takes and returns. Mistakes are found at decoration."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from enum import Enum
from inspect import Parameter, iscoroutinefunction
from typing import Any, Literal, Never, NoReturn, TypeAlias

from pydantic import BaseModel
from typing_extensions import is_typeddict

from prefactor_core._traced.arguments import Arguments, Values, signature_of
from prefactor_core._typed.payload_methods import keywords_of
from prefactor_core._typed.span import TypedSpan
from prefactor_core._typed.untyped_span import Part
from prefactor_schema.suggestions import did_you_mean

__all__ = [
    "AUTO",
    "Auto",
    "ParamsMapper",
    "ResultMapper",
    "check_return",
    "is_stream_annotation",
    "params_reader",
    "result_reader",
]


class Auto(Enum):
    """The default of `traced(result=)`: a result or a mapping that the function returns is recorded as it is."""

    AUTO = "AUTO"

    def __repr__(self) -> str:
        return "AUTO"


AUTO: Literal[Auto.AUTO] = Auto.AUTO

SpanType: TypeAlias = type[TypedSpan[Any, Any]] | str
ParamsMapper: TypeAlias = Callable[..., object]
ResultMapper: TypeAlias = Callable[[Any], object]

_STREAMS = (AsyncIterable, AsyncIterator, AsyncGenerator, Iterable, Iterator, Generator)
_ANYTHING = (Any, object)


def params_reader(span_type: SpanType, arguments: Arguments, mapper: ParamsMapper | None) -> Callable[[Values], object]:
    """What makes the params of the arguments of a call.

    Raises:
        TypeError: nothing gives a required property, or the mapper wants an argument that the function does not have.
    """
    if mapper is None:
        return _by_name(span_type, arguments)
    _check_mapper("params", mapper)
    return _mapped(arguments, mapper)


def _by_name(span_type: SpanType, arguments: Arguments) -> Callable[[Values], object]:
    names = _properties(span_type, "params")
    if names is None:
        return lambda values: _flat(arguments, values)
    missing = [name for name, json_name in _required(span_type) if not {name, json_name} & {*arguments.names}]
    if missing and arguments.others is None:
        others = [name for name in arguments.names if name not in {*names, *names.values()}]
        raise TypeError(
            f"no argument gives the required property {missing[0]!r}{did_you_mean(missing[0], others)}: "
            "name an argument so, or give params=, a function of the arguments"
        )
    wanted = {**{json_name: json_name for json_name in names.values()}, **names}
    required = {each for names_of_one in _required(span_type) for each in names_of_one}
    left_out = arguments.none_by_default - required  # as long as they are None: a property that is not given

    named = [name for name in arguments.names if name in wanted]

    def read(values: Values) -> Values:
        given = values if arguments.others is None else _flat(arguments, values)
        return {
            wanted[name]: given[name]
            for name in (named if arguments.others is None else filter(wanted.__contains__, given))
            if not (given[name] is None and name in left_out)
        }

    return read


def _flat(arguments: Arguments, values: Values) -> Values:
    """The arguments without the receiver. Those of `**kwargs` are arguments like others."""
    named = {name: values[name] for name in arguments.names if name != arguments.others}
    return named if arguments.others is None else {**values[arguments.others], **named}


def _mapped(arguments: Arguments, mapper: ParamsMapper) -> Callable[[Values], object]:
    known = {*arguments.names, *([arguments.receiver] if arguments.receiver else ())}
    wanted: list[str] = []
    takes_others = False
    for each in signature_of(mapper).parameters.values():
        if each.kind is Parameter.VAR_KEYWORD:
            takes_others = True
        elif each.kind is Parameter.VAR_POSITIONAL:
            continue
        elif each.kind is Parameter.POSITIONAL_ONLY:
            raise TypeError(f"params= gets the arguments by their names, but its {each.name!r} is positional")
        elif each.name in known:
            wanted.append(each.name)
        elif each.default is Parameter.empty and arguments.others is None:
            hint = did_you_mean(each.name, arguments.names)
            raise TypeError(f"params= wants an argument {each.name!r}, which the function does not have{hint}")
        elif arguments.others is not None:
            wanted.append(each.name)

    def read(values: Values) -> object:
        if arguments.others is not None:
            values = {**values[arguments.others], **values}
        given = {name: values[name] for name in wanted if name in values}
        if takes_others:
            rest = _flat(arguments, values)
            given = {**{name: value for name, value in rest.items() if name not in given}, **given}
        return mapper(**given)

    return read


def result_reader(span_type: SpanType, result: ResultMapper | str | Auto | None) -> Callable[[Any], object] | None:
    """What makes the result of the value that a function returns; None if it is not recorded.

    Raises:
        TypeError: the span type has no such property.
    """
    if result is None:
        return None
    if isinstance(result, str):
        names = _properties(span_type, "result")
        name = result
        if names is not None:
            if name not in names and name not in names.values():
                raise TypeError(f"the result has no property {name!r}{did_you_mean(name, [*names])}")
            name = names.get(name, name)
        return lambda value: {name: value}
    if isinstance(result, Auto):
        return lambda value: value
    _check_mapper("result", result)
    return result


def _check_mapper(name: str, mapper: object) -> None:
    if not callable(mapper):
        raise TypeError(f"{name}= must be a function, not {type(mapper).__name__}")
    if iscoroutinefunction(mapper):
        raise TypeError(f"{name}= must be a plain function: nothing awaits a coroutine function")


def _properties(span_type: SpanType, part: Part) -> Mapping[str, str] | None:
    """The keywords of a payload, and their names in it; None if it may have any."""
    model = _model(span_type, part)
    return None if model is None else keywords_of(model, _json_names(span_type, part))


def _required(span_type: SpanType) -> Collection[tuple[str, str]]:
    model = _model(span_type, "params")
    names = _properties(span_type, "params") or {}
    fields = {} if model is None else model.__pydantic_fields__
    return [(name, names[name]) for name, field in fields.items() if name in names and field.is_required()]


def _model(span_type: SpanType, part: Part) -> type[BaseModel] | None:
    model = getattr(span_type, "Params" if part == "params" else "Result", None)
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def _json_names(span_type: SpanType, part: Part) -> Mapping[str, str]:
    return {} if isinstance(span_type, str) else span_type._json_names.get(part, {})


def check_return(annotation: object) -> None:
    """Check that what a function returns can be recorded as it is.

    Raises:
        TypeError: it cannot.
    """
    if not _is_payload(annotation):
        raise TypeError(
            f"what it returns ({_shown(annotation)}) is no mapping, model or dataclass. Give result=: the name of the "
            "property that it is, a function that makes the result of it, or None to record nothing of it"
        )


def _is_payload(annotation: object) -> bool:
    if annotation is None or any(annotation is each for each in (types.NoneType, Never, NoReturn, *_ANYTHING)):
        return True
    origin = typing.get_origin(annotation)
    if origin in {typing.Union, types.UnionType}:
        return all(map(_is_payload, typing.get_args(annotation)))
    if origin is typing.Annotated:
        return _is_payload(typing.get_args(annotation)[0])
    if origin in {Awaitable, Coroutine}:  # of a plain function that returns a coroutine
        return _is_payload(typing.get_args(annotation)[-1])
    found = annotation if origin is None else origin
    if not isinstance(found, type):  # a type variable, an alias …
        return found is not typing.Literal
    return issubclass(found, Mapping | BaseModel) or is_typeddict(found) or dataclasses.is_dataclass(found)


def is_stream_annotation(annotation: object) -> bool:
    """Whether a function that returns this may return an iterator."""
    if any(annotation is each for each in _ANYTHING):
        return True
    origin = typing.get_origin(annotation)
    if origin in {typing.Union, types.UnionType, typing.Annotated}:
        return any(map(is_stream_annotation, typing.get_args(annotation)))
    found = annotation if origin is None else origin
    if not isinstance(found, type):
        return found is not None
    return found in _STREAMS or any(hasattr(found, name) for name in ("__next__", "__anext__", "__aiter__"))


def _shown(annotation: object) -> str:
    return annotation.__name__ if type(annotation) is type else str(annotation).replace("typing.", "")
