"""Schemas, and the beginning of a registry in Python, that many tests compile."""

from __future__ import annotations

from typing import Any

__all__ = ["DRAFT_07", "OBJECT", "OBJECT_WITH_X", "REGISTRY", "TEXT", "WRONG_SHAPES", "option", "properties"]


def properties(*required: str, **members: Any) -> dict[str, Any]:
    """Return the schema of an object with these properties."""
    schema: dict[str, Any] = {"type": "object", "properties": members}
    return {**schema, "required": list(required)} if required else schema


def option(kind: str, **members: Any) -> dict[str, Any]:
    """Return an option of a union of objects; the constant `kind` identifies it."""
    return properties("kind", *members, **{"kind": {"const": kind}, **members})


TEXT: dict[str, Any] = {"type": "string"}
OBJECT: dict[str, Any] = {"type": "object"}
OBJECT_WITH_X: dict[str, Any] = properties(x=TEXT)
DRAFT_07 = "http://json-schema.org/draft-07/schema#"

# The first two lines of a Python module that a source `module:registry` names.
REGISTRY = "from prefactor_core import SchemaRegistry\nregistry = SchemaRegistry()\n"

# Every member has a wrong type, or is missing or unknown.
WRONG_SHAPES = """\
span_type_schemas:
  - 1
  - {}
  - {name: 3, params_schema: {}}
  - {name: " ", params_schema: []}
  - {name: x, params_schema: null}
  - {name: y, params_schema: {}, title: 1, template: [], data_risk: x, result_schema: true}
span_schemas: []
quality_schemas: {}
extra: 1
"""
