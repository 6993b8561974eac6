"""Metadata of generated types. It checks values against the JSON Schema, where a pydantic type cannot express it."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, JsonValue
from pydantic import ValidationError as PydanticError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from prefactor_core._payloads.schemas import with_formats
from prefactor_core._payloads.snapshot import members_of, snapshot
from prefactor_schema import JsonSchema, shared_schema

if TYPE_CHECKING:  # its import takes 15 ms
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

__all__ = ["JsonPattern", "SchemaKey", "SchemaPart", "SharedSchemaPart"]

SchemaKey: TypeAlias = Literal["params_schema", "result_schema"]
ValueT = TypeVar("ValueT")


class SchemaPart:
    """A subschema of a span type, as the metadata of a type: values of the type must match it.

    Args:
        package: the generated package, whose definitions contain the schema.
        span_type: the name of the span type.
        key: which of its two schemas: "params_schema" or "result_schema".
        pointer: the JSON pointer of the subschema; empty for the whole schema.
        formats: given by packages of earlier versions; if it is not empty, `format` is checked.
    """

    def __init__(
        self, package: str | None, span_type: str, key: SchemaKey, pointer: str, *, formats: Sequence[str] = ()
    ) -> None:
        self._module = f"{package}.__definitions__"
        self._span_type = span_type
        self._key = key
        self._pointer = pointer
        self._formats = formats
        self._compiled: JsonSchema | None = None
        if formats:
            with_formats.add((str(package), span_type))

    def __repr__(self) -> str:
        return f"<SchemaPart {self._span_type} {self._key}{self._pointer}>"

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.checked, handler(source))

    def checked(self, value: ValueT) -> ValueT:
        """Return the value if the JSON that would be sent for it matches.

        Raises:
            pydantic.ValidationError: it does not match; the error is at the member that does not.
        """
        sent = snapshot(members_of(value) if isinstance(value, BaseModel) else value)
        found = self._schema().mismatches(sent)
        if not found:
            return value
        raise PydanticError.from_exception_data(
            self._span_type,
            [
                InitErrorDetails(
                    type=PydanticCustomError("json_schema", "{problem}", {"problem": each.text}),
                    loc=each.path,
                    input=_member(sent, each.path),
                )
                for each in found
            ],
            hide_input=True,
        )

    def _schema(self) -> JsonSchema:
        if self._compiled is None:
            self._compiled = self._compile()
        return self._compiled

    def _compile(self) -> JsonSchema:
        module = importlib.import_module(self._module)
        schema = next(item for item in module.DEFINITIONS["span_type_schemas"] if item["name"] == self._span_type)
        formats = bool(self._formats) or getattr(module, "ASSERT_FORMATS", False)
        return shared_schema(schema[self._key], assert_formats=formats).part(self._pointer)


class SharedSchemaPart(SchemaPart):
    """As `SchemaPart`, for a type that several span types share.

    Args:
        package: the generated package, whose definitions contain the schemas of shared types.
        pointer: the JSON pointer of the subschema in them.
    """

    def __init__(self, package: str | None, pointer: str) -> None:
        super().__init__(package, "a shared type", "params_schema", pointer)

    def _compile(self) -> JsonSchema:
        module = importlib.import_module(self._module)
        return shared_schema(module.SHARED, assert_formats=getattr(module, "ASSERT_FORMATS", False)).part(self._pointer)


class JsonPattern:
    """Metadata of a string that contains a match of a regular expression, as JSON Schema's `pattern` requires.

    Args:
        pattern: the regular expression, in the syntax of ECMA 262.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._schema: JsonSchema | None = None

    def __repr__(self) -> str:
        return f"JsonPattern({self._pattern!r})"

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._matching, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": self._pattern}

    def _matching(self, value: str) -> str:
        if self._schema is None:
            self._schema = shared_schema({"pattern": self._pattern})
        found = self._schema.mismatches(value, 0)
        if not found:
            return value
        if not found[0].checked:
            raise PydanticCustomError("json_schema", "{problem}", {"problem": found[0].text})
        raise PydanticCustomError(
            "string_pattern_mismatch", "String should match pattern '{pattern}'", {"pattern": self._pattern}
        )


def _member(value: JsonValue, path: Sequence[str | int]) -> object:
    found: Any = value
    for step in path:
        if isinstance(found, dict) and step not in found:  # a missing member: the object itself
            return found
        found = found[step]
    return found
