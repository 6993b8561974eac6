"""How a generated package loads: nothing until a name is used, then only the module that defines it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from prefactor_http._distributions import warn_if_installed

warn_if_installed("prefactor-core")  # before what another distribution's files may lack

from prefactor_core.schema_registry import SchemaRegistry  # noqa: E402
from prefactor_core.typed import TypedSpan  # noqa: E402

__all__ = ["load"]


def load(package: str, name: str) -> object:
    """The value of a public name of a generated package; kept there, so that the next use costs nothing.

    Args:
        package: the package's full name; it is imported.
        name: a name of its catalog.

    Raises:
        AttributeError: the catalog has no such name.
    """
    module = sys.modules[package]
    value: object
    if name == "registry":
        definitions = importlib.import_module(".__definitions__", package)
        value = SchemaRegistry.from_definitions(
            definitions.DEFINITIONS,
            content_hash=module.SCHEMA_VERSION,
            assert_formats=getattr(definitions, "ASSERT_FORMATS", False),
        )
    elif name == "SPAN_TYPES":
        value = _SpanTypes(module, module._SPAN_TYPES)
    else:
        value = getattr(importlib.import_module(_home(module, name), package), name)
    return module.__dict__.setdefault(name, value)  # the first of two threads wins


def _home(module: ModuleType, name: str) -> str:
    for path, exports in module._MODULES.items():
        if name in exports:
            return str(path)
    raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}", name=name, obj=module)


class _SpanTypes(Mapping[str, type[TypedSpan[Any, Any]]]):
    """Span type name → helper class; a class is imported when it is asked for."""

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
