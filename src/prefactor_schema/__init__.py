"""What a JSON Schema says of a value. The generator, the client and the embedded API share it; it imports no other."""

from prefactor_schema.json_schema import JsonSchema, shared_schema
from prefactor_schema.mismatch import Mismatch, SchemaError

__all__ = ["JsonSchema", "Mismatch", "SchemaError", "shared_schema"]
