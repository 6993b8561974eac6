"""What pydantic types cannot say of a payload, said by the JSON Schema itself: metadata of generated types."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, JsonValue
from pydantic import ValidationError as PydanticError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from prefactor_core._snapshot import members_of, snapshot
from prefactor_core._span_schemas import with_formats
from prefactor_schema import JsonSchema, shared_schema

if TYPE_CHECKING:  # its import takes 15 ms
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

__all__ = ["JsonPattern", "SchemaKey", "SchemaPart"]

SchemaKey: TypeAlias = Literal["params_schema", "result_schema"]
ValueT = TypeVar("ValueT")


class SchemaPart:
    """A place in the schema of a span type, as the metadata of a type: what the type holds must match it.

    Args:
        package: the generated package, which holds the schema among its definitions.
        span_type: the name of the span type.
        key: which of its schemas.
        pointer: the JSON pointer of the part; empty for the whole.
        formats: what packages of earlier versions give: formats are checked, too, if there are any.
    """

    def __init__(
        self, package: str | None, span_type: str, key: SchemaKey, pointer: str, *, formats: Sequence[str] = ()
    ) -> None:
        self._module = f"{package}.__definitions__"
        self._span_type = span_type
        self._key = key
        self._pointer = pointer
        self._formats = formats
        self._found: JsonSchema | None = None
        if formats:
            with_formats.add((str(package), span_type))

    def __repr__(self) -> str:
        return f"<SchemaPart {self._span_type} {self._key}{self._pointer}>"

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.checked, handler(source))

    def checked(self, value: ValueT) -> ValueT:
        """The value, if what would be sent of it matches; a pydantic error, at the member that does not, otherwise."""
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
        )

    def _schema(self) -> JsonSchema:
        if self._found is None:
            self._found = self._read()
        return self._found

    def _read(self) -> JsonSchema:
        module = importlib.import_module(self._module)
        schema = next(item for item in module.DEFINITIONS["span_type_schemas"] if item["name"] == self._span_type)
        formats = bool(self._formats) or getattr(module, "ASSERT_FORMATS", False)
        return shared_schema(schema[self._key], assert_formats=formats).part(self._pointer)


class JsonPattern:
    """Metadata of a text that matches a regular expression of ECMA 262 somewhere, as JSON Schema's `pattern` asks.

    Args:
        pattern: the regular expression.
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
        if isinstance(found, dict) and step not in found:  # what is missing
            return found
        found = found[step]
    return found
