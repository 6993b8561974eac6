"""Says what an expression of the agent's code may mean. Nothing is run.

Names are followed through assignments, imports, classes and annotations. What a function does with its parameters is
not followed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Final

from prefactor_gen.usage.source_code import annotated_types, calls, members, tables
from prefactor_gen.usage.source_code.modules import Modules
from prefactor_gen.usage.source_code.scopes import Binding, How, ImportedName, Scope
from prefactor_gen.usage.source_code.values import (
    OTHER,
    UNKNOWN,
    ClassOfProject,
    Container,
    Core,
    Export,
    Function,
    ModuleOfProject,
    Namespace,
    ObjectOfProject,
    Outside,
    Plain,
    SpanClass,
    Text,
    Value,
    Values,
    union,
)

__all__ = ["Evaluator"]

_DEPTH: Final = 40
_STEPS: Final = 2_000
_MANY: Final = 50
"""The values that one expression may have. Beyond that, it is unknown."""


class Evaluator:
    """Evaluates the expressions of the modules of a project."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._names: dict[tuple[int, str], Values] = {}
        self._open = set[tuple[int, str]]()
        self._known: dict[ast.expr, Values] = {}
        self._depth = self._steps = self._cuts = 0

    def of(self, node: ast.expr | None, scope: Scope) -> Values:
        """What an expression in a scope may mean."""
        if node is None:
            return UNKNOWN
        if node not in self._known:
            cuts = self._cuts
            found = self._deeper(lambda: self._expression(node, scope))
            if cuts != self._cuts:  # it may be told in another place, which is less deep
                return found
            self._known[node] = found
        return self._known[node]

    def instance_of(self, annotation: ast.expr, scope: Scope) -> Values:
        """What a value with this annotation may be."""
        return self._deeper(lambda: annotated_types.instance_of(self, annotation, scope))

    def returned_by(self, function: Function) -> Values:
        """What a function may return, by its annotation."""
        returns = function.node.returns
        return UNKNOWN if returns is None else self.instance_of(returns, function.scope)

    def attribute(self, value: Value, name: str) -> Values:
        """What an attribute of a value may mean."""
        return self._deeper(lambda: members.attribute(self, value, name))

    def _deeper(self, evaluate: Callable[[], Values]) -> Values:
        """The result, unless it takes too many steps, or says too little."""
        self._steps = self._steps + 1 if self._depth else 0
        if self._depth > _DEPTH or self._steps > _STEPS:
            self._cuts += 1
            return UNKNOWN
        self._depth += 1
        try:
            found = evaluate()
        finally:
            self._depth -= 1
        return found if len(found) <= _MANY else UNKNOWN

    def _expression(self, node: ast.expr, scope: Scope) -> Values:
        match node:
            case ast.Constant():
                return frozenset({Text(node.value)}) if isinstance(node.value, str) else OTHER
            case ast.Name():
                return self.name(node.id, scope, node.lineno)
            case ast.Attribute():
                return union(self.attribute(value, node.attr) for value in self.of(node.value, scope))
            case ast.Subscript():
                return union(tables.item(self, value, node.slice, scope) for value in self.of(node.value, scope))
            case ast.Call():
                return calls.result_of(self, node, scope)
            case ast.Await() | ast.NamedExpr():
                return self.of(node.value, scope)
            case ast.IfExp():
                return self.of(node.body, scope) | self.of(node.orelse, scope)
            case ast.BoolOp():
                return union(self.of(each, scope) for each in node.values)
            case ast.BinOp(op=ast.Add()):
                return self._joined([node.left, node.right], scope)
            case ast.JoinedStr():
                return self._joined([_of_f_string(each) for each in node.values], scope)
            case ast.Dict() | ast.List() | ast.Tuple() | ast.Set():
                return frozenset({Container(node, scope)})
            case ast.Lambda() | ast.Compare() | ast.GeneratorExp() | ast.ListComp() | ast.DictComp() | ast.SetComp():
                return OTHER
        return UNKNOWN

    def name(self, name: str, scope: Scope, line: int = 0) -> Values:
        """What a name in a scope may mean, at a line."""
        bindings = scope.binding(name)
        if blocks := [each for each in bindings if each.is_for(line)]:
            innermost = max(blocks, key=lambda each: each.lines or (0, 0))
            return self.bindings((id(innermost), ""), [innermost])
        if bindings:
            return self.bindings((id(bindings), ""), bindings)
        for star in scope.module.stars:
            module = self.modules.imported(star, self.modules.of_scope(scope).path)
            found = self.attribute(module, name)
            if not found <= {Plain.UNKNOWN, Plain.OTHER} and not isinstance(module, Outside | Core):
                return found
        return UNKNOWN

    def bindings(self, key: tuple[int, str], bindings: Iterable[Binding]) -> Values:
        """What a name may mean that has these bindings. One that depends on itself adds nothing.

        Args:
            key: the same for the same name, for which this is done once.
            bindings: its bindings.
        """
        if key in self._names or key in self._open:
            return self._names.get(key, frozenset())
        self._open.add(key)
        cuts = self._cuts
        try:
            found = union(self.binding(each) for each in bindings)
        finally:
            self._open.discard(key)
        if cuts == self._cuts:
            self._names[key] = found
        return found

    def binding(self, binding: Binding) -> Values:
        """What one binding may mean."""
        node, scope = binding.node, binding.scope
        match binding.how:
            case How.VALUE if isinstance(node, ast.expr):
                return self.of(node, scope)
            case How.ENTERED if isinstance(node, ast.expr):
                return union(map(calls.entered, self.of(node, scope)))
            case How.ITEM if isinstance(node, ast.expr):
                return union(tables.items(self, value, binding.index) for value in self.of(node, scope))
            case How.INSTANCE if isinstance(node, ast.expr):
                return self.instance_of(node, scope)
            case How.ANNOTATED if isinstance(node, ast.AnnAssign):
                return annotated_types.assigned(self, node, scope)
            case How.IMPORT if binding.imported is not None:
                return self._imported(binding)
            case How.FUNCTION if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                return frozenset({Function(node, scope)})
            case How.CLASS if isinstance(node, ast.ClassDef):
                return self._class(node, scope)
            case How.RECEIVER:
                return frozenset({ObjectOfProject(scope)})
        return UNKNOWN

    def _imported(self, binding: Binding) -> Values:
        assert binding.imported is not None  # noqa: S101
        path = self.modules.of_scope(binding.scope).path
        module = self.modules.imported(binding.imported, path)
        if binding.imported.name is None:
            return frozenset({module})
        return self.attribute(module, binding.imported.name)

    def _class(self, node: ast.ClassDef, scope: Scope) -> Values:
        """A class. A subclass of a generated one is used as that; one of a class of prefactor, too."""
        outer = scope.parent or scope
        bases = union(self.of(each, outer) for each in node.bases)
        known = frozenset(value for value in bases if isinstance(value, SpanClass | Core))
        exports = frozenset(value for value in bases if isinstance(value, Export))
        return known or exports | {ClassOfProject(scope)}

    def module_name(self, module: ModuleOfProject, name: str) -> Values:
        """What a name means in a module of the project: what it binds, or a module inside of it."""
        read = self.modules.read(module.path)
        if read is None:
            return UNKNOWN
        if name not in read.scopes.top.bindings and (inside := self.modules.member(module, name)) is not None:
            return frozenset({inside})
        return self.name(name, read.scopes.top)

    def module_in(self, folder: Namespace, name: str) -> Value | None:
        """The module of this name in a folder that is no package."""
        return self.modules.member(folder, name)

    def module(self, name: str, scope: Scope) -> Value:
        """The module that an absolute import in a scope leads to."""
        return self.modules.imported(ImportedName(name), self.modules.of_scope(scope).path)

    def is_span_type(self, name: str) -> bool:
        """Whether the project defines a span type of this name."""
        return name in self.modules.own.definitions

    def _joined(self, parts: Iterable[ast.expr], scope: Scope) -> Values:
        """Texts that are made of others."""
        choices = [self.of(each, scope) for each in parts]
        if not all(isinstance(value, Text) for choice in choices for value in choice):
            return UNKNOWN
        texts = ["".join(made) for made in _limited(product(*([*map(_text, choice)] for choice in choices)))]
        return frozenset(map(Text, texts)) if len(texts) <= _MANY else UNKNOWN


def _of_f_string(part: ast.expr) -> ast.expr:
    """What a part of an f-string shows; with a format it may be anything."""
    is_plain = isinstance(part, ast.FormattedValue) and part.format_spec is None and part.conversion == -1
    return part.value if isinstance(part, ast.FormattedValue) and is_plain else part


def _text(value: Value) -> str:
    return value.value if isinstance(value, Text) else ""


def _limited(texts: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    for number, each in enumerate(texts):
        if number > _MANY:
            return
        yield each
