"""Finds where the code gives a deprecated property."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from prefactor_gen.json_schema.deprecation import Deprecation
from prefactor_gen.usage.deprecated_members import DeprecatedMembers, Part, payload_schema
from prefactor_gen.usage.findings import shown_source
from prefactor_gen.usage.source_code.evaluation import Evaluator
from prefactor_gen.usage.source_code.modules import Module
from prefactor_gen.usage.source_code.scopes import Scope
from prefactor_gen.usage.source_code.values import Container, OpenSpan, PayloadClass, SpanClass, Text, Value
from prefactor_gen.usage.span_calls import SpanCall

__all__ = ["DeprecatedUse", "DeprecatedUses"]

_PARTS: Final[Mapping[str, Part]] = {
    "start": "params",
    "start_with": "params",
    "complete": "result",
    "complete_with": "result",
    "set_result": "result",
    "set_result_with": "result",
}
_DEPTH: Final = 20


@dataclass(frozen=True)
class DeprecatedUse:
    """A place where the code gives a deprecated property.

    Attributes:
        scope: the scope of the node, which may be that of another module.
        text: how it is given, such as `start(prompt_text=…)`.
    """

    node: ast.AST
    scope: Scope
    text: str
    deprecation: Deprecation


@dataclass(frozen=True)
class _Payload:
    """The payload that a dict is, and the function that it is given to."""

    members: DeprecatedMembers
    function: str


class DeprecatedUses:
    """Finds the uses of deprecated properties of the project's own span types."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._own = evaluator.modules.own
        self._members = cache(self._members_of)

    @property
    def any(self) -> bool:
        """Whether any property is deprecated."""
        parts: tuple[Part, Part] = ("params", "result")
        return any(self._members(name, part) is not None for name in self._own.definitions for part in parts)

    def of_methods(self, module: Module) -> Iterator[DeprecatedUse]:
        """What is given to methods of open spans, and to models of payloads."""
        for node, scope in module.scopes.nodes:
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            if isinstance(function, ast.Attribute) and function.attr in _PARTS:
                for span in self._evaluator.of(function.value, scope):
                    if isinstance(span, OpenSpan) and span.package in {None, self._own}:
                        yield from self._given(node, scope, function.attr, span.span_type, _PARTS[function.attr])
            for value in self._evaluator.of(function, scope):
                if isinstance(value, PayloadClass) and value.package is self._own:
                    yield from self._given(node, scope, shown_source(function), value.span_type, value.part)

    def of_call(self, call: SpanCall) -> Iterator[DeprecatedUse]:
        """What is given where a span is opened or a function is decorated."""
        names = [name for value in call.values if (name := self._span_type(value)) is not None]
        for name in names:
            for keyword in call.node.keywords:
                if call.function == "traced":
                    yield from self._of_traced(keyword, call.scope, name)
                elif keyword.arg == "payload":
                    yield from self._of_dict(keyword.value, call.scope, call.function, name, "params")

    def _span_type(self, value: Value) -> str | None:
        if isinstance(value, SpanClass):
            return value.span_type if value.package is self._own else None
        return value.value if isinstance(value, Text) else None

    def _of_traced(self, keyword: ast.keyword, scope: Scope, name: str) -> Iterator[DeprecatedUse]:
        """The payloads that lambdas of `traced` make, and the property that its result is."""
        if keyword.arg not in {"params", "result", "collect"}:
            return
        part: Part = "params" if keyword.arg == "params" else "result"
        value = keyword.value.body if isinstance(keyword.value, ast.Lambda) else keyword.value
        yield from self._of_dict(value, scope, "traced", name, part)
        members = self._members(name, part)
        if (
            members is not None
            and part == "result"
            and isinstance(value, ast.Constant)
            and isinstance(value.value, str)
        ):
            found = members.deprecation(members.member(members.root, value.value))
            if found is not None:
                yield DeprecatedUse(value, scope, f'traced({keyword.arg}="{value.value}")', found)

    def _given(self, node: ast.Call, scope: Scope, function: str, name: str, part: Part) -> Iterator[DeprecatedUse]:
        members = self._members(name, part)
        if members is None:
            return
        for keyword in node.keywords:
            wire_name = members.keywords.get(keyword.arg or "")
            if wire_name is None:
                continue
            schemas = members.member(members.root, wire_name)
            if (found := members.deprecation(schemas)) is not None:
                yield DeprecatedUse(keyword, scope, f"{function}({keyword.arg}=…)", found)
            else:
                payload = _Payload(members, function)
                yield from self._of_value(keyword.value, scope, payload, schemas, (wire_name,))
        for argument in node.args[:1]:
            yield from self._of_dict(argument, scope, function, name, part)

    def _of_dict(self, node: ast.expr, scope: Scope, function: str, name: str, part: Part) -> Iterator[DeprecatedUse]:
        members = self._members(name, part)
        if members is not None:
            yield from self._of_value(node, scope, _Payload(members, function), members.root, ())

    def _of_value(
        self, node: ast.expr, scope: Scope, payload: _Payload, schemas: tuple[str, ...], path: tuple[str, ...]
    ) -> Iterator[DeprecatedUse]:
        """The deprecated properties in the dicts of a value that is written in the code."""
        if len(path) > _DEPTH or not schemas:
            return
        for value in self._evaluator.of(node, scope):
            if isinstance(value, Container) and isinstance(value.node, ast.Dict):
                yield from self._of_members(value.node, value.scope, payload, schemas, path)
            elif isinstance(value, Container):
                items = payload.members.items(schemas)
                for item in value.node.elts if isinstance(value.node, ast.List | ast.Tuple) else ():
                    yield from self._of_value(item, value.scope, payload, items, (*path, "[]"))

    def _of_members(
        self, node: ast.Dict, scope: Scope, payload: _Payload, schemas: tuple[str, ...], path: tuple[str, ...]
    ) -> Iterator[DeprecatedUse]:
        for key, member in zip(node.keys, node.values, strict=True):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                continue
            below, inside = payload.members.member(schemas, key.value), (*path, key.value)
            if (found := payload.members.deprecation(below)) is not None:
                text = f"{'.'.join(inside).replace('.[]', '[]')!r} in {payload.function}(…)"
                yield DeprecatedUse(key, scope, text, found)
            else:
                yield from self._of_value(member, scope, payload, below, inside)

    def _members_of(self, name: str, part: Part) -> DeprecatedMembers | None:
        """The deprecated properties of a payload; None if it has none."""
        definition = self._own.definitions.get(name)
        schema = None if definition is None else payload_schema(definition, part)
        members = None if schema is None else DeprecatedMembers(schema.schema)
        return members if members is not None and members.any else None
