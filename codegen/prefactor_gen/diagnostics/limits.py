"""The limits of the generator. A definition that exceeds one is reported within seconds, and nothing is generated."""

from __future__ import annotations

__all__ = [
    "MAX_BYTES",
    "MAX_CHAIN",
    "MAX_CHECKED_VALUES",
    "MAX_CLASS_NAME",
    "MAX_COUNT",
    "MAX_DEPTH",
    "MAX_LITERALS",
    "MAX_LITERAL_TEXT",
    "MAX_MEMBERS",
    "MAX_NAME",
    "MAX_OPTIONS",
    "MAX_PARTS",
    "MAX_SPAN_TYPES",
    "MAX_TEMPLATE",
    "MAX_TYPES",
    "MAX_TYPES_DEEP",
    "MAX_VALUES",
    "MAX_VIEWS",
    "MAX_YAML_BYTES",
]

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of a definition file."""

MAX_YAML_BYTES = 4 * 1024 * 1024
"""Bytes of a definition file in YAML, which takes longer to read."""

MAX_VALUES = 1_000_000
"""Objects, lists and scalars in a definition file: the place of each is kept."""

MAX_DEPTH = 100
"""Levels of nesting in a definition file: every stage recurses."""

MAX_NAME = 127
"""Characters of a span type's name, which is also a file name."""

MAX_SPAN_TYPES = 10_000
"""Span types of one package."""

MAX_TEMPLATE = 100_000
"""Characters of a template."""

MAX_CLASS_NAME = 20_000
"""Characters of a generated name, which is made of the names of all properties that lead to it."""

MAX_MEMBERS = 20_000
"""Schemas and required names in one self-contained schema: properties, items, options, definitions."""

MAX_PARTS = 10_000
"""Schemas that one value is compared with, counted through references."""

MAX_CHAIN = 100
"""Schemas that apply to one value in a chain, each applied by the one before, counted through references."""

MAX_TYPES = 3_000
"""Types that are made of one schema."""

MAX_VIEWS = 40_000
"""Schemas that are viewed to make those types. Where `allOf` merges properties, each pair counts."""

MAX_TYPES_DEEP = 64
"""Types nested in each other, counted through references: pydantic recurses through them."""

MAX_LITERALS = 1_000
"""Values of an `enum` that becomes a Literal. A longer one becomes the types of its values; the payload is checked."""

MAX_LITERAL_TEXT = 100_000
"""Characters of all values of such an `enum`."""

MAX_OPTIONS = 200
"""Options of `anyOf` and `oneOf`, and types of items, that become a union. Of more, the payload is checked."""

MAX_COUNT = 2**63 - 1
"""The largest length or number of items that types compare with."""

MAX_CHECKED_VALUES = 2_000
"""Values in a default or an example that is compared with its schema."""
