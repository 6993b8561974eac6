"""Checks values with JSON Schemas. The generator, the client and the embedded API use it; it imports none of them."""

from prefactor_schema.json_schema import JsonSchema, shared_schema
from prefactor_schema.mismatch import Mismatch, SchemaError

__all__ = ["JsonSchema", "Mismatch", "SchemaError", "shared_schema"]
