"""Says what an expression of the agent's code may mean. Nothing is run.

Names are followed through assignments, imports, classes and annotations. What a function does with its parameters is
not followed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Final

from prefactor_gen.usage import annotated_types, members
from prefactor_gen.usage.modules import Modules
from prefactor_gen.usage.scopes import Binding, How, ImportedName, Scope
from prefactor_gen.usage.values import (
    OTHER,
    UNKNOWN,
    ClassOfProject,
    Container,
    Core,
    CoreObject,
    Function,
    ModuleOfProject,
    Namespace,
    ObjectOfProject,
    OpenSpan,
    Outside,
    PayloadClass,
    Plain,
    SpanClass,
    SpanTypesMapping,
    Text,
    Value,
    Values,
    union,
)

__all__ = ["Evaluator", "span_arguments"]

_DEPTH: Final = 40
_STEPS: Final = 2_000
_MANY: Final = 50
"""The values that one expression may have. Beyond that, it is unknown."""
_ENTER: Final = frozenset({"enter_context", "enter_async_context", "aclosing", "closing"})
_NO_RECEIVERS: Final = (Container, Function, ModuleOfProject, Namespace, Outside, Text)
_KEYWORDS: Final = ("schema_name", "span_type")
"""The keywords for the span type of `span`, `create_span`, `traced` and `current_span`."""


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
                return union(self._item(value, node.slice, scope) for value in self.of(node.value, scope))
            case ast.Call():
                return self._call(node, scope)
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
        try:
            self._names[key] = union(self.binding(each) for each in bindings)
        finally:
            self._open.discard(key)
        return self._names[key]

    def binding(self, binding: Binding) -> Values:
        """What one binding may mean."""
        node, scope = binding.node, binding.scope
        match binding.how:
            case How.VALUE if isinstance(node, ast.expr):
                return self.of(node, scope)
            case How.ENTERED if isinstance(node, ast.expr):
                return union(map(_entered, self.of(node, scope)))
            case How.ITEM if isinstance(node, ast.expr):
                return union(self._items(value, binding.index) for value in self.of(node, scope))
            case How.INSTANCE if isinstance(node, ast.expr):
                return self.instance_of(node, scope)
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
        return frozenset(value for value in bases if isinstance(value, SpanClass | Core)) or frozenset(
            {ClassOfProject(scope)}
        )

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

    def _call(self, node: ast.Call, scope: Scope) -> Values:
        function = node.func
        if isinstance(function, ast.Attribute):
            return self._method(node, function, scope)
        if isinstance(function, ast.Name) and function.id == "getattr" and len(node.args) > 1:
            return self._attribute_by_name(node, scope)
        return union(self._result(value, node, scope) for value in self.of(function, scope))

    def _method(self, node: ast.Call, function: ast.Attribute, scope: Scope) -> Values:
        """What the call of a method returns."""
        if function.attr in _ENTER and node.args:
            return union(map(_entered, self.of(node.args[0], scope)))
        receivers = self.of(function.value, scope)
        if function.attr == "span" and not self.is_foreign(receivers):
            return self._opened(node, scope)
        found = set[Value]()
        for receiver in receivers:
            if isinstance(receiver, Container | SpanTypesMapping) and function.attr == "get" and node.args:
                found |= self._item(receiver, node.args[0], scope)
                found |= union(self.of(each, scope) for each in node.args[1:2])
            elif (view := members.called(receiver, function.attr, node)) is not None:
                found.add(view)
            else:
                methods = self.attribute(receiver, function.attr)
                found |= union(self._result(method, node, scope) for method in methods)
        return frozenset(found)

    def _attribute_by_name(self, node: ast.Call, scope: Scope) -> Values:
        """What `getattr(value, name)` returns."""
        found = self.of(node.args[2], scope) if len(node.args) > 2 else frozenset[Value]()
        for value in self.of(node.args[0], scope):
            for name in self.of(node.args[1], scope):
                found |= self.attribute(value, name.value) if isinstance(name, Text) else UNKNOWN
        return found

    def _result(self, function: Value, node: ast.Call, scope: Scope) -> Values:
        """What the call of a value returns."""
        match function:
            case Core(name) if name.endswith(".current_span"):
                return self._opened(node, scope)
            case Core() | CoreObject():
                return frozenset({CoreObject()})
            case SpanClass(package, span_type):
                return frozenset({OpenSpan(package, span_type)})
            case Outside("importlib.import_module"):
                return self._imported_by_name(node, scope)
            case Outside(name):
                return frozenset({Outside(f"{name}()")})
            case ClassOfProject(inner):
                return frozenset({ObjectOfProject(inner)})
            case Function():
                return self.returned_by(function)
            case PayloadClass():
                return OTHER
        return UNKNOWN

    def _imported_by_name(self, node: ast.Call, scope: Scope) -> Values:
        names = [each.value for each in self.of(node.args[0] if node.args else None, scope) if isinstance(each, Text)]
        path = self.modules.of_scope(scope).path
        return frozenset(self.modules.imported(ImportedName(name), path) for name in names) or UNKNOWN

    def _opened(self, node: ast.Call, scope: Scope) -> Values:
        """The spans that a call opens, or the current ones. Without a span type, it is some object of prefactor."""
        found = set[Value]()
        for argument in span_arguments(node):
            for value in self.of(argument, scope):
                if isinstance(value, SpanClass):
                    found.add(OpenSpan(value.package, value.span_type))
                elif isinstance(value, Text) and value.value in self.modules.own.definitions:
                    found.add(OpenSpan(None, value.value))
        return frozenset(found) or frozenset({CoreObject()})

    def is_foreign(self, receivers: Values) -> bool:
        """Whether the method `span` of these objects is certainly not that of prefactor."""
        return bool(receivers) and all(
            isinstance(each, _NO_RECEIVERS) or each is Plain.OTHER or members.defines(self, each, "span")
            for each in receivers
        )

    def _item(self, value: Value, index: ast.expr, scope: Scope) -> Values:
        """What an item of a value may be."""
        keys = [each.value for each in self.of(index, scope) if isinstance(each, Text)]
        match value:
            case SpanTypesMapping(package):
                names = set(package.classes.values())
                return frozenset(SpanClass(package, key) for key in keys if key in names) or UNKNOWN
            case Container(ast.Dict() as node, inner, ""):
                chosen = [
                    item
                    for key, item in zip(node.keys, node.values, strict=True)
                    if not keys or not isinstance(key, ast.Constant) or key.value in keys
                ]
                return union(self.of(item, inner) for item in chosen) or UNKNOWN
            case Container():
                return self._items(value, None)
            case Outside():
                return frozenset({value})
        return UNKNOWN

    def _items(self, value: Value, index: int | None) -> Values:
        """What the items of a value may be, or a position in them."""
        if not isinstance(value, Container):
            return frozenset({value}) if isinstance(value, Outside) else UNKNOWN
        found = set[Value]()
        for key, item in _pairs(value.node):
            if value.view == "items":
                found |= UNKNOWN if index is None else self.of((key, item)[index] if index < 2 else None, value.scope)
            elif index is None:
                is_key = isinstance(value.node, ast.Dict) and value.view != "values"
                found |= self.of(key if is_key else item, value.scope)
            else:
                found |= union(self._position(each, index) for each in self.of(item, value.scope))
        return frozenset(found)

    def _position(self, value: Value, index: int) -> Values:
        is_row = isinstance(value, Container) and isinstance(value.node, ast.Tuple | ast.List)
        if isinstance(value, Container) and is_row and not isinstance(value.node, ast.Dict):
            return self.of(value.node.elts[index], value.scope) if index < len(value.node.elts) else UNKNOWN
        return UNKNOWN

    def _joined(self, parts: Iterable[ast.expr], scope: Scope) -> Values:
        """Texts that are made of others."""
        choices = [self.of(each, scope) for each in parts]
        if not all(isinstance(value, Text) for choice in choices for value in choice):
            return UNKNOWN
        texts = ["".join(made) for made in _limited(product(*([*map(_text, choice)] for choice in choices)))]
        return frozenset(map(Text, texts)) if len(texts) <= _MANY else UNKNOWN


def span_arguments(node: ast.Call) -> list[ast.expr]:
    """The arguments of a call that may be the span type: a keyword, or the first two (a client takes the run first)."""
    named = [each.value for each in node.keywords if each.arg in _KEYWORDS]
    return named or node.args[:2]


def _entered(value: Value) -> Values:
    """What the block of a `with` statement gets."""
    is_itself = isinstance(value, OpenSpan | CoreObject | Outside | ObjectOfProject)
    return frozenset({value}) if is_itself else UNKNOWN


def _pairs(node: ast.Dict | ast.List | ast.Tuple | ast.Set) -> Iterator[tuple[ast.expr | None, ast.expr | None]]:
    """The items of a literal, with their keys. What `*` and `**` add is None."""
    if isinstance(node, ast.Dict):
        yield from ((key, item if key is not None else None) for key, item in zip(node.keys, node.values, strict=True))
    else:
        yield from ((None, None if isinstance(item, ast.Starred) else item) for item in node.elts)


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
