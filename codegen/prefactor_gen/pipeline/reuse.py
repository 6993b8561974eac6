"""Reuses the modules of an earlier run: a definition that has not changed keeps its module."""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import dataclass

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.reserved_names import ReservedNames
from prefactor_gen.definitions.shared_types import SharedTypes
from prefactor_gen.definitions.span_names import SpanNames
from prefactor_gen.pipeline.cache import CachedModule, CachedPackage

__all__ = ["GeneratedModule", "definition_digest", "reusable_module", "shared_digest"]


@dataclass(frozen=True)
class GeneratedModule:
    """A generated module.

    Attributes:
        module: its name, without `.py`.
        exports: the names that the package exports from it.
        class_name: the helper class; empty in the module of a shared type.
        schema_name: the span type's name, as a literal; empty in the module of a shared type.
    """

    module: str
    exports: tuple[str, ...]
    text: str
    origin: CachedModule
    class_name: str = ""
    schema_name: str = ""


def definition_digest(item: SpanTypeDefinition, names: SpanNames, reserved: ReservedNames, shared: SharedTypes) -> str:
    """Hash everything that a span type's module and diagnostics depend on.

    Args:
        item: the definition, with what its schemas refer to in other files.
        names: its Python names.
        reserved: the names that its classes do not get.
        shared: the types of the package that it may refer to.
    """
    texts = [item.name, item.title, item.description, item.template, item.template_place is not None]
    texts.append(str(item.deprecation))
    sources = [source for source in (item.params, item.result) if source is not None]
    used = [sorted(shared.classes_in(source).items()) for source in sources]
    if any(used):
        used.append([("", shared.digest)])
    named = [names.class_name, names.module, sorted(reserved.names), reserved.prefixes, used]
    schemas = [source.schema for source in sources]
    return _digest([*texts, item.data_risk, item.result is None, *schemas, *named])


def shared_digest(shared: SharedTypes, name: str) -> str:
    """As `definition_digest`, for a shared type."""
    reserved = shared.reserved[name]
    return _digest([name, shared.digest, sorted(reserved.names), reserved.prefixes])


def _digest(content: object) -> str:
    return f"sha256-{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]}"


def reusable_module(
    cached: CachedPackage, digest: str, module: str, class_name: str = "", schema_name: str = ""
) -> GeneratedModule | None:
    """The module of an earlier run of this generator, if it was made from the same definition.

    Args:
        cached: the earlier run.
        digest: the hash of the definition.
        module: the module's name, without `.py`.
        class_name: the helper class of a span type.
        schema_name: the name of a span type, as a literal.
    """
    found, text = cached.modules.get(f"{module}.py"), cached.files.get(f"{module}.py")
    if found is None or text is None or found.digest != digest:
        return None
    return GeneratedModule(module, _exports(text), text, found, class_name, schema_name)


def _exports(text: str) -> tuple[str, ...]:
    """The names in `__all__`, which comes before any text of a definition."""
    names = text.partition("\n__all__ = [")[2].partition("]")[0]
    return tuple(ast.literal_eval(f"({names})"))
