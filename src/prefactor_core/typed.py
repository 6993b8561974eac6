"""What generated packages import: base classes of payload models, the types of JSON's values, and the typed span.

The names of this module are stable: packages that earlier versions generated import them, too.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import MISSING

from prefactor_core._handed import Handed
from prefactor_core._typed.models import CheckedModel, CheckedRoot, EmptyResult, PayloadModel, PayloadRoot
from prefactor_core._typed.scalars import JsonBoolean, JsonInteger, JsonLiteral, JsonNumber, NoObject
from prefactor_core._typed.schema_part import JsonPattern, SchemaPart, SharedSchemaPart
from prefactor_core._typed.span import ArrayOf, PayloadOf, SpanTypeOf, TypedSpan

__all__ = [
    "ABSENT",
    "MISSING",
    "ArrayOf",
    "CheckedModel",
    "CheckedRoot",
    "EmptyResult",
    "Handed",
    "JsonBoolean",
    "JsonInteger",
    "JsonLiteral",
    "JsonNumber",
    "JsonPattern",
    "NoObject",
    "PayloadModel",
    "PayloadOf",
    "PayloadRoot",
    "SchemaPart",
    "SharedSchemaPart",
    "SpanTypeOf",
    "TypedSpan",
]

ABSENT: Any = MISSING
"""What a keyword for an object takes to leave it out: `MISSING`, for type checkers a value of every type.

Such a keyword has the type of the object alone, because type checkers do not say which key of a dict is wrong where it
may also be something else.
"""

# Pickles, error messages and documentation name the public module.
_CLASSES: tuple[type, ...] = (
    ArrayOf,
    CheckedModel,
    CheckedRoot,
    EmptyResult,
    JsonLiteral,
    JsonPattern,
    PayloadModel,
    PayloadRoot,
    SchemaPart,
    SharedSchemaPart,
    SpanTypeOf,
    TypedSpan,
)
for _class in _CLASSES:
    _class.__module__ = __name__
