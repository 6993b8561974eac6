"""The JSON Schema of a function's parameters as one object, and the type of what it returns."""

from __future__ import annotations

import functools
import inspect
from collections import abc
from collections.abc import Callable, Mapping
from inspect import Parameter
from types import NoneType
from typing import Annotated, Any, NamedTuple, Optional, Unpack, get_args, get_origin, get_type_hints

import typing_extensions
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from prefactor_core._type_schemas.json_schemas import (
    REDACT,
    Mode,
    Schema,
    UnsupportedTypeError,
    is_json,
    schemas_of_types,
)
from prefactor_core._type_schemas.typed_dicts import keys_of

__all__ = ["description_of", "name_of", "parameters_schema", "return_type", "returned_schema"]

_YIELDING = frozenset({
    abc.Iterator, abc.Iterable, abc.Generator, abc.AsyncIterator, abc.AsyncIterable, abc.AsyncGenerator,
})  # fmt: skip
_AWAITED = {abc.Awaitable: 0, abc.Coroutine: 2}
"""What is awaited, with the position of its result in its arguments."""
_ADVICE = "use another type, leave the parameter out with functools.partial, or give a JSON Schema as params"
_UNPACK = (Unpack, typing_extensions.Unpack)
_OTHERS = "**"  # no parameter has this name


class _Field(NamedTuple):
    """A member of the object: its type, whether it must be there, and its default."""

    annotation: Any
    required: bool
    default: object = Parameter.empty


def parameters_schema(function: Callable[..., object], mode: Mode = "validation") -> Schema:
    """The JSON Schema of an object with a property for each parameter.

    `self` and `cls` are left out, and so is what a `functools.partial` binds. `*args` is an array. `**kwargs` are
    further properties of the object; without it, there are no others.

    Raises:
        UnsupportedTypeError: a parameter has no JSON Schema, or the annotations cannot be resolved.
    """
    hints = _hints(function)
    fields: dict[str, _Field] = {}
    others: Any = Parameter.empty
    for parameter in _parameters(function):
        annotation = hints.get(parameter.name, Any)
        match parameter.kind:
            case Parameter.VAR_POSITIONAL:
                fields[parameter.name] = _Field(list[annotation], required=False)  # type: ignore[valid-type]
            case Parameter.VAR_KEYWORD if get_origin(annotation) in _UNPACK:
                fields |= _unpacked(annotation)
            case Parameter.VAR_KEYWORD:
                others = annotation
            case _:
                fields[parameter.name] = _field(annotation, parameter.default)
    try:
        return _object_schema(fields, others, mode)
    except UnsupportedTypeError as error:
        raise UnsupportedTypeError(str(error), _ADVICE) from error.__cause__


def return_type(function: Callable[..., object]) -> Any:
    """The type of what a function returns, without the coroutine around it; of a stream, a list of its items.

    Returns:
        The type, and `inspect.Parameter.empty` if the function does not say it.

    Raises:
        UnsupportedTypeError: the annotations cannot be resolved.
    """
    annotation = _hints(function).get("return", Parameter.empty)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in _AWAITED and arguments:
        return arguments[_AWAITED[origin]]
    return list[arguments[0]] if origin in _YIELDING and arguments else annotation  # type: ignore[valid-type]


def returned_schema(function: Callable[..., object], name: str) -> Schema:
    """The JSON Schema of an object with one property, which holds what the function returns.

    Raises:
        UnsupportedTypeError: that has no JSON Schema, or the annotations cannot be resolved.
    """
    annotation = return_type(function)
    field = _Field(Any if annotation is Parameter.empty else annotation, required=True)
    return _object_schema({name: field}, Any, "serialization")


def description_of(function: Callable[..., object]) -> str | None:
    """The first paragraph of a function's docstring, in one line."""
    text = inspect.cleandoc(_innermost(function).__doc__ or "")
    return " ".join(text.partition("\n\n")[0].split()) or None


def name_of(function: Callable[..., object]) -> str:
    """What a message calls a function."""
    return f"the function {getattr(_innermost(function), '__qualname__', type(function).__name__)}"


def _parameters(function: Callable[..., object]) -> list[Parameter]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:  # some functions that are written in C
        message = f"Python does not know the parameters of {name_of(function)}"
        raise UnsupportedTypeError(message, "give a type or a JSON Schema as params") from None
    bound: Mapping[str, object] = function.keywords if isinstance(function, functools.partial) else {}
    first = parameters[0] if parameters else None
    if first is not None and first.name in {"self", "cls"} and first.annotation is Parameter.empty:
        del parameters[0]
    return [each for each in parameters if each.name not in bound]


def _hints(function: Callable[..., object]) -> Mapping[str, Any]:
    try:
        return get_type_hints(_innermost(function), include_extras=True)
    except NameError as error:
        message = f"an annotation of {name_of(function)} needs {error.name}, which has no value at run time"
        raise UnsupportedTypeError(message, "import it outside of `if TYPE_CHECKING`") from error
    except Exception as error:  # an annotation may be any expression
        message = f"an annotation of {name_of(function)} raises {type(error).__name__}"
        raise UnsupportedTypeError(message, "change it") from error


def _innermost(function: Any) -> Any:
    """The function that a partial, a method or a decorator wraps."""
    while True:
        if isinstance(function, functools.partial):
            function = function.func
        elif inspect.ismethod(function):
            function = function.__func__
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif inspect.isroutine(function):
            return function
        else:  # an object with __call__
            function = type(function).__call__


def _field(annotation: Any, default: Any) -> _Field:
    if isinstance(default, FieldInfo):  # query: str = Field(description="What to look for.")
        return _Field(Annotated[annotation, default], default.is_required())
    if default is None:
        annotation = _or_none(annotation)
    return _Field(annotation, default is Parameter.empty, default)


def _or_none(annotation: Any) -> Any:
    """The type of a parameter whose default is None, which many programs write without saying it."""
    inner = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if inner is Any or NoneType in get_args(inner):
        return annotation
    return Optional[annotation]  # noqa: UP045 - not every annotation has the operator


def _unpacked(annotation: Any) -> dict[str, _Field]:
    """The keywords that `**kwargs: Unpack[Options]` takes."""
    (options,) = get_args(annotation)
    return {name: _Field(*key) for name, key in keys_of(options).items()}


def _object_schema(fields: Mapping[str, _Field], others: Any, mode: Mode) -> Schema:
    types = {name: field.annotation for name, field in fields.items()}
    if others is not Parameter.empty:
        types[_OTHERS] = others
    schemas, definitions = schemas_of_types(types, mode)
    schema: Schema = {
        "type": "object",
        "properties": {name: _with_default(schemas[name], field.default) for name, field in fields.items()},
    }
    if required := [name for name, field in fields.items() if field.required]:
        schema["required"] = required
    schema["additionalProperties"] = schemas[_OTHERS] or True if _OTHERS in schemas else False
    return {**schema, "$defs": definitions} if definitions else schema


def _with_default(schema: Schema, default: object) -> Schema:
    if default is Parameter.empty or schema.get(REDACT) is True:
        return schema
    try:
        value = to_jsonable_python(default)
    except Exception:  # an object that means "not given", whose class may raise anything
        return schema
    return {**schema, "default": value} if is_json(value) else schema
