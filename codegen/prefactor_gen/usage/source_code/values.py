"""What an expression of the agent's code may mean, as far as it matters for spans."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from prefactor_gen.usage.source_code.scopes import Binding, Scope
from prefactor_gen.usage.source_code.span_types import SpanTypesOfPackage

__all__ = [
    "OTHER",
    "UNKNOWN",
    "ClassOfProject",
    "Container",
    "Core",
    "CoreObject",
    "Evaluation",
    "Export",
    "Function",
    "GeneratedPackage",
    "ModuleOfProject",
    "Namespace",
    "ObjectOfProject",
    "OpenSpan",
    "Outside",
    "PayloadClass",
    "Plain",
    "Registry",
    "SpanClass",
    "SpanTypesMapping",
    "Text",
    "Value",
    "Values",
    "union",
]


class Plain(Enum):
    """A value about which nothing else is known."""

    UNKNOWN = auto()
    """It can be anything."""
    OTHER = auto()
    """It is neither the name of a span type nor something that belongs to prefactor."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text."""

    value: str


@dataclass(frozen=True, slots=True)
class SpanClass:
    """A generated class, or a subclass of it."""

    package: SpanTypesOfPackage
    span_type: str


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """An open span. `package` is None if it was opened by name."""

    package: SpanTypesOfPackage | None
    span_type: str


@dataclass(frozen=True, slots=True)
class PayloadClass:
    """The model of the params or of the result of a span type."""

    package: SpanTypesOfPackage
    span_type: str
    part: Literal["params", "result"]


@dataclass(frozen=True, slots=True)
class GeneratedPackage:
    """A generated package, as a module."""

    package: SpanTypesOfPackage


@dataclass(frozen=True, slots=True)
class Export:
    """A name of a generated package that is no class of a span type: a model of a payload, or nothing at all."""

    package: SpanTypesOfPackage
    name: str


@dataclass(frozen=True, slots=True)
class SpanTypesMapping:
    """`SPAN_TYPES` of a generated package."""

    package: SpanTypesOfPackage


@dataclass(frozen=True, slots=True)
class Registry:
    """`registry` of a generated package."""

    package: SpanTypesOfPackage


@dataclass(frozen=True, slots=True)
class Core:
    """A module, class or function of prefactor-sdk or of an integration, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class CoreObject:
    """What these make: a client, an instance."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Something of another distribution, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Namespace:
    """A folder with modules that is no package."""

    folder: Path


@dataclass(frozen=True, slots=True)
class ModuleOfProject:
    """A module of the project, by its file."""

    path: Path


@dataclass(frozen=True, slots=True)
class ClassOfProject:
    """A class of the project."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class ObjectOfProject:
    """An instance of a class of the project."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    scope: Scope


@dataclass(frozen=True, slots=True)
class Container:
    """A dict, list, tuple or set that is written in the code. `views` are calls such as `items`."""

    node: ast.Dict | ast.List | ast.Tuple | ast.Set
    scope: Scope
    view: str = ""


Value: TypeAlias = (
    Plain
    | Text
    | SpanClass
    | OpenSpan
    | PayloadClass
    | GeneratedPackage
    | Export
    | SpanTypesMapping
    | Registry
    | Core
    | CoreObject
    | Outside
    | Namespace
    | ModuleOfProject
    | ClassOfProject
    | ObjectOfProject
    | Function
    | Container
)
Values: TypeAlias = frozenset[Value]
"""What an expression may mean: each of these. Empty for what has no value that matters, such as a cycle."""

UNKNOWN: Values = frozenset({Plain.UNKNOWN})
OTHER: Values = frozenset({Plain.OTHER})


def union(parts: Iterable[Values]) -> Values:
    """All of the values."""
    return frozenset[Value]().union(*parts)


class Evaluation(Protocol):
    """Says what an expression means: the `Evaluator`, for what it is made of."""

    def of(self, node: ast.expr | None, scope: Scope) -> Values:
        """What an expression may mean."""

    def instance_of(self, annotation: ast.expr, scope: Scope) -> Values:
        """What a value with this annotation may be."""

    def returned_by(self, function: Function) -> Values:
        """What a function may return."""

    def attribute(self, value: Value, name: str) -> Values:
        """What an attribute of a value may mean."""

    def bindings(self, key: tuple[int, str], bindings: Iterable[Binding]) -> Values:
        """What a name may mean that has these bindings."""

    def module_name(self, module: ModuleOfProject, name: str) -> Values:
        """What a name means in a module of the project."""

    def module_in(self, folder: Namespace, name: str) -> Value | None:
        """The module of this name in a folder."""

    def module(self, name: str, scope: Scope) -> Value:
        """The module that an absolute import in a scope leads to."""

    def is_span_type(self, name: str) -> bool:
        """Whether the project defines a span type of this name."""
