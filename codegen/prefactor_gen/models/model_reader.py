"""Reads the module that the model generator wrote: its classes and aliases are data for our own templates."""

from __future__ import annotations

import ast
import copy
import re
import unicodedata
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypedDict

from prefactor_gen.diagnostics.invisible import INVISIBLE
from prefactor_gen.models.field_names import field_names

__all__ = ["MetadataModel", "Model", "ModelField", "ModelSet", "has_bare_container", "read_models"]


class MetadataField(TypedDict):
    name: str
    original_name: str
    required: bool


class MetadataModel(TypedDict):
    class_name: str
    source_path: list[str]
    fields: list[MetadataField]


@dataclass(frozen=True)
class ModelField:
    """A field of a model: its Python name, its name in the payload, and its annotation as an expression."""

    name: str
    wire_name: str
    annotation: ast.expr
    required: bool


@dataclass(frozen=True)
class Model:
    """A class (with fields) or a named type (with an alias expression), under the name that the bundle chose.

    Attributes:
        variants: if a constant tells several such objects apart, the fields of each.
    """

    name: str
    fields: tuple[ModelField, ...] = ()
    extra: str | None = None
    extra_type: ast.expr | None = None
    alias: ast.expr | None = None
    variants: tuple[tuple[ModelField, ...], ...] = ()


@dataclass
class ModelSet:
    """The models of a bundle, and what the model generator reported.

    Attributes:
        given: (class, property, field) where the plain name of a property was taken and it got another.
    """

    models: dict[str, Model] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    given: list[tuple[str, str, str]] = field(default_factory=list)


def has_bare_container(model: Model) -> bool:
    """Whether a named type is a list or a dict of anything, as the model generator makes of arrays of only arrays."""
    nodes = list(ast.walk(model.alias)) if model.alias is not None else []
    with_arguments = [node.value for node in nodes if isinstance(node, ast.Subscript)]
    bare = [node for node in nodes if isinstance(node, ast.Name) and node.id in {"dict", "list"}]
    return any(node not in with_arguments for node in bare)


def read_models(
    code: str,
    metadata: Sequence[MetadataModel],
    field_name: Callable[[str], str],
    warnings: Sequence[str],
    *,
    chosen: Mapping[str, Mapping[str, str]],
    names: Mapping[str, str],
) -> ModelSet:
    """Read the models that the bundle named.

    Args:
        code: the generated module.
        metadata: the model generator's own description of the classes in it.
        field_name: returns the name that the model generator gives to a property without other properties.
        warnings: the warnings of the model generator.
        chosen: the Python names that schemas choose, by class and property.
        names: the names of the classes, by those that they have in the module.
    """
    named = {each["class_name"]: each for each in metadata if each["source_path"] == ["$defs", each["class_name"]]}
    result = ModelSet(warnings=list(warnings))
    for model in _Reader(named, names).models(ast.parse(code)):
        renamed, given = _renamed(model, field_name, chosen.get(model.name, {}))
        result.models[model.name] = renamed
        result.given.extend((model.name, wire_name, name) for wire_name, name in given)
    return result


def _renamed(
    model: Model, field_name: Callable[[str], str], chosen: Mapping[str, str]
) -> tuple[Model, list[tuple[str, str]]]:
    """The model with our names for its fields, and those of them that are not the plain ones.

    The model generator numbers properties with the same name in their order. A number would be another one when a
    property is added or moved.
    """
    plain = {item.wire_name: unicodedata.normalize("NFKC", field_name(item.wire_name)) for item in model.fields}
    is_another = any(_is_another(item, plain[item.wire_name]) for item in model.fields)
    is_changed = any(item.name != plain[item.wire_name] for item in model.fields if not item.wire_name.isascii())
    are_distinct = len({item.name for item in model.fields}) == len(model.fields)
    if not (chosen or is_another or is_changed) and are_distinct:
        return model, []
    names = field_names(plain, field_name, chosen)
    fields = tuple(replace(item, name=names[item.wire_name]) for item in model.fields)
    given = [(name, made) for name, made in names.items() if made != plain[name] and name not in chosen]
    return replace(model, fields=fields), given


