"""Type expressions: the type of a field, and the type that a caller may pass for it.

The annotations of the model generator are syntax trees; the results are source text.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypeAlias

__all__ = [
    "Constants",
    "distinguished",
    "field_type",
    "input_type",
    "is_object_type",
    "literal_texts",
    "names_in",
    "option_names",
    "renamed",
]

# Scalars exactly as in JSON: pydantic's own accept "1" and true as 1.
_EXACT = {"int": "JsonInteger", "float": "JsonNumber", "bool": "JsonBoolean"}
_TAGS = {"int": "integer", "float": "number"}
# Formatted text is text in a model. A caller may pass the Python value, which the client writes as text.
_FORMATS = {"AwareDatetime": "datetime", "date": "date", "AwareTime": "time", "time": "time", "UUID": "UUID"}
_NUMERIC = frozenset({"ge", "gt", "le", "lt", "multiple_of"})
_SIZED = frozenset({"min_length", "max_length"})


Constants: TypeAlias = Mapping[str, Mapping[str, frozenset[str]]]
"""Class name → required property that is a constant text → its possible texts."""


def field_type(expression: ast.expr, constants: Constants, alias: str | None = None) -> str:
    """The annotation of a model field, with each constraint at the type that it constrains.

    JSON Schema's `minimum` does not apply to text, so `int | str` with `ge` becomes `Annotated[int, ge] | str`. A union
    of objects that one property distinguishes gets a discriminator, so that a mismatch is reported for the right one.
    """
    inner, constraints = _split_annotated(expression)
    text = _render(_Exact(constraints, constants).visit(inner))
    return f"Annotated[{text}, Field(alias={ast.unparse(ast.Constant(alias))})]" if alias is not None else text


def input_type(expression: ast.expr, models: Mapping[str, str]) -> str:
    """What a caller may pass: dicts for models, any sequence for a list, any mapping for a dict.

    Args:
        expression: the annotation as the model generator wrote it.
        models: class or alias name → the text of its own input type.
    """
    inner, _ = _split_annotated(expression)
    return _Input(models).text(inner)


def option_names(expression: ast.expr) -> list[str]:
    """The names of classes and aliases that a type is a union of, or that it is."""
    inner, _ = _split_annotated(expression)
    return [name for member in _members(inner) if (name := _name(_split_annotated(member)[0])) is not None]


def is_object_type(expression: ast.expr, aliases: Mapping[str, ast.expr | None]) -> bool:
    """Whether every value of a type, if it is not absent, is an object of a class, or a map with such objects in it.

    Args:
        expression: the annotation as the model generator wrote it.
        aliases: class or alias name → what the name stands for; None for a class.
    """
    inner, _ = _split_annotated(expression)
    found: list[bool] = []
    for member in _members(inner):
        match member:
            case ast.Name("MISSING"):
                continue
            case ast.Name(name) if name in aliases:
                others = {each: value for each, value in aliases.items() if each != name}
                alias = aliases[name]
                found.append(alias is None or is_object_type(alias, others))
            case ast.Subscript(ast.Name("dict")):
                found.append(bool(names_in(_render(member)) & aliases.keys()))
            case ast.Subscript(ast.Name("Annotated")):
                found.append(is_object_type(member, aliases))
            case _:
                return False
    return bool(found) and all(found)


@cache
def names_in(text: str) -> frozenset[str]:
    """The names that a type expression refers to."""
    return frozenset(node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name))


def renamed(text: str, names: Mapping[str, str]) -> str:
    """The type expression with some names replaced."""
    if not names.keys() & names_in(text):
        return text
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return ast.unparse(tree)


def _split_annotated(expression: ast.expr) -> tuple[ast.expr, list[ast.keyword]]:
    """`Annotated[T, Field(ge=0, alias="x")]` → T and the constraints, without alias and texts."""
    constraints: list[ast.keyword] = []
    while isinstance(expression, ast.Subscript) and _name(expression.value) == "Annotated":
        assert isinstance(expression.slice, ast.Tuple)  # noqa: S101  # Annotated takes two arguments or more
        expression, *metadata = expression.slice.elts
        for call in metadata:
            if isinstance(call, ast.Call):
                kept = _NUMERIC | _SIZED | {"pattern"}
                constraints.extend(item for item in call.keywords if item.arg in kept)
    return expression, constraints


def _members(expression: ast.expr) -> list[ast.expr]:
    """The members of a union, written either way."""
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.BitOr):
        return [*_members(expression.left), *_members(expression.right)]
    if isinstance(expression, ast.Subscript) and _name(expression.value) in {"Union", "Optional"}:
        items = expression.slice.elts if isinstance(expression.slice, ast.Tuple) else [expression.slice]
        members = [member for item in items for member in _members(item)]
        return [*members, ast.Constant(None)] if _name(expression.value) == "Optional" else members
    return [expression]


def _with_absence_last(members: list[ast.expr]) -> list[ast.expr]:
    """The members in an order that does not depend on what else was compiled: null, and then no value, are last."""
    return sorted(members, key=lambda each: (_is_absence(each), _name(each) == "MISSING"))


def literal_texts(expression: ast.expr) -> frozenset[str]:
    """The values of a Literal of texts; empty for any other type."""
    inner, _ = _split_annotated(expression)
    if not isinstance(inner, ast.Subscript) or _name(inner.value) != "Literal":
        return frozenset()
    values = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
    texts = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return frozenset(texts) if len(texts) == len(values) else frozenset()


def distinguished(expression: ast.expr, constants: Constants) -> list[str]:
    """The classes of a union of objects that one property distinguishes; empty for any other type."""
    inner, _ = _split_annotated(expression)
    names = [_name(member) or "" for member in _members(inner)]
    if not all(name in constants for name in names):
        return []
    return names if _discriminator([constants[name] for name in names]) is not None else []


def _discriminator(members: Sequence[Mapping[str, frozenset[str]]]) -> str | None:
    """The property that each of the classes has, with values that no other class has."""
    first, *others = members
    for name in first:
        values = [each.get(name, frozenset()) for each in members]
        if others and all(values) and len(frozenset().union(*values)) == sum(map(len, values)):
            return name
    return None


def _name(expression: ast.expr) -> str | None:
    return expression.id if isinstance(expression, ast.Name) else None


def _render(expression: ast.expr) -> str:
    return ast.unparse(expression)


def _union(members: list[ast.expr]) -> ast.expr:
    result, *rest = members
    for member in rest:
        result = ast.BinOp(result, ast.BitOr(), member)
    return result


def _annotated(expression: ast.expr, metadata: list[ast.expr]) -> ast.expr:
    return ast.Subscript(ast.Name("Annotated"), ast.Tuple([expression, *metadata])) if metadata else expression


def _with_integer(constraint: ast.keyword) -> ast.keyword:
    """`multiple_of=2.0` becomes `multiple_of=2`, because a double cannot hold the remainder of a long integer."""
    match constraint:
        case ast.keyword("multiple_of", ast.Constant(float(value))) if value.is_integer():
            return ast.keyword("multiple_of", ast.Constant(int(value)))
    return constraint


def _pattern(value: ast.expr) -> ast.expr:
    """The text of a pattern; the model generator writes one with a look-around as a compiled pattern."""
    return value.args[0] if isinstance(value, ast.Call) else value


def _is_absence(member: ast.expr) -> bool:
    """Whether a member of a union is null, or no value at all: pydantic reports neither as a member."""
    return _name(member) == "MISSING" or (isinstance(member, ast.Constant) and member.value is None)


def _is_text(literal: ast.Subscript) -> bool:
    """Whether a Literal has only texts and null, which pydantic distinguishes as JSON does."""
    values = literal.slice.elts if isinstance(literal.slice, ast.Tuple) else [literal.slice]
    return all(
        isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, str)) for value in values
    )


class _Exact:
    """Rewrites an annotation so that it accepts exactly what JSON Schema accepts."""

    def __init__(self, constraints: list[ast.keyword], constants: Constants, *, in_union: bool = False) -> None:
        self.constraints = constraints
        self.in_union = in_union
        self.constants = constants

    def visit(self, expression: ast.expr) -> ast.expr:
        members = _with_absence_last(_members(expression))
        objects = [member for member in members if _name(member) in self.constants]
        discriminator = _discriminator([self.constants[str(_name(each))] for each in objects]) if objects else None
        discriminated = objects if discriminator is not None else []
        several = self.in_union or sum(not _is_absence(member) for member in members) > 1
        exact = [self.constrained(member, several=several) for member in members if member not in discriminated]
        if discriminated:
            keyword = ast.keyword("discriminator", ast.Constant(discriminator))
            exact.insert(0, _annotated(_union(discriminated), [ast.Call(ast.Name("Field"), [], [keyword])]))
        return _union(exact)

    def constrained(self, member: ast.expr, *, several: bool) -> ast.expr:
        metadata: list[ast.expr] = []
        constraints = self.applicable(member)
        if bounds := [item for item in constraints if item.arg != "pattern"]:
            metadata.append(ast.Call(ast.Name("Field"), [], bounds))
            if several and (tag := _TAGS.get(str(_name(member)))) is not None:
                # This name is shown in a mismatch; pydantic's own contains the address of a function.
                metadata.append(ast.Call(ast.Name("Tag"), [ast.Constant(tag)], []))
        patterns = [_pattern(item.value) for item in constraints if item.arg == "pattern"]
        metadata.extend(ast.Call(ast.Name("JsonPattern"), [pattern], []) for pattern in patterns)
        return _annotated(self.member(member, several=several), metadata)

    def applicable(self, member: ast.expr) -> list[ast.keyword]:
        """The constraints that apply to this type."""
        name = _name(member.value) if isinstance(member, ast.Subscript) else _name(member)
        allowed: frozenset[str] = frozenset()
        if name in {"int", "float"}:
            allowed = _NUMERIC
        elif name == "str":
            allowed = _SIZED | {"pattern"}
        elif name in {"list", "tuple", "dict", "set"}:
            allowed = _SIZED
        return [_with_integer(item) for item in self.constraints if item.arg in allowed]

    def member(self, member: ast.expr, *, several: bool) -> ast.expr:
        name = _name(member)
        if name in _EXACT:
            return ast.Name(_EXACT[name])
        if name in _FORMATS or name in {"AnyUrl", "EmailStr", "SecretStr"}:
            return ast.Name("str")
        if not isinstance(member, ast.Subscript):
            return member
        if _name(member.value) == "Annotated":
            inner, constraints = _split_annotated(member)
            return _Exact(constraints, self.constants, in_union=several).visit(inner)
        if _name(member.value) == "Literal":
            return member if _is_text(member) else _annotated(member, [ast.Name("JsonLiteral")])
        return ast.Subscript(member.value, self.arguments(member.slice))

    def arguments(self, arguments: ast.expr) -> ast.expr:
        plain = _Exact([], self.constants)
        if isinstance(arguments, ast.Tuple):
            return ast.Tuple([plain.visit(item) for item in arguments.elts])
        return plain.visit(arguments)


class _Input:
    """Writes the type that a caller may pass for a field of this type."""

    def __init__(self, models: Mapping[str, str]) -> None:
        self.models = models

    def text(self, expression: ast.expr) -> str:
        inner, _ = _split_annotated(expression)
        members = _with_absence_last(_members(inner))
        return " | ".join(dict.fromkeys(part for member in members for part in self.member(member)))

    def member(self, member: ast.expr) -> list[str]:
        name = _name(member)
        if name == "Any":
            return ["object"]
        if name in _FORMATS:
            return ["str", _FORMATS[name]]
        if name is not None:
            return [self.models.get(name, name)]
        if not isinstance(member, ast.Subscript):
            return [_render(member)]
        return [self.generic(_name(member.value), member)]

    def generic(self, name: str | None, member: ast.Subscript) -> str:
        arguments = member.slice.elts if isinstance(member.slice, ast.Tuple) else [member.slice]
        match name:
            case "Annotated":
                return self.text(arguments[0])
            case "list":
                return f"ArrayOf[{self.text(arguments[0])}]"
            case "dict":
                return f"Mapping[str, {self.text(arguments[1])}]"
            case "tuple":
                return f"tuple[{', '.join(map(self.argument, arguments))}]"
            case _:
                return _render(member)

    def argument(self, argument: ast.expr) -> str:
        return "..." if isinstance(argument, ast.Constant) and argument.value is ... else self.text(argument)
