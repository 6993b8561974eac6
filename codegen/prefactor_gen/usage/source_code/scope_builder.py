"""Finds the scopes of a module, and what its statements bind. Nothing is evaluated."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from prefactor_gen.usage.source_code.quoted_types import quoted_types
from prefactor_gen.usage.source_code.scopes import Binding, How, ImportedName, Scope

__all__ = ["Scopes"]

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_INTERESTING = frozenset({ast.Call, ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Dict})
_WITHOUT_CHILDREN = frozenset({ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue, ast.alias})
_NEVER_NODES = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)


class Scopes:
    """The scopes of one module.

    Attributes:
        top: the scope of the module.
        nodes: the nodes that may use a span type, each with its scope, in the order of the text.
        imports: the bindings of the import statements.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.top = Scope(tree)
        self.nodes: list[tuple[ast.AST, Scope]] = []
        self.imports: list[Binding] = []
        self._open: list[tuple[ast.AST, Scope]] = [(tree, self.top)]
        while self._open:  # a loop, because expressions may be nested deeper than Python can recurse
            node, scope = self._open.pop()
            kind = type(node)
            if kind in _INTERESTING:
                self.nodes.append((node, scope))
            if kind not in _WITHOUT_CHILDREN:
                children = self._children(node, kind, scope)
                children.reverse()
                self._open.extend(children)

    def _children(self, node: ast.AST, kind: type[ast.AST], scope: Scope) -> list[tuple[ast.AST, Scope]]:
        """The nodes inside of a node, each with its scope. What the node binds is bound."""
        if isinstance(node, _Function):
            return list(self._function(node, scope))
        if isinstance(node, ast.ClassDef):
            return list(self._class(node, scope))
        if isinstance(node, _Comprehension):
            scope = Scope(node, scope)
            for each in node.generators:
                self._bind(each.target, Binding(How.ITEM, scope, each.iter))
        elif (bind := _BINDERS.get(kind)) is not None:
            bind(self, node, scope)
        children = [(child, scope) for child in ast.iter_child_nodes(node) if not isinstance(child, _NEVER_NODES)]
        if isinstance(node, ast.AnnAssign):
            children += [(each, scope) for each in quoted_types(node.annotation)]
        elif isinstance(node, ast.Call) and node.args and _is_cast(node.func):
            children += [(each, scope) for each in quoted_types(node.args[0])]
        return children

    def _function(self, node: _Function, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
        inner = Scope(node, scope)
        parameters = [*node.args.posonlyargs, *node.args.args]
        annotated = [*parameters, *node.args.kwonlyargs]
        for each in annotated:
            how = How.UNKNOWN if each.annotation is None else How.INSTANCE
            inner.bindings[each.arg].append(Binding(how, scope, each.annotation))
            yield from _annotation(each.annotation, scope)
        for variadic in filter(None, (node.args.vararg, node.args.kwarg)):
            inner.bindings[variadic.arg].append(Binding(How.UNKNOWN, scope))
            yield from _annotation(variadic.annotation, scope)
        for parameter, default in _defaults(node.args):
            inner.bindings[parameter.arg].append(Binding(How.VALUE, scope, default))
            yield default, scope
        if isinstance(node, ast.Lambda):
            yield node.body, inner
            return
        scope.bindings[node.name].append(Binding(How.FUNCTION, scope, node))
        if scope.is_class and parameters and not _is_static(node):
            inner.receiver = parameters[0].arg
            inner.bindings[inner.receiver] = [Binding(How.RECEIVER, scope)]
        yield from ((each, scope) for each in node.decorator_list)
        yield from _annotation(node.returns, scope)
        yield from ((each, inner) for each in node.body)

    def _class(self, node: ast.ClassDef, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
        inner = Scope(node, scope)
        scope.bindings[node.name].append(Binding(How.CLASS, inner, node))
        yield from ((each, scope) for each in [*node.decorator_list, *node.bases, *node.keywords])
        yield from ((each, inner) for each in node.body)

    def _bind(self, target: ast.expr, binding: Binding) -> None:
        """Bind a target of an assignment, a loop or a `with` statement."""
        if isinstance(target, ast.Name):
            self._add(target.id, binding)
        elif isinstance(target, ast.Attribute):
            self._bind_attribute(target, binding)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, Binding(How.UNKNOWN, binding.scope))
        elif isinstance(target, ast.Tuple | ast.List):
            for number, (element, value) in enumerate(zip(target.elts, _elements(binding, target.elts), strict=True)):
                if value is not None:
                    self._bind(element, replace(binding, node=value))
                elif binding.how is How.ITEM and binding.index is None:
                    self._bind(element, replace(binding, index=number))
                else:
                    self._bind(element, Binding(How.UNKNOWN, binding.scope))

    def _add(self, name: str, binding: Binding) -> None:
        scope = binding.scope.elsewhere.get(name, binding.scope)
        scope.bindings[name].append(binding)

    def _bind_attribute(self, target: ast.Attribute, binding: Binding) -> None:
        """Bind an attribute of the instance that a method belongs to. Others are not known."""
        scope: Scope | None = binding.scope
        while scope is not None and isinstance(target.value, ast.Name):
            if scope.receiver == target.value.id and scope.parent is not None:
                scope.parent.attributes[target.attr].append(binding)
                return
            scope = scope.parent

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        for target in node.targets:
            self._bind(target, Binding(How.VALUE, scope, node.value))

    def _annotate(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is None:
            self._bind(node.target, Binding(How.INSTANCE, scope, node.annotation))
        else:
            self._bind(node.target, Binding(How.ANNOTATED, scope, node))

    def _augment(self, node: ast.AugAssign, scope: Scope) -> None:
        self._bind(node.target, Binding(How.UNKNOWN, scope))

    def _name(self, node: ast.NamedExpr, scope: Scope) -> None:
        while isinstance(scope.node, _Comprehension) and scope.parent is not None:
            scope = scope.parent
        self._bind(node.target, Binding(How.VALUE, scope, node.value))

    def _loop(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        self._bind(node.target, Binding(How.ITEM, scope, node.iter, lines=_lines(node)))

    def _enter(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self._bind(item.optional_vars, Binding(How.ENTERED, scope, item.context_expr, lines=_lines(node)))

    def _import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            top = alias.name if alias.asname else alias.name.partition(".")[0]
            self._add_import(alias.asname or top, ImportedName(top), scope)
            if top != alias.name:  # `import a.b` binds a, and says that the file uses b
                self.imports.append(Binding(How.IMPORT, scope, imported=ImportedName(alias.name)))

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if alias.name == "*":
                star = ImportedName(node.module or "", None, node.level)
                self.top.stars.append(star)
                self.imports.append(Binding(How.IMPORT, scope, imported=star))
            else:
                imported = ImportedName(node.module or "", alias.name, node.level)
                self._add_import(alias.asname or alias.name, imported, scope)

    def _add_import(self, name: str, imported: ImportedName, scope: Scope) -> None:
        binding = Binding(How.IMPORT, scope, imported=imported)
        self.imports.append(binding)
        self._add(name, binding)

    def _elsewhere(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        outer = scope.module if isinstance(node, ast.Global) else scope.parent
        while isinstance(node, ast.Nonlocal) and outer is not None and node.names[0] not in outer.bindings:
            outer = outer.parent
        scope.elsewhere.update(dict.fromkeys(node.names, outer or scope.module))

    def _caught(self, node: ast.ExceptHandler, scope: Scope) -> None:
        if node.name is not None:
            self._add(node.name, Binding(How.UNKNOWN, scope))

    def _captured(self, node: ast.MatchAs | ast.MatchStar, scope: Scope) -> None:
        if node.name is not None:
            self._add(node.name, Binding(How.UNKNOWN, scope))

    def _captured_rest(self, node: ast.MatchMapping, scope: Scope) -> None:
        if node.rest is not None:
            self._add(node.rest, Binding(How.UNKNOWN, scope))


_BINDERS: dict[type[ast.AST], Callable[..., None]] = {
    ast.Assign: Scopes._assign,
    ast.AnnAssign: Scopes._annotate,
    ast.AugAssign: Scopes._augment,
    ast.NamedExpr: Scopes._name,
    ast.For: Scopes._loop,
    ast.AsyncFor: Scopes._loop,
    ast.With: Scopes._enter,
    ast.AsyncWith: Scopes._enter,
    ast.Import: Scopes._import,
    ast.ImportFrom: Scopes._import_from,
    ast.Global: Scopes._elsewhere,
    ast.Nonlocal: Scopes._elsewhere,
    ast.ExceptHandler: Scopes._caught,
    ast.MatchAs: Scopes._captured,
    ast.MatchStar: Scopes._captured,
    ast.MatchMapping: Scopes._captured_rest,
}


def _annotation(node: ast.expr | None, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """An annotation, with the types in it that are written as text."""
    if node is not None:
        yield node, scope
        yield from ((each, scope) for each in quoted_types(node))


def _is_cast(function: ast.expr) -> bool:
    """Whether it is `typing.cast`, by its name."""
    return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) == "cast"


def _defaults(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    """The parameters that have a default, each with it."""
    positional = [*arguments.posonlyargs, *arguments.args]
    if arguments.defaults:
        yield from zip(positional[-len(arguments.defaults) :], arguments.defaults, strict=True)
    for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield parameter, default


def _is_static(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)


def _elements(binding: Binding, targets: list[ast.expr]) -> list[ast.expr | None]:
    """The elements of an assigned value that are assigned to targets, if they can be told apart."""
    node = binding.node
    is_plain = binding.how is How.VALUE and not any(isinstance(each, ast.Starred) for each in targets)
    if not is_plain or not isinstance(node, ast.Tuple | ast.List) or len(node.elts) != len(targets):
        return [None] * len(targets)
    return [None if isinstance(each, ast.Starred) else each for each in node.elts]


def _lines(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno
