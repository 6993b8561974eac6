"""The intermediate representation of a generated module, in which every decision is made.

The templates print the strings of these dataclasses: identifiers, literals, type expressions and docstrings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "DictPlan",
    "FieldPlan",
    "HelperPlan",
    "ImportPlan",
    "MethodPlan",
    "ModelPlan",
    "ModulePlan",
    "NamedTypePlan",
    "Parameter",
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
    """A pydantic class.

    Attributes:
        schema_part: a call: the schema that it is checked against in addition to its types.
        redacted: the names that its repr hides, as a literal.
        as_dict: the type of `to_dict()`, unless it has a field of this name.
    """

    name: str
    base: str
    doc: str | None
    config: tuple[str, ...]
    fields: tuple[FieldPlan, ...]
    schema_part: str | None = None
    redacted: str | None = None
    as_dict: str | None = None


@dataclass(frozen=True)
class NamedTypePlan:
    """A named type. Its expression is printed quoted, because it may refer to itself and to later types.

    A type of model fields is a TypeAliasType, which pydantic can read; a type that callers pass is a TypeAlias.
    `schema_part` is a call: the schema that the type is checked against. The expression calls it `_<name>Schema`.
    """

    name: str
    value: str
    is_input: bool = False
    schema_part: str | None = None


@dataclass(frozen=True)
class DictPlan:
    """A TypedDict: the type of a dict that callers pass for an object."""

    name: str
    doc: str
    functional: bool
    entries: tuple[FieldPlan, ...]


@dataclass(frozen=True)
class Parameter:
    """A keyword parameter of a span helper.

    Attributes:
        is_object: only dicts of generated types are passed, or maps of them. The parameter then has no other type
            beside it, so that type checkers say which key of a literal is wrong.
    """

    name: str
    annotation: str
    required: bool
    is_object: bool = False


@dataclass(frozen=True)
class MethodPlan:
    """`start` or `complete`, with its own keywords, or any keyword of one type.

    `set_result` has the keywords of `complete`, all of them optional.

    Attributes:
        variants: if the payload is one of several objects, the keywords of each.
    """

    receiver: str
    parameters: tuple[Parameter, ...]
    any_keyword: str | None
    doc: str
    partial_doc: str
    variants: tuple[tuple[Parameter, ...], ...] = ()
    missing: str = "MISSING"
    absent: str = "ABSENT"

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keyword parameters as a signature prints them."""
        return tuple(self._printed(item, required=item.required) for item in self.parameters)

    @property
    def overloads(self) -> tuple[tuple[str, ...], ...]:
        """The keyword parameters of each variant."""
        return tuple(tuple(self._printed(item, required=item.required) for item in each) for each in self.variants)

    @property
    def optional_keywords(self) -> tuple[str, ...]:
        """The keyword parameters, all of them optional."""
        return tuple(self._printed(item, required=False) for item in self.parameters)

    def _printed(self, item: Parameter, *, required: bool) -> str:
        if required:
            return f"{item.name}: {item.annotation}"
        if item.is_object:
            return f"{item.name}: {item.annotation} = {self.absent}"
        return f"{item.name}: {item.annotation} | {self.missing} = {self.missing}"


@dataclass(frozen=True)
class HelperPlan:
    """The helper class of a span type.

    Attributes:
        redacted: the redaction rules of its schemas, as a literal.
        json_names: the names of its properties where the keywords are others, as a literal.
        deprecated: what type checkers say where the helper class is used, as a literal.
    """

    class_name: str
    schema_name: str
    doc: str
    params_class: str
    params_input: str
    result_class: str
    result_input: str
    start: MethodPlan
    complete: MethodPlan
    redacted: str | None = None
    json_names: str | None = None
    deprecated: str | None = None

    @property
    def methods(self) -> tuple[MethodPlan, MethodPlan]:
        """The methods that have keywords of their own."""
        return self.start, self.complete


@dataclass(frozen=True)
class ModulePlan:
    """One generated module: the models of a span type and its helper class, or a type that several span types share.

    Attributes:
        helper: None for a shared type.
        shared_names: the module of each name that other modules define, such as `._shared_message`.
        late_imports: those that come last. Shared types may refer to each other.
    """

    module: str
    models: tuple[ModelPlan, ...]
    types: tuple[NamedTypePlan, ...]
    dicts: tuple[DictPlan, ...]
    helper: HelperPlan | None = None
    shared_names: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[ImportPlan, ...] = ()
    late_imports: tuple[ImportPlan, ...] = ()

    @property
    def exports(self) -> tuple[str, ...]:
        """The public names of the module, sorted."""
        names = [item.name for each in (self.models, self.types, self.dicts) for item in each]
        return tuple(sorted([*names, *([self.helper.class_name] if self.helper is not None else [])]))
