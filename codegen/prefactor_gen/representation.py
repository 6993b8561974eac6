"""The intermediate representation: what a generated module holds, every decision made.

What the templates print are the strings of these dataclasses: identifiers, literals, type expressions, docstrings.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "DictPlan",
    "FieldPlan",
    "ImportPlan",
    "MethodPlan",
    "ModelPlan",
    "NamedTypePlan",
    "Parameter",
    "SpanPlan",
]


@dataclass(frozen=True)
class ImportPlan:
    """One `from module import names` line; a name may carry its ` as alias`."""

    module: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class FieldPlan:
    """A field of a model or an entry of a TypedDict: `key` is a Python name, or a literal in the functional form."""

    key: str
    annotation: str
    doc: str | None = None
    default: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class ModelPlan:
    """A pydantic class. `schema_part` is a call: what it is checked against beside its types."""

    name: str
    base: str
    doc: str | None
    config: tuple[str, ...]
    fields: tuple[FieldPlan, ...]
    schema_part: str | None = None


@dataclass(frozen=True)
class NamedTypePlan:
    """A type with a name. Its expression is printed quoted, for it may refer to itself and to what comes later.

    What a model holds is a TypeAliasType, which pydantic can read; what a caller passes is a TypeAlias. `schema_part`
    is a call, and what the type is checked against; its expression names that `_<name>Schema`.
    """

    name: str
    value: str
    is_input: bool = False
    schema_part: str | None = None


@dataclass(frozen=True)
class DictPlan:
    """A TypedDict: what a literal of the object may hold."""

    name: str
    doc: str
    functional: bool
    entries: tuple[FieldPlan, ...]


@dataclass(frozen=True)
class Parameter:
    """A keyword of a span helper, and the wire name (a literal) that its value goes out under."""

    name: str
    annotation: str
    wire: str
    required: bool


@dataclass(frozen=True)
class MethodPlan:
    """`start` or `complete`: its own keywords, or any keyword of one type. `set_result` is `complete` made optional.

    Attributes:
        variants: where the payload is one of several objects, the keywords of each.
    """

    receiver: str
    parameters: tuple[Parameter, ...]
    any_keyword: str | None
    doc: str
    partial_doc: str
    variants: tuple[tuple[Parameter, ...], ...] = ()
    missing: str = "MISSING"

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keyword parameters as a signature prints them."""
        return tuple(self._printed(item, required=item.required) for item in self.parameters)

    @property
    def overloads(self) -> tuple[tuple[str, ...], ...]:
        """The same for each of its variants."""
        return tuple(tuple(self._printed(item, required=item.required) for item in each) for each in self.variants)

    @property
    def optional_keywords(self) -> tuple[str, ...]:
        """The same, none of them required."""
        return tuple(self._printed(item, required=False) for item in self.parameters)

    def _printed(self, item: Parameter, *, required: bool) -> str:
        return f"{item.name}: {item.annotation}" + ("" if required else f" | {self.missing} = {self.missing}")


@dataclass(frozen=True)
class SpanPlan:
    """One generated module: the models of a span type and its helper class.

    Attributes:
        redacted: a literal: the rules of the marks in its schemas.
    """

    module: str
    class_name: str
    schema_name: str
    doc: str
    imports: tuple[ImportPlan, ...]
    models: tuple[ModelPlan, ...]
    types: tuple[NamedTypePlan, ...]
    dicts: tuple[DictPlan, ...]
    params_class: str
    params_input: str
    result_class: str
    result_input: str
    start: MethodPlan
    complete: MethodPlan
    redacted: str | None = None

    @property
    def exports(self) -> tuple[str, ...]:
        """The public names of the module, sorted."""
        names = [item.name for item in self.models] + [item.name for item in self.types]
        return tuple(sorted([self.class_name, *names, *(item.name for item in self.dicts)]))
