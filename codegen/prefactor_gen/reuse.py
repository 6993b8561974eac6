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
    """A generated module as the catalog knows it.

    Attributes:
        mark: names what it was made from.
        quiet: nothing was found about the definition.
    """

    module: str
    class_name: str
    schema_name: str
    exports: tuple[str, ...]
    text: str
    mark: str
    quiet: bool


def definition_mark(item: SpanTypeDefinition) -> str:
    """Name all that the module of a span type, and what is told of it, is made from.

    Its schemas hold what they refer to in other files.
    """
    texts = [item.name, item.title, item.description, item.template, item.template_place is not None]
    schemas = [source and source.schema for source in (item.params, item.result)]
    content = json.dumps([*texts, item.data_risk, *schemas])
    return f"sha256-{hashlib.sha256(content.encode()).hexdigest()[:32]}"


def kept_module(previous: Previous, item: SpanTypeDefinition) -> SpanModule | None:
    """The span type's module of an earlier run, if it was made from the same definition."""
    name = module_name(item.name)
    module = previous.modules.get(name)
    if module is None or module.mark != definition_mark(item):
        return None
    exports = _exports(module.text)
    return SpanModule(name, class_name(item.name), quote(item.name), exports, module.text, module.mark, module.quiet)


def _exports(text: str) -> tuple[str, ...]:
    """The names in `__all__`, which stands before anything that a definition could say."""
    names = text.partition("\n__all__ = [")[2].partition("]")[0]
    return tuple(ast.literal_eval(f"({names})"))
