"""Stage 4: the bundle → classes and aliases. The only module that imports datamodel_code_generator."""

from __future__ import annotations

import ast
import copy
import json
import re
import tempfile
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

from datamodel_code_generator import InputFileType, generate
from datamodel_code_generator.config import GenerateConfig
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import DatetimeClassType, Formatter, PythonVersion
from datamodel_code_generator.parser import LiteralType
from datamodel_code_generator.reference import FieldNameResolver

__all__ = [
    "GENERATOR_VERSION",
    "SPAN_OPTIONS",
    "WIRE_OPTIONS",
    "Document",
    "Model",
    "ModelField",
    "ModelSet",
    "generate_models",
    "generate_wire_modules",
]

GENERATOR_VERSION = version("datamodel-code-generator")

_COMMON = GenerateConfig(
    input_file_type=InputFileType.JsonSchema,
    output_model_type=DataModelType.PydanticV2BaseModel,
    target_python_version=PythonVersion.PY_311,
    formatters=[Formatter.BUILTIN],
    disable_timestamp=True,
    enum_field_as_literal=LiteralType.All,
    field_constraints=True,
    keep_model_order=True,
    strict_refs=True,
    allow_remote_refs=False,
    use_annotated=True,
    use_double_quotes=True,
    use_standard_collections=True,
    use_union_operator=True,
    use_tuple_for_fixed_items=True,
    use_type_alias=True,
    strict_nullable=True,
)
# A span's payload: absent and null are different, and a class has the name that the bundle chose. What is made is read
# back, not written: nobody sees its form.
SPAN_OPTIONS = _COMMON.model_copy(
    update={"use_missing_sentinel": True, "base_class": "prefactor_core.typed.PayloadModel", "formatters": []}
)
# A message of the API: absent is None, unknown fields are ignored. The classes are used as the generator writes them.
WIRE_OPTIONS = _COMMON.model_copy(
    update={
        "aliases": {"_type": "type", "schema": "schema_"},
        "allow_population_by_field_name": True,
        "builtin_format_line_length": 120,
        "collapse_root_models": True,
        "keep_model_order": False,
        "output_datetime_class": DatetimeClassType.Datetime,
        "skip_root_model": True,
        "use_field_description": True,
        "use_schema_description": True,
        "use_single_line_docstring": True,
        "use_tuple_for_fixed_items": False,
        "use_type_alias": False,
    }
)


Document = TypedDict("Document", {"$schema": str, "$defs": dict[str, object]})
"""A JSON Schema document of definitions."""


class _MetadataField(TypedDict):
    name: str
    original_name: str
    required: bool


class _MetadataModel(TypedDict):
    class_name: str
    source_path: list[str]
    fields: list[_MetadataField]


@dataclass(frozen=True)
class _Made:
    """What the model generator made: a module, what it says of each class, and its warnings."""

    code: str
    metadata: list[_MetadataModel]
    warnings: list[str]


@dataclass(frozen=True)
class ModelField:
    """A field of a model: its Python name, its name on the wire, and its annotation as an expression."""

    name: str
    wire_name: str
    annotation: ast.expr
    required: bool


@dataclass(frozen=True)
class Model:
    """A class (with fields) or a named type (with an alias expression), under the name that the bundle chose."""

    name: str
    fields: tuple[ModelField, ...] = ()
    extra: str | None = None
    extra_type: ast.expr | None = None
    alias: ast.expr | None = None


@dataclass
class ModelSet:
    """What the model generator made of a bundle."""

    models: dict[str, Model] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    collisions: list[tuple[str, str, str]] = field(default_factory=list)
    """(class, wire name, field name) where the generator had to make a field name unique."""


def generate_models(documents: Sequence[Document]) -> ModelSet:
    """Run the model generator over documents of `$defs`, none of which refers to another.

    Raises:
        ValueError: it refuses a document; the text is its own.
    """
    merged: Document = {**documents[0], "$defs": {}}
    for document in documents:
        merged["$defs"] |= document["$defs"]
    made = _make(merged)
    result = ModelSet(warnings=made.warnings)
    wanted = {
        entry["class_name"]: entry for entry in made.metadata if entry["source_path"] == ["$defs", entry["class_name"]]
    }
    _Reader(result, wanted).read(ast.parse(made.code))
    return result


