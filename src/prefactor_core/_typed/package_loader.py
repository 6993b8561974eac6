"""Loads a generated package lazily: using a name imports only the module that defines it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from prefactor_core._typed.span import TypedSpan
from prefactor_core.schema_registry import SchemaRegistry
from prefactor_http._lazy_names import real_dates

__all__ = ["load"]


def load(package: str, name: str) -> object:
    """The value of a public name of a generated package. It is stored in the package, so that it is loaded once.

    Args:
        package: the package's full name; it is imported.
        name: a name of its catalog.

    Raises:
        AttributeError: the catalog has no such name.
    """
    module = sys.modules[package]
    with real_dates():
        value = _load(module, package, name)
    return module.__dict__.setdefault(name, value)  # of two threads, the first one's value is used


def _load(module: ModuleType, package: str, name: str) -> object:
    if name == "registry":
        definitions = importlib.import_module(".__definitions__", package)
        return SchemaRegistry._of(
            definitions.DEFINITIONS,
            module.SCHEMA_VERSION,
            assert_formats=getattr(definitions, "ASSERT_FORMATS", False),
        )
    if name == "SPAN_TYPES":
        return _SpanTypes(module, module._SPAN_TYPES)
    return getattr(importlib.import_module(_defining_module(module, name), package), name)


def _defining_module(module: ModuleType, name: str) -> str:
    for path, exports in module._MODULES.items():
        if name in exports:
            return str(path)
    raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}", name=name, obj=module)


class _SpanTypes(Mapping[str, type[TypedSpan[Any, Any]]]):
    """Span type name → helper class. Looking up a class imports its module."""

    def __init__(self, module: ModuleType, names: Mapping[str, str]) -> None:
        self._module = module
        self._names = names

    def __getitem__(self, span_type: str) -> type[TypedSpan[Any, Any]]:
        found: type[TypedSpan[Any, Any]] = getattr(self._module, self._names[span_type])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<span types of {self._module.__name__}: {', '.join(self._names)}>"
