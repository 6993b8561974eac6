"""The scopes of a module: which names each of them binds, and to what.

As in Python, a function does not see the names of the class that it is in.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum, auto

__all__ = ["Binding", "How", "ImportedName", "Scope"]


class How(Enum):
    """What a name is bound to, in terms of the node of its binding."""

    VALUE = auto()
    """The value of the expression."""
    ENTERED = auto()
    """What a `with` statement binds for the expression."""
    ITEM = auto()
    """An item of the expression."""
    INSTANCE = auto()
    """An instance of the type that the expression names."""
    ANNOTATED = auto()
    """The value of an assignment with an annotation."""
    IMPORT = auto()
    FUNCTION = auto()
    CLASS = auto()
    RECEIVER = auto()
    """An instance of the class that a method is in."""
    UNKNOWN = auto()


@dataclass(frozen=True)
class ImportedName:
    """What an import statement binds: a module, or a name in it. `level` counts the dots of a relative import."""

    module: str
    name: str | None = None
    level: int = 0


@dataclass(frozen=True, eq=False)
class Binding:
    """One binding of a name.

    Attributes:
        scope: where its node is evaluated; for a class, the scope of its body.
        index: for an item, the position in it.
        lines: the first and the last line of the block that a name is bound for, by `with` or `for`.
    """

    how: How
    scope: Scope
    node: ast.AST | None = None
    imported: ImportedName | None = None
    index: int | None = None
    lines: tuple[int, int] | None = None

    def is_for(self, line: int) -> bool:
        """Whether it binds the name for a block that has this line."""
        return self.lines is not None and self.lines[0] <= line <= self.lines[1]


@dataclass(eq=False)
class Scope:
    """A module, a class, or a function.

    Attributes:
        node: the definition; that of the module has no parent.
        bindings: the bindings of each name.
        attributes: of a class, what its methods assign to attributes of their instance.
        stars: of a module, the modules of which it imports all names.
        receiver: of a method, the name of its first parameter.
    """

    node: ast.AST
    parent: Scope | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    attributes: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    stars: list[ImportedName] = field(default_factory=list)
    receiver: str | None = None
    elsewhere: dict[str, Scope] = field(default_factory=dict)

    @property
    def is_class(self) -> bool:
        """Whether it is the body of a class."""
        return isinstance(self.node, ast.ClassDef)

    @property
    def module(self) -> Scope:
        """The scope of the module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def binding(self, name: str) -> list[Binding]:
        """The bindings that a name has here, in the innermost scope that binds it; empty if none does."""
        scope: Scope | None = self
        while scope is not None:
            if (scope is self or not scope.is_class) and name in scope.bindings:
                return scope.bindings[name]
            scope = scope.parent
        return []
