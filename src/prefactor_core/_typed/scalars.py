"""JSON's scalars as annotated types.

pydantic's own types accept values that JSON Schema does not accept, and refuse others that it does.
"""

from __future__ import annotations

import json
from decimal import Decimal
from numbers import Integral, Real
from typing import Annotated, Any, TypeAlias, get_args

from pydantic import GetCoreSchemaHandler, Strict, Tag
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

__all__ = ["JsonBoolean", "JsonInteger", "JsonLiteral", "JsonNumber", "NoObject"]

_SENT_AS_TEXT = (Decimal, complex)
"""Number types that are sent as text. In Python their values equal those of the types that are sent as numbers."""


class _Integer:
    """JSON's integers: `1` and `1.0`, but neither `"1"` nor `true`."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        whole_float = core_schema.no_info_after_validator_function(_to_int, _finite((float, Real)))
        return core_schema.union_schema(
            [core_schema.int_schema(strict=True), _integral(), whole_float],
            mode="left_to_right",
            custom_error_type="json_integer",
            custom_error_message="Input should be an integer",
        )


class _Number:
    """JSON's numbers. An integer stays an integer, so that it is sent as it was given."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        choices: list[CoreSchema | tuple[CoreSchema, str]] = [
            core_schema.int_schema(strict=True),
            _finite(float),
            _integral(),
            _finite((float, Real)),
        ]
        return core_schema.union_schema(
            choices,
            mode="left_to_right",
            custom_error_type="json_number",
            custom_error_message="Input should be a number",
        )


def _integral() -> CoreSchema:
    """Integers of other types than `int`, such as numpy's. A float could not hold the long ones exactly."""
    others = core_schema.no_info_plain_validator_function(_integral_to_int)
    return core_schema.json_or_python_schema(core_schema.int_schema(strict=True), others)


def _integral_to_int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise PydanticCustomError("json_integer", "Input should be an integer")
    return int(value)


def _finite(types: type | tuple[type, ...]) -> CoreSchema:
    """Finite floats. pydantic's own type accepts NaN, and anything with `__float__`; but a Decimal is sent as text."""
    number = core_schema.float_schema(strict=True, allow_inf_nan=False)
    instance = core_schema.is_instance_schema(types, cls_repr="number")
    return core_schema.json_or_python_schema(number, core_schema.chain_schema([instance, number]))


def _to_int(value: float) -> int:
    if not value.is_integer():
        raise PydanticCustomError("int_from_float", "Input should be an integer, got a number with a fractional part")
    return int(value)


class JsonLiteral:
    """Metadata of a Literal with numbers or booleans: 1.0 equals 1, and true does not.

    pydantic's own accepts true for 1, and refuses 1.0.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        values = {_json_key(value): value for value in get_args(source)}

        def to_literal(given: object) -> object:
            try:
                return values[_json_key(given)]
            except (KeyError, TypeError):
                expected = ", ".join(json.dumps(value) for value in values.values())
                raise PydanticCustomError(
                    "json_literal", "Input should be one of {expected}", {"expected": expected}
                ) from None

        return core_schema.no_info_before_validator_function(to_literal, handler(source))


def _json_key(value: object) -> tuple[bool, bool, object]:
    """A key that is equal for values that are equal in JSON, and only for those."""
    return isinstance(value, bool), isinstance(value, _SENT_AS_TEXT), value


JsonInteger: TypeAlias = Annotated[int, _Integer, Tag("integer")]
JsonNumber: TypeAlias = Annotated[float, _Number, Tag("number")]
JsonBoolean: TypeAlias = Annotated[bool, Strict()]
NoObject: TypeAlias = str | JsonNumber | JsonBoolean | list[Any] | None
"""The values other than objects. A schema with keywords for objects, but without `type`, allows them too."""