def _is_another(item: ModelField, plain: str) -> bool:
    """Whether the model generator numbered a name, or took one that Python reads as a keyword, or a blank letter."""
    is_numbered = re.fullmatch(rf"{re.escape(plain)}_\d+", item.name) is not None
    return is_numbered or plain == f"{item.name}_" or INVISIBLE.search(item.name) is not None


class _Reader:
    def __init__(self, metadata: Mapping[str, MetadataModel], names: Mapping[str, str]) -> None:
        self.metadata = metadata
        self.names = names
        self.expressions: dict[str, ast.expr] = {}

    def models(self, module: ast.Module) -> list[Model]:
        # Renamed imports get their own names back: the model generator renames those that have the name of a class.
        # Types that only it named, such as a constrained text in a union, are replaced by their values.
        for statement in module.body:
            match statement:
                case ast.ImportFrom(names=aliases):
                    self.expressions.update({each.asname or each.name: ast.Name(each.name) for each in aliases})
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[_, value])):
                    if name not in self.metadata:
                        self.expressions[name] = value
        return [model for statement in module.body if (model := self.model(statement)) is not None]

    def model(self, statement: ast.stmt) -> Model | None:
        match statement:
            case ast.ClassDef(name=name) if name in self.metadata:
                return self.class_model(statement)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[_, value])) if name in self.metadata:
                return Model(self.names[name], alias=self.plain(value))
        return None

    def plain(self, expression: ast.expr) -> ast.expr:
        """The expression in terms of the bundle's classes and of the names in the standard library and pydantic."""
        return _Replace(self.expressions, self.names).replaced(expression)

    def fields_of(self, class_name: str) -> dict[str, deque[MetadataField]]:
        """The fields of a class by their Python names, which Python reads in their NFKC form: two may be equal."""
        found = defaultdict[str, deque[MetadataField]](deque)
        for item in self.metadata[class_name]["fields"]:
            found[unicodedata.normalize("NFKC", item["name"])].append(item)
        return found

    def class_model(self, node: ast.ClassDef) -> Model:
        entries = self.fields_of(node.name)
        fields: list[ModelField] = []
        config: dict[str | None, str] = {}
        extra_type: ast.expr | None = None
        for statement in node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                    item = entries[name].popleft()
                    fields.append(ModelField(name, item["original_name"], self.plain(annotation), item["required"]))
                case ast.Assign(targets=[ast.Name(id="model_config")], value=ast.Call(keywords=keywords)):
                    config = {item.arg: ast.literal_eval(item.value) for item in keywords}
                case ast.Assign(targets=[ast.Name(id="__annotations__")], value=ast.Dict(values=[value])):
                    extra_type = _item_type(self.plain(value))
        return Model(self.names[node.name], tuple(fields), config.get("extra"), extra_type)


class _Replace(ast.NodeTransformer):
    """Replaces names in a type expression, also in its quoted parts; the arguments of a Literal or a Field are data."""

    def __init__(self, expressions: Mapping[str, ast.expr], names: Mapping[str, str]) -> None:
        self.expressions = expressions
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.names:
            return ast.Name(self.names[node.id])
        found = self.expressions.get(node.id)
        if found is None or (isinstance(found, ast.Name) and found.id == node.id):
            return node
        return self.replaced(copy.deepcopy(found))

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return self.replaced(ast.parse(node.value, mode="eval").body) if isinstance(node.value, str) else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        node.value = self.replaced(node.value)
        if not (isinstance(node.value, ast.Name) and node.value.id == "Literal"):
            node.slice = self.replaced(node.slice)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.func = self.replaced(node.func)
        return node

    def replaced(self, expression: ast.expr) -> ast.expr:
        result = self.visit(expression)
        assert isinstance(result, ast.expr)  # noqa: S101  # each method maps an expression to one
        return result


def _item_type(expression: ast.expr) -> ast.expr:
    """`T` of `dict[str, T]`."""
    match expression:
        case ast.Subscript(slice=ast.Tuple(elts=[_, value])):
            return value
    return expression
