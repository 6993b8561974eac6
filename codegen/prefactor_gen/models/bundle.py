"""Every schema becomes part of one document of uniquely named definitions, as the model generator needs it.

The document holds the *typing view* of each schema: the part that types can express. Texts, defaults and the keywords
that types cannot express are left out: a definition with such keywords is checked against its schema as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place
from prefactor_gen.diagnostics.limits import MAX_TYPES_DEEP
from prefactor_gen.diagnostics.rules import LIMIT_EXCEEDED, NAME_COLLISION, UNRESOLVED_REFERENCE
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.keywords import CLASS
from prefactor_gen.models.nesting import first_too_deep, references_in

if TYPE_CHECKING:
    from prefactor_gen.models.model_generator import Document

__all__ = ["DEFINITIONS", "Bundle", "Bundled", "UntypedKeyword", "class_clash", "nested_too_deep"]

DEFINITIONS = "#/$defs/"
"""Where the definitions of the document are."""

_UNIONS = ("anyOf", "oneOf")


@dataclass(frozen=True)
class Bundled:
    """One definition of the bundle.

    Attributes:
        origin: the schema that the view was made from.
        payload: the class name of the payload that it is a part of.
        pointer: the pointer of its schema in the schema of that payload.
    """

    name: str
    view: JsonValue
    origin: JsonValue
    place: Place
    payload: str
    pointer: str


@dataclass(frozen=True)
class UntypedKeyword:
    """A keyword that the generated types cannot express, and the name of the definition that is checked for it."""

    keyword: str
    place: Place
    definition: str


@dataclass
class Bundle:
    """The document for the model generator: definitions by class name, in the order in which they were made.

    Attributes:
        assert_formats: whether formats are checked with the schema.
        shared: the classes of other modules that the definitions refer to, which are not among them.
        variants: for payloads that a constant tells apart, the view of each, by class name.
    """

    assert_formats: bool = False
    definitions: dict[str, Bundled] = field(default_factory=dict)
    untyped_keywords: list[UntypedKeyword] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    variants: dict[str, list[ObjectNode]] = field(default_factory=dict)

    def document(self, names: Iterable[str]) -> Document:
        """The JSON Schema document of some definitions, and of their variants."""
        views: dict[str, object] = {}
        for name in names:
            views[name] = self.definitions[name].view
            views |= zip(self.variant_names(name), self.variants.get(name, ()), strict=True)
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": views}

    def variant_names(self, name: str) -> list[str]:
        """The names of the variants of a definition in the document, with a letter that is in no other name."""
        return [f"{name}\u02d1{index}" for index in range(len(self.variants.get(name, ())))]

    def extend(self, other: Bundle) -> list[Diagnostic]:
        """Add the definitions of another bundle; returns the problems of their names."""
        self.untyped_keywords.extend(other.untyped_keywords)
        self.shared |= other.shared
        self.variants |= other.variants
        problems = [
            class_clash(name, bundled.place, self.definitions[name].place)
            for name, bundled in other.definitions.items()
            if name in self.definitions
        ]
        self.definitions = {**other.definitions, **self.definitions}  # of two with one name, the first
        return problems

    def nesting_problems(self, root: str) -> Iterator[Diagnostic]:
        """Report what is nested without end, or too deep inside the module, in the type `root`."""
        own = [name for name, bundled in self.definitions.items() if bundled.payload == root]
        yield from self._too_deep(root)
        direct: dict[str, set[str]] = {}
        for name in own:
            reached, pending = set[str](), [name]
            while pending:
                for target in direct.setdefault(each := pending.pop(), _direct_references(self._view_of(each))):
                    if target not in reached:
                        reached.add(target)
                        pending.append(target)
            if name in reached:
                message = "expected a schema that describes a value, found a $ref that only leads back to itself"
                yield UNRESOLVED_REFERENCE.at(self.definitions[name].place, message)

    def _too_deep(self, root: str) -> Iterator[Diagnostic]:
        deep = first_too_deep(root, lambda name: references_in(self._view_of(name)))
        if deep is not None:
            yield nested_too_deep(self.definitions[deep].place)

    def _view_of(self, name: str) -> JsonValue:
        return self.definitions[name].view if name in self.definitions else None


def nested_too_deep(place: Place) -> Diagnostic:
    """Report a type that is nested in too many others."""
    message = (
        f"more than {MAX_TYPES_DEEP} types are nested here, counted through references; "
        "use a schema without type at one of the levels"
    )
    return LIMIT_EXCEEDED.at(place, message)


def class_clash(name: str, place: Place, other: Place) -> Diagnostic:
    """Report that two definitions are the same class, which happens only where a schema chooses it."""
    message = f"this is the class {name}, as the definition at {other} is; one of them chooses it by {CLASS}"
    return NAME_COLLISION.at(place, f"{message}: choose another, or put the schema into a file that both refer to")


def _direct_references(view: JsonValue) -> set[str]:
    """The definitions that a view applies to the value itself, not to one of its members."""
    if not isinstance(view, ObjectNode):
        return set()
    found = {view.reference.removeprefix(DEFINITIONS)} if view.reference is not None else set()
    return found.union(*(_direct_references(option) for keyword in _UNIONS for option in view.branches(keyword)))
