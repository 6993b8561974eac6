"""What a run need not make again: a span type whose definition is as it was keeps its module, byte for byte."""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import dataclass

from prefactor_gen.definitions import SpanTypeDefinition
from prefactor_gen.emit import Previous
from prefactor_gen.literals import quote
from prefactor_gen.names import class_name, module_name

__all__ = ["SpanModule", "definition_mark", "kept_module"]


@dataclass(frozen=True)
class SpanModule:
    """A generated module as the catalog knows it. `mark` names what it was made from."""

    module: str
    class_name: str
    schema_name: str
    exports: tuple[str, ...]
    text: str
    mark: str


def definition_mark(item: SpanTypeDefinition) -> str:
    """Name all that the module of a span type is made from; its schemas hold what they refer to in other files."""
    schemas = [source and source.schema for source in (item.params, item.result)]
    content = json.dumps([item.name, item.title, item.description, item.template, *schemas])
    return f"sha256-{hashlib.sha256(content.encode()).hexdigest()[:32]}"


def kept_module(previous: Previous, item: SpanTypeDefinition) -> SpanModule | None:
    """The span type's module of an earlier run, if it was made from the same definition."""
    name = module_name(item.name)
    mark, text = previous.modules.get(name, ("", ""))
    if not mark or mark != definition_mark(item):
        return None
    return SpanModule(name, class_name(item.name), quote(item.name), _exports(text), text, mark)


def _exports(text: str) -> tuple[str, ...]:
    """The names in `__all__`, which stands before anything that a definition could say."""
    names = text.partition("\n__all__ = [")[2].partition("]")[0]
    return tuple(ast.literal_eval(f"({names})"))
