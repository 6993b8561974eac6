"""What the generator takes at most. Past a limit there is a diagnostic, in seconds: never a hang."""

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
"""Objects, lists and scalars in a definition file: each knows its place."""

MAX_DEPTH = 100
"""Levels of nesting in a definition file: no person writes more, and every stage recurses."""

MAX_NAME = 127
"""Characters of a span type's name, which also names a file."""

MAX_SPAN_TYPES = 10_000
"""Span types of one package."""

MAX_TEMPLATE = 100_000
"""Characters of a template."""

MAX_CLASS_NAME = 20_000
"""Characters of a generated name, which has the names of all properties that lead to it."""

MAX_MEMBERS = 20_000
"""Schemas and required names in one schema with all that it refers to: properties, items, options, definitions."""

MAX_PARTS = 10_000
"""Schemas that one value is compared with, along all references: what checks a payload takes each of them."""

MAX_CHAIN = 100
"""Schemas of one value inside one another, along all references."""

MAX_TYPES = 3_000
"""Types that one schema becomes."""

MAX_VIEWS = 40_000
"""Schemas that are looked at for that: where `allOf` joins members, each pair is one."""

MAX_TYPES_DEEP = 64
"""Types inside one another, along all references: pydantic recurses through them, from wherever the program is."""

MAX_LITERALS = 1_000
"""Values of an `enum` that become a Literal. More are the type of the values, and are checked with the payload."""

MAX_LITERAL_TEXT = 100_000
"""Characters of the values of such an `enum`."""

MAX_OPTIONS = 200
"""Options of `anyOf` and `oneOf`, and kinds of items, that become a union. More are checked with the payload."""

MAX_COUNT = 2**63 - 1
"""What a length or a number of items is compared with; there is nothing larger."""

MAX_CHECKED_VALUES = 2_000
"""Values in a default or an example, which is compared with its schema."""
