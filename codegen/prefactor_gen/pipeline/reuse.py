"""Reuses the modules of an earlier run: a span type whose definition has not changed keeps its module."""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import dataclass

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.python_names import class_name, module_name
from prefactor_gen.package.literals import quote
from prefactor_gen.pipeline.cache import CachedModule, CachedPackage

__all__ = ["SpanModule", "definition_digest", "reusable_module"]


@dataclass(frozen=True)
class SpanModule:
    """A generated module.

    Attributes:
        schema_name: the span type's name, as a literal.
        exports: the names that the package exports from it.
    """

    module: str
    class_name: str
    schema_name: str
    exports: tuple[str, ...]
    text: str
    origin: CachedModule


def definition_digest(item: SpanTypeDefinition) -> str:
    """Hash everything that a span type's module and diagnostics depend on.

    Args:
        item: the definition, with what its schemas refer to in other files.
    """
    texts = [item.name, item.title, item.description, item.template, item.template_place is not None]
    texts.append(str(item.deprecation))
    schemas = [source and source.schema for source in (item.params, item.result)]
    content = json.dumps([*texts, item.data_risk, *schemas])
    return f"sha256-{hashlib.sha256(content.encode()).hexdigest()[:32]}"


def reusable_module(cached: CachedPackage, item: SpanTypeDefinition) -> SpanModule | None:
    """The span type's module of an earlier run of this generator, if it was made from the same definition."""
    name = module_name(item.name)
    module, text = cached.modules.get(f"{name}.py"), cached.files.get(f"{name}.py")
    if module is None or text is None or module.digest != definition_digest(item):
        return None
    return SpanModule(name, class_name(item.name), quote(item.name), _exports(text), text, module)


def _exports(text: str) -> tuple[str, ...]:
    """The names in `__all__`, which comes before any text of a definition."""
    names = text.partition("\n__all__ = [")[2].partition("]")[0]
    return tuple(ast.literal_eval(f"({names})"))
