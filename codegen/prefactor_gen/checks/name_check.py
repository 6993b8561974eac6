"""Checks the names of the span types: each gives a Python name, and no two give the same one."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.definitions.definitions import Definitions, SpanTypeDefinition
from prefactor_gen.definitions.python_names import class_name, is_usable, module_name
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place
from prefactor_gen.diagnostics.limits import MAX_NAME
from prefactor_gen.diagnostics.rules import NAME_COLLISION, UNUSABLE_NAME

__all__ = ["check_names"]


def check_names(definitions: Definitions) -> Iterator[Diagnostic]:
    """Report names that cannot be Python names, and names that become the same one."""
    first: dict[str, tuple[str, Place]] = {}
    for item in definitions.span_types:
        if (problem := _problem(item)) is not None:
            yield UNUSABLE_NAME.at(item.place, problem)
            continue
        # Case-insensitively: on some file systems two such modules are one file.
        for noun, made in (("class", class_name(item.name)), ("module", module_name(item.name))):
            other, place = first.setdefault(f"{noun} {made.casefold()}", (item.name, item.place))
            if other != item.name:
                message = f"the span types {item.name!r} and {other!r} ({place}) would become the same {noun} {made}"
                yield NAME_COLLISION.at(item.place, message)
                break


def _problem(item: SpanTypeDefinition) -> str | None:
    name = class_name(item.name)
    if not is_usable(name):
        return f"the span type {item.name!r} would become the class {name!r}, which is not a usable Python name"
    if len(module_name(item.name)) > MAX_NAME + 1:
        return f"expected a span type name of at most {MAX_NAME} characters, because it is also a file name"
    return None
