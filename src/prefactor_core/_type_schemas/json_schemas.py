"""The JSON Schema of a type, by pydantic. Where pydantic knows none, the field that has none is named."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import is_typeddict

from prefactor_core._type_schemas.typed_dicts import keys_of, readable

__all__ = [
    "REDACT",
    "Mode",
    "Schema",
    "UnsupportedTypeError",
    "described",
    "is_json",
    "schema_of_type",
    "schemas_of_types",
]

Mode: TypeAlias = Literal["validation", "serialization"]
Schema: TypeAlias = dict[str, Any]

_MAX_DESCRIPTION = 100
REDACT = "x-prefactor-redact"


class UnsupportedTypeError(Exception):
    """Something has no schema for a payload.

    Args:
        message: what it is.
        advice: what to do, if that is not the usual.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class _Generator(GenerateJsonSchema):
    """Makes no titles of the names of fields, and no schema that leaves out what JSON cannot express."""

    ignored_warning_kinds = {"non-serializable-default"}  # noqa: RUF012  # pydantic declares it so

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # pydantic's signature
        return False

    def emit_warning(self, kind: Any, detail: str) -> None:
        if kind == "skipped-choice":  # an option of a union: values that it allows would not match the schema
            raise PydanticInvalidForJsonSchema(detail)
        super().emit_warning(kind, detail)

    def tagged_union_schema(self, schema: Any) -> Schema:
        result = super().tagged_union_schema(schema)
        result.pop("discriminator", None)  # a keyword of OpenAPI that repeats the constants of the options
        return result


def schema_of_type(annotation: object, mode: Mode) -> Schema:
    """The JSON Schema of a type.

    Raises:
        UnsupportedTypeError: there is none; the message names the field.
    """
    schema = _adapter(annotation, [], mode).json_schema(mode=mode, schema_generator=_Generator)
    if schema.get("title") == getattr(annotation, "__name__", None):
        schema.pop("title", None)
    _tidy(schema, schema.get("$defs", {}))
    return schema


def schemas_of_types(types: Mapping[str, object], mode: Mode) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """The JSON Schemas of several fields, by name, and the definitions that they have in common.

    Raises:
        UnsupportedTypeError: one of them has none; the message names the field.
    """
    inputs = [(name, mode, _adapter(annotation, [name], mode)) for name, annotation in types.items()]
    schemas, common = TypeAdapter.json_schemas(inputs, schema_generator=_Generator)
    definitions: dict[str, Schema] = common.get("$defs", {})
    result = {name: schema for (name, _), schema in schemas.items()}
    _tidy(result, definitions)
    return result, definitions


def _adapter(annotation: object, path: list[str], mode: Mode) -> TypeAdapter[Any]:
    """The adapter of a type that has a JSON Schema."""
    try:
        adapter = TypeAdapter[Any](readable(annotation))
        adapter.json_schema(mode=mode, schema_generator=_Generator)
    except Exception as error:  # the project's classes may raise anything, too
        raise UnsupportedTypeError(_no_schema(annotation, path, mode, error)) from error
    return adapter


def _tidy(schemas: Schema, definitions: Mapping[str, Schema]) -> None:
    """Remove the titles that only repeat the name of a class, and do what pydantic leaves to do."""
    for key, definition in definitions.items():
        if definition.get("title") == key:
            del definition["title"]
    _complete([schemas, definitions])


def _complete(value: Any) -> None:
    """Mark what pydantic's SecretStr and SecretBytes have become; remove defaults that are secret or no JSON."""
    if isinstance(value, dict):
        if value.get("format") == "password" and value.get("writeOnly") is True:
            del value["format"]  # none of JSON Schema
            value[REDACT] = True
        if value.get(REDACT) is True:
            value.pop("default", None)
            value.pop("examples", None)
        elif not is_json(value.get("default")):
            del value["default"]
        value = value.values()
    for each in value:
        if isinstance(each, dict | list):
            _complete(each)


def is_json(value: object) -> bool:
    """Whether a value has a text in JSON. Infinity has none."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def described(annotation: object) -> str:
    """A type as a program writes it, shortened."""
    if annotation is type(None):
        return "None"
    name = annotation.__qualname__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)
    name = name.replace("typing.", "").replace("collections.abc.", "")
    return name if len(name) <= _MAX_DESCRIPTION else f"{name[:_MAX_DESCRIPTION]}…"


class _Fault(NamedTuple):
    """A type without a schema, and the names of the fields that lead to it."""

    path: list[str]
    annotation: object
    error: Exception


def _no_schema(annotation: object, path: list[str], mode: Mode, error: Exception) -> str:
    fault = _innermost(_Fault(path, annotation, error), mode, [])
    where = f"the field {'.'.join(fault.path)} is " if fault.path else ""
    match fault.error:
        case PydanticSchemaGenerationError():
            reason = "which pydantic does not know"
        case PydanticInvalidForJsonSchema():
            reason = "which JSON cannot express"
        case other:
            reason = f"for which pydantic raises {type(other).__name__}: {str(other).partition(chr(10))[0].rstrip('.')}"
    return f"{where}{described(fault.annotation)}, {reason}"


def _innermost(fault: _Fault, mode: Mode, seen: list[object]) -> _Fault:
    """The field of a type without a schema that is the reason, or the type itself."""
    for owner in _classes_in(fault.annotation):
        if any(owner is each for each in seen):
            continue
        seen.append(owner)
        for name, annotation in _fields_of(owner).items():
            if (error := _error_of(annotation, mode)) is not None:
                return _innermost(_Fault([*fault.path, name], annotation, error), mode, seen)
    return fault


def _error_of(annotation: Any, mode: Mode) -> Exception | None:
    try:
        TypeAdapter[Any](annotation).json_schema(mode=mode, schema_generator=_Generator)
    except Exception as error:  # the project's classes may raise anything, too
        return error
    return None


def _classes_in(annotation: object) -> Iterator[object]:
    """The type itself, and the types that it is made of, such as the items of a list."""
    yield annotation
    for each in get_args(annotation):
        yield from _classes_in(each)


def _fields_of(owner: object) -> Mapping[str, Any]:
    try:
        if isinstance(owner, type) and issubclass(owner, BaseModel):
            fields: Sequence[tuple[str, Any]] = list(owner.model_fields.items())
            return {name: Annotated[(each.annotation, *each.metadata)] if each.metadata else each.annotation
                    for name, each in fields}  # fmt: skip
        if isinstance(owner, type) and dataclasses.is_dataclass(owner):
            hints = get_type_hints(owner, include_extras=True)
            return {each.name: hints[each.name] for each in dataclasses.fields(owner)}
        return {name: readable(key.annotation) for name, key in keys_of(owner).items()} if is_typeddict(owner) else {}
    except Exception:  # its annotations cannot be resolved, which is what pydantic's error says
        return {}
