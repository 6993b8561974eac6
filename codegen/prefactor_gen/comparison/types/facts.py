"""What callers of a generated package depend on: its names, signatures, fields and keys, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prefactor_gen.comparison.operands.operands import OperandError

__all__ = ["Field", "Method", "ModuleFacts", "PackageFacts", "read_package"]

_TYPED_DICT, _ALIAS_TYPE = "TypedDict", "TypeAliasType"


@dataclass(frozen=True)
class Field:
    """A keyword of a method, an attribute of a model, or a key of a TypedDict."""

    annotation: ast.expr
    is_required: bool


@dataclass(frozen=True)
class Method:
    """The signature of a method, or of several overloads together: what one of them takes, the method may take.

    Attributes:
        fields: the keywords.
        takes_others: it takes keywords of any name.
    """

    fields: Mapping[str, Field]
    takes_others: bool = False
    is_overloaded: bool = False


@dataclass
class ModuleFacts:
    """What a module declares.

    Attributes:
        span_type: the name of the span type, if it is the module of one.
        methods: those of the span type's class.
        models: the attributes of each model.
        dicts: the keys of each TypedDict.
        aliases: the types that have a name.
        imports: the modules of the package that it imports.
        redacts: whether one of its models has redacted values.
    """

    span_type: str | None = None
    exports: list[str] = field(default_factory=list)
    methods: dict[str, Method] = field(default_factory=dict)
    models: dict[str, dict[str, Field]] = field(default_factory=dict)
    dicts: dict[str, dict[str, Field]] = field(default_factory=dict)
    aliases: dict[str, ast.expr] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    redacts: bool = False


class PackageFacts:
    """What the modules of a package declare, together."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        self.modules = modules
        self.by_span_type = {each.span_type: each for each in modules.values() if each.span_type is not None}
        found = modules.values()
        self.exports = {name for each in found for name in each.exports}
        self.models = {name: fields for each in found for name, fields in each.models.items()}
        self.dicts = {name: fields for each in found for name, fields in each.dicts.items()}
        self.aliases = {name: value for each in found for name, value in each.aliases.items()}

    def reached(self, span_type: str) -> list[ModuleFacts]:
        """The module of a span type, and those that it imports, and so on."""
        found: dict[int, ModuleFacts] = {}
        pending = [self.by_span_type[span_type]] if span_type in self.by_span_type else []
        while pending:
            module = pending.pop()
            if id(module) not in found:
                found[id(module)] = module
                pending.extend(self.modules[name] for name in sorted(module.imports) if name in self.modules)
        return list(found.values())


def read_package(files: Mapping[str, str]) -> PackageFacts:
    """Read the modules of a package.

    Args:
        files: the text of each file by its name.

    Raises:
        OperandError: a module is not valid Python.
    """
    modules = {}
    for name, text in files.items():
        if name.endswith(".py") and not name.startswith("__"):
            try:
                modules[name.removesuffix(".py")] = _read_module(ast.parse(text))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                raise OperandError(f"{name} of the generated package is not valid Python; generate it again") from None
    return PackageFacts(modules)


def _read_module(module: ast.Module) -> ModuleFacts:
    facts = ModuleFacts()
    for statement in module.body:
        match statement:
            case ast.ImportFrom(level=1, module=str(name)):
                facts.imports.add(name)
            case ast.ClassDef():
                _read_class(statement, facts)
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=names)):
                facts.exports = [text for each in names if (text := _text(each)) is not None]
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=made), args=[_, what])):
                _read_call(name, made, what, facts)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                facts.aliases[name] = _unquoted(value)
            case _:
                pass
    return facts


def _read_class(node: ast.ClassDef, facts: ModuleFacts) -> None:
    fields = dict(_fields(node.body))
    if any(isinstance(base, ast.Name) and base.id == _TYPED_DICT for base in node.bases):
        facts.dicts[node.name] = {name: _key(each.annotation) for name, each in fields.items()}
        return
    name = next((each for each in node.body if _assigns(each, "schema_name")), None)
    if isinstance(name, ast.Assign) and isinstance(name.value, ast.Constant):
        facts.span_type = str(name.value.value)
        facts.methods = _methods(node.body)
    else:
        facts.models[node.name] = fields
        facts.redacts = facts.redacts or any(_assigns(each, "__redacted__") for each in node.body)


def _read_call(name: str, made: str, what: ast.expr, facts: ModuleFacts) -> None:
    if made == _ALIAS_TYPE:
        facts.aliases[name] = _unquoted(what)
    elif made == _TYPED_DICT and isinstance(what, ast.Dict):
        pairs = zip(what.keys, what.values, strict=True)
        facts.dicts[name] = {text: _key(value) for key, value in pairs if (text := _text(key)) is not None}


def _fields(body: list[ast.stmt]) -> Iterator[tuple[str, Field]]:
    for each in body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            yield each.target.id, Field(_unquoted(each.annotation), each.value is None)


def _key(annotation: ast.expr) -> Field:
    match _unquoted(annotation):
        case ast.Subscript(value=ast.Name(id="NotRequired"), slice=inner):
            return Field(_unquoted(inner), False)
        case other:
            return Field(other, True)


def _methods(body: list[ast.stmt]) -> dict[str, Method]:
    """The public methods that take keywords."""
    found: dict[str, list[ast.FunctionDef]] = {}
    for block in (each for each in body if isinstance(each, ast.If)):
        for each in block.body:
            if isinstance(each, ast.FunctionDef):
                found.setdefault(each.name, []).append(each)
    return {name: _method(each) for name, each in found.items()}


def _method(definitions: list[ast.FunctionDef]) -> Method:
    signatures = [
        {
            argument.arg: Field(_unquoted(argument.annotation or ast.Constant(None)), default is None)
            for argument, default in zip(each.args.kwonlyargs, each.args.kw_defaults, strict=True)
        }
        for each in definitions
    ]
    fields: dict[str, Field] = {}
    for signature in signatures:
        for name, each in signature.items():
            before = fields.get(name)
            merged = each.annotation if before is None else ast.BinOp(before.annotation, ast.BitOr(), each.annotation)
            fields[name] = Field(merged, all(name in other and other[name].is_required for other in signatures))
    return Method(fields, any(each.args.kwarg is not None for each in definitions), len(definitions) > 1)


def _unquoted(node: ast.expr) -> ast.expr:
    """The expression that a text in place of a type stands for."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node


def _assigns(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)]):
            return target == name
    return False


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
