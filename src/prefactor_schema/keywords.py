"""Where schemas stand inside schemas."""

from __future__ import annotations

__all__ = ["DATA", "MAPS", "UNIONS"]

DATA = frozenset({"$vocabulary", "const", "default", "dependentRequired", "enum", "examples"})
"""Keywords whose values are no schemas."""

MAPS = frozenset({"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"})
"""Keywords whose values map names to schemas."""

UNIONS = ("anyOf", "oneOf")
"""Keywords whose options are told of one by one."""
