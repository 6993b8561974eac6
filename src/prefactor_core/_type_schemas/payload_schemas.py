"""The schemas of the params and the result of a span type, from what a program has: types, functions, schemas."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Never, NewType, NoReturn, TypeAlias, get_origin

from typing_extensions import TypeAliasType

from prefactor_core._type_schemas.function_schemas import (
    description_of,
    name_of,
    parameters_schema,
    return_type,
    returned_schema,
)
from prefactor_core._type_schemas.json_schemas import Schema, UnsupportedTypeError, described, schema_of_type
from prefactor_core._type_schemas.redaction_rules import redaction_rules

__all__ = ["Part", "TypeSchemas", "schemas_of", "serialized_params"]

_Function: TypeAlias = Callable[..., object]
Part: TypeAlias = Literal["params", "result"]

_NO_RESULT = (inspect.Parameter.empty, NoneType, Never, NoReturn)


class TypeSchemas(NamedTuple):
    """The schemas of a span type.

    Attributes:
        params: the schema of the params.
        result: the schema of the result, if there is one.
        description: what a function says about itself, if the params are those of a function.
        redacted: the redaction rules of params and result, where they are made of types and redact something.
    """

    params: Schema
    result: Schema | None
    description: str | None
    redacted: dict[Part, Mapping[str, Any]]


def schemas_of(name: str, params: object, result: object) -> TypeSchemas:
    """The schemas of a span type.

    Args:
        name: the name of the span type, for messages.
        params: a type, a function or a JSON Schema.
        result: the same, or None. A text is the name of the property that holds what the function in `params` returns.

    Raises:
        TypeError: something has no schema, or describes no object. The message says what to do.
    """
    function = _function(params)
    redacted: dict[Part, Mapping[str, Any]] = {}
    with _part(name, "params"):
        params_schema = _schema(params, "validation") if function is None else parameters_schema(function)
        if not isinstance(params, Mapping):
            redacted["params"] = redaction_rules(params_schema)
    with _part(name, "result"):
        result_schema = _result_schema(function, result)
        if result_schema is not None and not isinstance(result, Mapping):
            redacted["result"] = redaction_rules(result_schema)
    description = None if function is None else description_of(function)
    redacted = {part: rules for part, rules in redacted.items() if rules}
    return TypeSchemas(params_schema, result_schema, description, redacted)


def serialized_params(params: object) -> Schema | None:
    """The schema that a result would have which is of the type of the params, or of the types of the parameters."""
    function = _function(params)
    try:
        if function is None:
            return schema_of_type(params, "serialization")
        return parameters_schema(function, "serialization")
    except UnsupportedTypeError:
        return None


@contextmanager
def _part(name: str, part: Part) -> Iterator[None]:
    try:
        yield
    except UnsupportedTypeError as error:
        advice = error.advice or f"use another type, or give a JSON Schema as {part}"
        raise TypeError(f"the {part} of {name!r}: {error}; {advice}") from error.__cause__


def _result_schema(function: _Function | None, result: object) -> Schema | None:
    if isinstance(result, str):
        if not result:
            message = "result='' names no property"
            raise UnsupportedTypeError(message, "name the one that holds what the function returns, or omit result")
        if function is None:
            message = f"result={result!r} names the property that holds what a function returns"
            raise UnsupportedTypeError(message, "give a function as params, or a type as result")
        return returned_schema(function, result)
    if result is None:
        return None if function is None else _schema_of_returned(function)
    returning = _function(result)
    return _schema(result, "serialization") if returning is None else _schema_of_returned(returning)


def _schema_of_returned(function: _Function) -> Schema | None:
    annotation = return_type(function)
    if annotation in _NO_RESULT:
        return None
    schema = schema_of_type(annotation, "serialization")
    if not _describes_objects(schema, schema):
        message = f"{name_of(function)} returns {described(annotation)}, which is no object in JSON"
        advice = 'name the property that holds it, such as result="output", or give a type or a JSON Schema as result'
        raise UnsupportedTypeError(message, advice)
    return schema


def _schema(source: object, mode: Literal["validation", "serialization"]) -> Schema:
    """The schema of a type, or the given one."""
    if isinstance(source, Mapping):
        schema = dict(source)
        if "object" not in (types := schema.get("type", "object")):
            message = f"expected a JSON Schema of an object, found one of type {types}"
            raise UnsupportedTypeError(message, "make what you record a property of an object")
        if (path := _path_of_type(schema)) is not None:
            message = f"expected a JSON Schema, found a dict with a Python type at {path}"
            raise UnsupportedTypeError(message, "make it a TypedDict, a dataclass or a model")
        return schema
    if not _is_type(source):
        message = f"expected a type, a function or a JSON Schema, found a value of the type {type(source).__name__}"
        raise UnsupportedTypeError(message, "give the type itself")
    schema = schema_of_type(source, mode)
    if not _describes_objects(schema, schema):
        message = f"{described(source)} is no object in JSON"
        raise UnsupportedTypeError(message, "make it a field of a model, a dataclass or a TypedDict")
    return schema


def _path_of_type(value: object) -> str | None:
    """Where a type is in what should be a JSON Schema."""
    if isinstance(value, Mapping):
        members: Iterable[tuple[object, object]] = value.items()
    elif isinstance(value, list | tuple):
        members = enumerate(value)
    else:
        return None
    for key, member in members:
        if _is_type(member):
            return str(key)
        if (path := _path_of_type(member)) is not None:
            return f"{key}.{path}"
    return None


def _function(source: object) -> _Function | None:
    """The function, unless it is something else."""
    if isinstance(source, staticmethod | classmethod):
        return source.__func__
    return None if _is_type(source) or isinstance(source, Mapping) or not callable(source) else source


def _is_type(source: object) -> bool:
    """Whether something is a type, or what is as good as one."""
    kinds = (type, UnionType, TypeAliasType, NewType)
    return isinstance(source, kinds) or get_origin(source) is not None or source is Any


def _describes_objects(schema: Any, root: Schema, seen: tuple[str, ...] = ()) -> bool:
    """Whether a schema that pydantic made allows objects only."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target = root.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {})
        return reference not in seen and _describes_objects(target, root, (*seen, reference))
    if options := [option for keyword in ("anyOf", "oneOf") for option in schema.get(keyword, ())]:
        return all(_describes_objects(option, root, seen) for option in options)
    return schema.get("type") == "object" or any(
        _describes_objects(each, root, seen) for each in schema.get("allOf", ())
    )
