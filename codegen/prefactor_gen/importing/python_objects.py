"""Registers functions and types as span types, and reads their definitions."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeGuard, cast, get_args, get_origin

from prefactor_gen.importing.span_types import ImportedSpanType

if TYPE_CHECKING:
    from prefactor_core import SchemaRegistry
    from prefactor_core.schema_registry import PayloadSource

__all__ = ["definitions_of", "description_of_class", "function_of", "name_of", "register"]

_REGISTRY = "imported"
_RESULT = "result"
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Parameters that frameworks fill in, by the name of their class, and markers in Annotated.
_INJECTED = frozenset({
    "CallbackContext", "Context", "FunctionToolContext", "InvocationContext", "RunContext", "RunContextWrapper",
    "ToolContext", "ToolRuntime", "InjectedState", "InjectedStore", "InjectedToolArg", "InjectedToolCallId",
})  # fmt: skip


_WRAPPED = ("func", "coroutine", "fn", "function")
"""Where the tools of frameworks have the function that they call."""


def name_of(thing: object) -> str | None:
    """The name of a tool or a function as it is, and that of a class in words: `refund_order` of `RefundOrder`."""
    inner = _without_partial(function_of(thing))
    names = [getattr(thing, "name", None) if inner is not thing else None, getattr(inner, "__name__", None)]
    name = next((each for each in names if isinstance(each, str) and each.isidentifier()), None)
    return _WORD.sub("_", name).lower() if name is not None and isinstance(inner, type) else name


def function_of(thing: object) -> object:
    """The function of a tool of a framework, or the thing itself."""
    if isinstance(thing, type | functools.partial) or inspect.isroutine(thing) or get_origin(thing) is not None:
        return thing
    return next((each for key in _WRAPPED if inspect.isroutine(each := getattr(thing, key, None))), thing)


def _without_partial(thing: object) -> Any:
    return _without_partial(thing.func) if isinstance(thing, functools.partial) else thing


def register(registry: SchemaRegistry, name: str, thing: object) -> Sequence[str]:
    """Register one object, which is no tool of a framework.

    Returns:
        The parameters that a framework fills in, which are left out.

    Raises:
        TypeError: it has no JSON Schema; the message says which part of it, and why.
        ValueError: there is one of this name.
    """
    if isinstance(thing, Mapping) or not (callable(thing) or get_origin(thing)):
        raise TypeError(f"expected a function or a type, found {type(thing).__name__}")
    if not _is_function(thing):
        registry.register_type(name, params=cast("PayloadSource", thing))  # it says what is wrong
        return ()
    injected = _injected(thing)
    function = functools.partial(thing, **dict.fromkeys(injected)) if injected else thing
    registry.register_type(name, params=function, result=_result(name, function))
    return injected


def _result(name: str, function: Callable[..., object]) -> str | None:
    """The name of the property that holds what a function returns; None if that is an object, or nothing."""
    from prefactor_core._type_schemas.function_schemas import return_type
    from prefactor_core._type_schemas.json_schemas import UnsupportedTypeError
    from prefactor_core._type_schemas.payload_schemas import schemas_of

    try:
        if return_type(function) is inspect.Parameter.empty:
            return _RESULT
        schemas_of(name, function, None)
    except UnsupportedTypeError:
        return None  # registering it says why
    except TypeError:  # what it returns is no object, or has no schema, which registering it says then
        return _RESULT
    return None


def _is_function(thing: object) -> TypeGuard[Callable[..., object]]:
    return callable(thing) and not isinstance(thing, type) and get_origin(thing) is None


def _injected(function: Callable[..., object]) -> list[str]:
    """The parameters that a framework fills in, such as the Context of an MCP server."""
    try:
        hints = inspect.get_annotations(inspect.unwrap(_without_partial(function)), eval_str=True)
    except Exception:  # registering it says what is wrong with an annotation
        return []
    return [name for name, annotation in hints.items() if name != "return" and _is_injected(annotation)]


def _is_injected(annotation: object) -> bool:
    if get_origin(annotation) is Annotated:
        return any(_is_injected(each if isinstance(each, type) else type(each)) for each in get_args(annotation)[1:])
    classes = [annotation, *get_args(annotation)]
    origins = [get_origin(each) or each for each in classes]
    return any(getattr(each, "__name__", "") in _INJECTED for each in origins)


def description_of_class(thing: object) -> str | None:
    """The first paragraph of the docstring of a class; that of a function is read with its parameters."""
    text = inspect.cleandoc(thing.__doc__ or "") if isinstance(thing, type) else ""
    is_generated = text.startswith(f"{getattr(thing, '__name__', '')}(")  # that of a dataclass
    return None if is_generated else " ".join(text.partition("\n\n")[0].split()) or None


def definitions_of(
    registry: SchemaRegistry, file: str, descriptions: Mapping[str, str | None]
) -> tuple[list[ImportedSpanType], dict[str, Mapping[str, object]]]:
    """What is registered, with one definition for each type, in the file."""
    from prefactor_gen.definitions.python_types import types_uri, with_common_types
    from prefactor_gen.diagnostics.diagnostics import Place
    from prefactor_gen.documents.nodes import ObjectNode, from_python, to_plain

    root = from_python(registry.to_agent_schema_version(""), Place(""))
    if not isinstance(root, ObjectNode):
        return [], {}
    root = with_common_types(root, _REGISTRY, registry._from_types)
    entries, shared = (
        _referring(to_plain(node), f"{types_uri(_REGISTRY)}#", f"{file}#")
        for node in (root.list_at("span_type_schemas"), root.object_at("$defs"))
    )
    span_types = [_span_type(entry, descriptions) for entry in entries] if isinstance(entries, list) else []
    return span_types, dict(shared) if isinstance(shared, Mapping) else {}


def _span_type(entry: Mapping[str, object], descriptions: Mapping[str, str | None]) -> ImportedSpanType:
    name, params, result, description = (
        entry.get(key) for key in ("name", "params_schema", "result_schema", "description")
    )
    return ImportedSpanType(
        name=str(name),
        params=params if isinstance(params, Mapping) else {},
        result=result if isinstance(result, Mapping) else None,
        description=description if isinstance(description, str) else descriptions.get(str(name)),
    )


def _referring(value: object, old: str, new: str) -> object:
    """A value in which references begin otherwise."""
    if isinstance(value, dict):
        return {key: _referring(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_referring(each, old, new) for each in value]
    return new + value.removeprefix(old) if isinstance(value, str) and value.startswith(old) else value
