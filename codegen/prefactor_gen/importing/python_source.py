"""Imports what a program has: the parameters and results of functions, models, dataclasses, TypedDicts."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Severity
from prefactor_gen.importing.sources import SourceError, name_of_import
from prefactor_gen.importing.span_types import Found, Imported

__all__ = ["EXAMPLE", "PATHS", "SUMMARY", "add_arguments", "default_name", "read"]

SUMMARY = "functions, models, dataclasses and TypedDicts of the project"
EXAMPLE = "python my_agent.tools:search my_agent.tools:Order"
PATHS = ()


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the source."""
    parser.add_argument(
        "objects",
        nargs="*",
        metavar="MODULE:ATTRIBUTE",
        help="a function, a tool, a model, a dataclass, a TypedDict, or a list of these; the module is imported",
    )


def default_name(options: Namespace) -> str | None:
    """The last part of the name of the module."""
    return name_of_import(str(options.objects[0]).partition(":")[0].rpartition(".")[2]) if options.objects else None


def read(options: Namespace, base: Path) -> Imported:
    """Import the modules and read the objects.

    Raises:
        SourceError: a module cannot be imported, or has no such attribute.
    """
    if not options.objects:
        raise SourceError("expected MODULE:ATTRIBUTE, as in `prefactor-gen import python my_agent.tools:search`")
    from prefactor_core import SchemaRegistry
    from prefactor_gen.importing.python_objects import definitions_of, description_of_class, register

    registry, found = SchemaRegistry(), list[Found]()
    descriptions: dict[str, str | None] = {}
    for name, thing in _things(options.objects, base):
        try:
            injected = register(registry, name, thing)
            found.extend(Found(name, f"{each} is filled in by a framework; left out") for each in injected)
            descriptions[name] = description_of_class(thing)
        except (TypeError, ValueError) as error:
            found.append(Found(name, str(error), Severity.ERROR))
    span_types, shared = definitions_of(registry, f"{options.name}.yaml", descriptions)
    modules = dict.fromkeys(str(each).partition(":")[0] for each in options.objects)
    return Imported(source=", ".join(modules), span_types=span_types, found=found, noun="object", shared=shared)


def _things(names: Sequence[str], base: Path) -> Iterator[tuple[str, object]]:
    """The objects with the names of their span types. A list of objects stands for each of them."""
    from prefactor_gen.definitions.registries import import_attribute
    from prefactor_gen.importing.python_objects import function_of, name_of

    for source in names:
        if not re.fullmatch(r"[\w.]+:[\w.]+", source):
            raise SourceError(f"expected MODULE:ATTRIBUTE, found {source!r}")
        try:
            thing = import_attribute(source, base)
        except DiagnosticError as error:
            raise SourceError(f"{error.diagnostics[0].place}: {error.diagnostics[0].message}") from None
        for each in thing if isinstance(thing, list | tuple) else [thing]:
            yield name_of(each) or source.rpartition(":")[2].rpartition(".")[2], function_of(each)
