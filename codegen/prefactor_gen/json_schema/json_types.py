"""The types of JSON Schema that a value has."""

from __future__ import annotations

from prefactor_gen.documents.nodes import JsonValue, ListNode

__all__ = ["main_type", "types_of"]


def types_of(value: JsonValue) -> set[str]:
    """The names of all types that a value has: 1 and 1.0 are integers and numbers."""
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    if isinstance(value, float):
        return {"number", "integer"} if value.is_integer() else {"number"}
    return {"string" if isinstance(value, str) else "array" if isinstance(value, ListNode) else "object"}


def main_type(value: JsonValue) -> str:
    """The one type by which a value is written: 1 is an integer, 1.0 a number."""
    if isinstance(value, float):
        return "number"
    types = types_of(value)
    return "integer" if "integer" in types else types.pop()
