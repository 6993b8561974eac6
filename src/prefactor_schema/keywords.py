"""Keywords of JSON Schema that decide where subschemas are."""

from __future__ import annotations

__all__ = ["DATA", "MAPS", "UNIONS"]

DATA = frozenset({"$vocabulary", "const", "default", "dependentRequired", "enum", "examples"})
"""Keywords whose values contain no schemas."""

MAPS = frozenset({"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"})
"""Keywords whose values map names to schemas."""

UNIONS = ("anyOf", "oneOf")
"""Keywords whose options are explained one by one."""