def _make(document: Document) -> _Made:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        metadata_file = Path(folder) / "metadata.json"
        config = SPAN_OPTIONS.model_copy(update={"emit_model_metadata": metadata_file})
        try:
            code = generate(document, config=config)
        except Exception as error:  # it raises many kinds, each for a schema that it cannot take
            raise ValueError(f"{type(error).__name__}: {error}") from error
        metadata: list[_MetadataModel] = json.loads(metadata_file.read_text("utf-8"))["models"]
    if not isinstance(code, str):
        raise ValueError("the model generator wrote several modules")
    return _Made(code, metadata, [str(item.message) for item in caught])


def generate_wire_modules(folder: Path, header: str) -> dict[str, str]:
    """Run the model generator over a folder of JSON Schema documents: one module a document, by file name.

    Raises:
        ValueError: it refuses a document; the text is its own.
    """
    with tempfile.TemporaryDirectory() as temporary, warnings.catch_warnings():
        warnings.simplefilter("error")
        output = Path(temporary) / "models"
        config = WIRE_OPTIONS.model_copy(update={"output": output, "custom_file_header": header})
        try:
            generate(folder, config=config)
        except Exception as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error
        return {path.name: path.read_text("utf-8") for path in output.glob("*.py") if path.name != "__init__.py"}


class _Reader:
    """Reads the generated module back: its statements are data for our own templates."""

    def __init__(self, result: ModelSet, metadata: Mapping[str, _MetadataModel]) -> None:
        self.result = result
        self.metadata = metadata
        self.expressions: dict[str, ast.expr] = {}
        self.resolver = FieldNameResolver()

    def read(self, module: ast.Module) -> None:
        # Imported names under their own names: the generator renames some for other classes. And the types that it
        # named by itself (a constrained text in a union) as what they stand for.
        for statement in module.body:
            match statement:
                case ast.ImportFrom(names=aliases):
                    self.expressions.update({each.asname or each.name: ast.Name(each.name) for each in aliases})
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[_, value])):
                    if name not in self.metadata:
                        self.expressions[name] = value
        for statement in module.body:
            match statement:
                case ast.ClassDef(name=name) if name in self.metadata:
                    self.result.models[name] = self.model(statement)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[_, value])) if name in self.metadata:
                    self.result.models[name] = Model(name, alias=self.plain(value))

    def plain(self, expression: ast.expr) -> ast.expr:
        """The expression in terms of the bundle's classes and of what the standard library and pydantic call theirs."""
        return _Replace(self.expressions).replaced(expression)

    def model(self, node: ast.ClassDef) -> Model:
        # Python reads identifiers in their NFKC form.
        entries = [(unicodedata.normalize("NFKC", item["name"]), item) for item in self.metadata[node.name]["fields"]]
        self.note_collisions(node.name, entries)
        entry_of = dict(entries)
        fields: list[ModelField] = []
        config: dict[str | None, str] = {}
        extra_type: ast.expr | None = None
        for statement in node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                    item = entry_of[name]
                    fields.append(ModelField(name, item["original_name"], self.plain(annotation), item["required"]))
                case ast.Assign(targets=[ast.Name(id="model_config")], value=ast.Call(keywords=keywords)):
                    config = {item.arg: ast.literal_eval(item.value) for item in keywords}
                case ast.Assign(targets=[ast.Name(id="__annotations__")], value=ast.Dict(values=[value])):
                    extra_type = _item_type(self.plain(value))
        return Model(node.name, tuple(fields), config.get("extra"), extra_type)

    def note_collisions(self, model: str, entries: list[tuple[str, _MetadataField]]) -> None:
        taken: set[str] = set()
        for name, item in entries:
            alone = unicodedata.normalize("NFKC", self.resolver.get_valid_name(item["original_name"]))
            if name in taken or (name != alone and re.fullmatch(rf"{re.escape(alone)}_\d+", name)):
                self.result.collisions.append((model, item["original_name"], name))
            taken.add(name)


class _Replace(ast.NodeTransformer):
    """Replaces names in a type expression, in its quoted parts too; what a Literal or a Field holds is data."""

    def __init__(self, expressions: Mapping[str, ast.expr]) -> None:
        self.expressions = expressions

    def visit_Name(self, node: ast.Name) -> ast.expr:
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
