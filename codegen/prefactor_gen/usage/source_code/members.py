"""What an attribute of a value may mean."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Final, Literal

from prefactor_gen.usage.source_code.scopes import Scope
from prefactor_gen.usage.source_code.span_types import SpanTypesOfPackage
from prefactor_gen.usage.source_code.values import (
    OTHER,
    UNKNOWN,
    ClassOfProject,
    Container,
    Core,
    CoreObject,
    Evaluation,
    Export,
    Function,
    GeneratedPackage,
    ModuleOfProject,
    Namespace,
    ObjectOfProject,
    OpenSpan,
    Outside,
    PayloadClass,
    Registry,
    SpanClass,
    SpanTypesMapping,
    Text,
    Value,
    Values,
    union,
)

__all__ = ["attribute", "called", "defines"]

_PARTS: Final[dict[str, Literal["params", "result"]]] = {"Params": "params", "Result": "result"}
_VIEWS: Final = frozenset({"items", "keys", "values"})
_PROPERTIES: Final = frozenset({"property", "cached_property"})


def attribute(evaluator: Evaluation, value: Value, name: str) -> Values:
    """What an attribute of a value may mean."""
    match value:
        case GeneratedPackage():
            return _of_package(value, name)
        case SpanClass(package, span_type):
            if name == "schema_name":
                return frozenset({Text(span_type)})
            return _payload_class(package, span_type, name) or OTHER
        case Core(path):
            return frozenset({Core(f"{path}.{name}")})
        case CoreObject():
            return frozenset({value})
        case OpenSpan() | Export():
            return OTHER
        case Outside(path):
            return frozenset({Outside(f"{path}.{name}")})
        case Namespace():
            return frozenset({evaluator.module_in(value, name) or Outside(f"{value.folder.name}.{name}")})
        case ModuleOfProject():
            return evaluator.module_name(value, name)
        case ClassOfProject(scope) | ObjectOfProject(scope):
            return _of_class(evaluator, scope, name)
        case Text():  # a member of an enum
            return frozenset({value}) if name == "value" else UNKNOWN
    return UNKNOWN


def called(value: Value, method: str, node: ast.Call) -> Value | None:
    """What a method of a table returns: its keys, values or items."""
    if method not in _VIEWS or node.args:
        return None
    if isinstance(value, Container):
        return replace(value, view=method)
    return value if isinstance(value, SpanTypesMapping) else None


def defines(evaluator: Evaluation, value: Value, name: str) -> bool:
    """Whether a class of the project has a method of this name of its own."""
    if not isinstance(value, ObjectOfProject | ClassOfProject):
        return False
    return any(isinstance(each, Function) for each in _of_class(evaluator, value.scope, name))


def _of_package(module: GeneratedPackage, name: str) -> Values:
    package = module.package
    if name in package.classes:
        return frozenset({SpanClass(package, package.classes[name])})
    if name == "SPAN_TYPES":
        return frozenset({SpanTypesMapping(package)})
    if name == "registry":
        return frozenset({Registry(package)})
    for suffix in _PARTS:
        owner = name.removesuffix(suffix)
        if owner != name and owner in package.classes:
            return _payload_class(package, package.classes[owner], suffix)
    if name.startswith("_"):  # a module of the package
        return frozenset({module})
    return frozenset({Export(package, name)}) if package.classes else OTHER


def _payload_class(package: SpanTypesOfPackage, span_type: str, name: str) -> Values:
    part = _PARTS.get(name)
    return frozenset() if part is None else frozenset({PayloadClass(package, span_type, part)})


def _of_class(evaluator: Evaluation, scope: Scope, name: str) -> Values:
    """An attribute of a class or its instances: what the class, its methods or its bases bind."""
    bindings = [*scope.bindings.get(name, ()), *scope.attributes.get(name, ())]
    if bindings:
        found = evaluator.bindings((id(scope), f".{name}"), bindings)
        return union(_of_property(evaluator, value) for value in found)
    outer = scope.parent or scope
    bases = scope.node.bases if isinstance(scope.node, ast.ClassDef) else []
    inherited = union(evaluator.of(each, outer) for each in bases)
    classes = [value for value in inherited if isinstance(value, ClassOfProject) and value.scope is not scope]
    return union(evaluator.attribute(value, name) for value in classes) or UNKNOWN


def _of_property(evaluator: Evaluation, value: Value) -> Values:
    if not isinstance(value, Function):
        return frozenset({value})
    is_property = any(_last_name(each) in _PROPERTIES for each in value.node.decorator_list)
    return evaluator.returned_by(value) if is_property else frozenset({value})


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
