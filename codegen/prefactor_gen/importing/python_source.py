"""Imports what a program has: the parameters and results of functions, models, dataclasses, TypedDicts."""

from __future__ import annotations

import functools
import inspect
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeGuard, cast, get_args, get_origin

from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Severity
from prefactor_gen.importing.sources import SourceError
from prefactor_gen.importing.span_types import Found, Imported, ImportedSpanType

if TYPE_CHECKING:
    from prefactor_core import SchemaRegistry
    from prefactor_core.schema_registry import PayloadSource

__all__ = ["EXAMPLE", "PATHS", "SUMMARY", "add_arguments", "default_name", "read"]

SUMMARY = "functions, models, dataclasses and TypedDicts of the project"
EXAMPLE = "python my_agent.tools:search my_agent.tools:Order"
PATHS = ()

_REGISTRY = "imported"
_RESULT = "result"
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Parameters that frameworks fill in, by the name of their class, and markers in Annotated.
_INJECTED = frozenset({
    "CallbackContext", "Context", "FunctionToolContext", "InvocationContext", "RunContext", "RunContextWrapper",
    "ToolContext", "ToolRuntime", "InjectedState", "InjectedStore", "InjectedToolArg", "InjectedToolCallId",
})  # fmt: skip


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the source."""
    parser.add_argument(
        "objects",
        nargs="*",
        metavar="MODULE:ATTRIBUTE",
        help="a function, a pydantic model, a dataclass, a TypedDict, or a list of these; the module is imported",
    )


def default_name(options: Namespace) -> str | None:
    """The last part of the name of the module."""
    return str(options.objects[0]).partition(":")[0].rpartition(".")[2] if options.objects else None


def read(options: Namespace, base: Path) -> Imported:
    """Import the modules and read the objects.

    Raises:
        SourceError: a module cannot be imported, or has no such attribute.
    """
    if not options.objects:
        raise SourceError("expected MODULE:ATTRIBUTE, as in `prefactor-gen import python my_agent.tools:search`")
    from prefactor_core import SchemaRegistry

    registry, found = SchemaRegistry(), list[Found]()
    titles: dict[str, str | None] = {}
    for name, thing in _things(options.objects, base):
        try:
            _register(registry, name, thing)
            titles[name] = _description(thing)
        except (TypeError, ValueError) as error:
            found.append(Found(name, str(error), Severity.ERROR))
    span_types, shared = _definitions(registry, f"{options.name}.yaml", titles)
    modules = dict.fromkeys(str(each).partition(":")[0] for each in options.objects)
    return Imported(source=", ".join(modules), span_types=span_types, found=found, noun="object", shared=shared)


def _things(names: Sequence[str], base: Path) -> Iterator[tuple[str, object]]:
    """The objects with the names of their span types. A list of objects stands for each of them."""
    from prefactor_gen.definitions.registries import import_attribute

    for source in names:
        if not re.fullmatch(r"[\w.]+:[\w.]+", source):
            raise SourceError(f"expected MODULE:ATTRIBUTE, found {source!r}")
        try:
            thing = import_attribute(source, base)
        except DiagnosticError as error:
            raise SourceError(f"{error.diagnostics[0].place}: {error.diagnostics[0].message}") from None
        if isinstance(thing, list | tuple):
            yield from ((_name(each, f"{source}[{index}]"), each) for index, each in enumerate(thing))
        else:
            yield _name(thing, source), thing


def _name(thing: object, source: str) -> str:
    """The name of a function as it is, and that of a class in words: `refund_order` of `RefundOrder`."""
    inner = thing.func if isinstance(thing, functools.partial) else thing
    name = getattr(inner, "__name__", None)
    if not isinstance(name, str) or not name.isidentifier():
        name = source.rpartition(":")[2].rpartition(".")[2]
    return _WORD.sub("_", name).lower() if isinstance(inner, type) else name


def _register(registry: SchemaRegistry, name: str, thing: object) -> None:
    """Register one object.

    Raises:
        TypeError: it has no JSON Schema; the message says which part of it, and why.
        ValueError: there is one of this name.
    """
    if isinstance(thing, Mapping) or not (callable(thing) or get_origin(thing)):
        raise TypeError(f"expected a function or a type, found {type(thing).__name__}")
    if not _is_function(thing):
        registry.register_type(name, params=cast("PayloadSource", thing))  # it says what is wrong
        return
    function = _without_injected(thing)
    registry.register_type(name, params=function, result=_result(name, function))


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


def _without_injected(function: Callable[..., object]) -> Callable[..., object]:
    """The function without the parameters that a framework fills in, such as the Context of an MCP server."""
    try:
        hints = inspect.get_annotations(inspect.unwrap(function), eval_str=True)
    except Exception:  # registering it says what is wrong with an annotation
        return function
    injected = {name: None for name, annotation in hints.items() if name != "return" and _is_injected(annotation)}
    return functools.partial(function, **injected) if injected else function


def _is_injected(annotation: object) -> bool:
    if get_origin(annotation) is Annotated:
        return any(_is_injected(each if isinstance(each, type) else type(each)) for each in get_args(annotation)[1:])
    classes = [annotation, *get_args(annotation)]
    origins = [get_origin(each) or each for each in classes]
    return any(getattr(each, "__name__", "") in _INJECTED for each in origins)


def _description(thing: object) -> str | None:
    """The first paragraph of the docstring of a class; that of a function is read with its parameters."""
    text = inspect.cleandoc(thing.__doc__ or "") if isinstance(thing, type) else ""
    is_generated = text.startswith(f"{getattr(thing, '__name__', '')}(")  # that of a dataclass
    return None if is_generated else " ".join(text.partition("\n\n")[0].split()) or None


def _definitions(
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
