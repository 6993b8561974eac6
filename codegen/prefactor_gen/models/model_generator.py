"""The bundle → classes and aliases. The only module that imports datamodel_code_generator."""

from __future__ import annotations

import hashlib
import json
import keyword
import re
import tempfile
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

from datamodel_code_generator import InputFileType, generate
from datamodel_code_generator.config import GenerateConfig
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import DatetimeClassType, Formatter, PythonVersion
from datamodel_code_generator.parser import LiteralType
from datamodel_code_generator.reference import FieldNameResolver
from pydantic import BaseModel

from prefactor_gen.diagnostics.invisible import INVISIBLE
from prefactor_gen.models.model_reader import MetadataModel, ModelSet, read_models

__all__ = [
    "GENERATOR_VERSION",
    "SPAN_OPTIONS",
    "WIRE_OPTIONS",
    "Document",
    "generate_models",
    "generate_wire_modules",
    "plain_field_name",
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
# A span's payload: absent and null are different, and a class has the name that the bundle chose. The output is read
# back and not written, so it is not formatted.
SPAN_OPTIONS = _COMMON.model_copy(
    update={"use_missing_sentinel": True, "base_class": "prefactor_core.typed.PayloadModel", "formatters": []}
)
# A message of the API: absent is None, unknown fields are ignored. The model generator's own text is the module.
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


@dataclass(frozen=True)
class _Output:
    """The output of the model generator: a module, a description of each class, and warnings."""

    code: str
    metadata: list[MetadataModel]
    warnings: list[str]


def plain_field_name(name: str) -> str:
    """The Python name of a property without other properties: the one that the model generator gives it.

    It changes some names that Python takes, such as `हिन्दी`, in which the vowels are no letters. They stay here.
    """
    normal = unicodedata.normalize("NFKC", INVISIBLE.sub("_", name))  # some letters are blank
    if not name.isascii() and normal.isidentifier() and not normal.startswith("_"):
        plain = f"{normal}_" if keyword.iskeyword(normal) else normal
    else:
        plain = unicodedata.normalize("NFKC", FieldNameResolver().get_valid_name(normal))
    return f"{plain}_" if hasattr(BaseModel, plain) else plain


def generate_models(documents: Sequence[Document], chosen: Mapping[str, Mapping[str, str]]) -> ModelSet:
    """Run the model generator on documents of `$defs` that do not refer to each other.

    Args:
        documents: the documents.
        chosen: the Python names that the schemas choose for properties, by definition and property.

    Raises:
        ValueError: the model generator refuses a document; the message is its own.
    """
    merged: Document = {**documents[0], "$defs": {}}
    for document in documents:
        merged["$defs"] |= document["$defs"]
    # It numbers its own names for inner types, and others' with them: so no class has a name that it may choose.
    plain_names = {name: _plain_class_name(name) for name in merged["$defs"]}
    names = {plain: name for name, plain in plain_names.items()}
    try:
        output = _run(_with_names(merged, plain_names))
    except ValueError as error:
        raise ValueError(_with_class_names(str(error), names)) from error
    warnings = [_with_class_names(text, names) for text in output.warnings]
    return read_models(output.code, output.metadata, plain_field_name, warnings, chosen=chosen, names=names)


def _plain_class_name(name: str) -> str:
    """A name that the model generator leaves alone, and that is none of its own."""
    return f"Class{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _with_class_names(text: str, names: Mapping[str, str]) -> str:
    return re.sub(r"Class[0-9a-f]{16}", lambda found: names.get(found[0], found[0]), text)


def _with_names(document: Document, names: Mapping[str, str]) -> Document:
    """The document in which the definitions have other names."""
    definitions = {names.get(name, name): _renamed(view, names) for name, view in document["$defs"].items()}
    return {**document, "$defs": definitions}


def _run(document: Document) -> _Output:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        metadata_file = Path(folder) / "metadata.json"
        config = SPAN_OPTIONS.model_copy(update={"emit_model_metadata": metadata_file})
        try:
            code = generate(document, config=config)
        except Exception as error:  # it raises many types of exceptions for schemas that it refuses
            raise ValueError(f"{type(error).__name__}: {error}") from error
        metadata: list[MetadataModel] = json.loads(metadata_file.read_text("utf-8"))["models"]
    if not isinstance(code, str):
        raise ValueError("the model generator wrote several modules")
    return _Output(code, metadata, [str(item.message) for item in caught])


def _renamed(value: object, names: Mapping[str, str]) -> object:
    """A view whose references have the new names of their targets."""
    if isinstance(value, dict):
        target = str(value.get("$ref", "")).removeprefix("#/$defs/")
        if target in names:
            return {**value, "$ref": f"#/$defs/{names[target]}"}
        return {key: _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def generate_wire_modules(folder: Path, header: str) -> dict[str, str]:
    """Run the model generator on a folder of JSON Schema documents: one module per document, by file name.

    Raises:
        ValueError: the model generator refuses a document; the message is its own.
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
