"""The limits of the generator, so that it ends within seconds.

A definition that exceeds a limit is an error, and nothing is generated. Three limits make a type wider instead, which
is a note: MAX_LITERALS, MAX_LITERAL_TEXT and MAX_OPTIONS.

The limits of templates are in `prefactor_templates.parsing`, for the embedded API has them, too.
"""

from __future__ import annotations

__all__ = [
    "MAX_BYTES",
    "MAX_CHAIN",
    "MAX_CHECKED_VALUES",
    "MAX_CHECK_SECONDS",
    "MAX_CLASS_NAME",
    "MAX_COUNT",
    "MAX_DEPTH",
    "MAX_FOLDER_ENTRIES",
    "MAX_LITERALS",
    "MAX_LITERAL_TEXT",
    "MAX_MEMBERS",
    "MAX_NAME",
    "MAX_OPTIONS",
    "MAX_PARTS",
    "MAX_SPAN_TYPES",
    "MAX_TYPES",
    "MAX_TYPES_DEEP",
    "MAX_VALUES",
    "MAX_VIEWS",
    "MAX_YAML_CHARACTERS",
]

MAX_BYTES = 16 * 1024 * 1024
"""The largest definition file, in bytes."""

MAX_YAML_CHARACTERS = 4 * 1024 * 1024
"""The longest definition file in YAML, in characters; YAML takes longer to read."""

MAX_FOLDER_ENTRIES = 50_000
"""The most files in a folder of definitions and its folders, of any kind: more are those of a home or a whole disk."""

MAX_VALUES = 1_000_000
"""The most objects, lists and scalars in a definition file, because the place of each is kept."""

MAX_DEPTH = 100
"""The most levels of nesting in a definition file, because every stage recurses."""

MAX_NAME = 127
"""The longest name of a span type, in characters; it is also a file name."""

MAX_SPAN_TYPES = 10_000
"""The most span types of one package."""

MAX_CLASS_NAME = 20_000
"""The longest name of a generated class, in characters; it holds the names of all properties that lead to it."""

MAX_MEMBERS = 20_000
"""The most schemas (properties, items, options, definitions) and required names in one self-contained schema."""

MAX_PARTS = 10_000
"""The most schemas that one value is checked against, counted through references."""

MAX_CHAIN = 100
"""The longest chain of schemas that apply to one value, each applied by the one before, through references too."""

MAX_TYPES = 3_000
"""The most types that one schema becomes."""

MAX_VIEWS = 40_000
"""The most schemas that are viewed to make those types. Where `allOf` merges properties, each pair counts."""

MAX_TYPES_DEEP = 64
"""The most types nested in each other, counted through references, because pydantic recurses through them."""

MAX_LITERALS = 1_000
"""The most values of an `enum` that becomes a Literal. A longer one becomes the types of its values, with a note."""

MAX_LITERAL_TEXT = 100_000
"""The most characters in all values of such an `enum`."""

MAX_OPTIONS = 200
"""The most options of `anyOf` and `oneOf`, and types of items, that become a union. More have no types, with a note."""

MAX_COUNT = 2**63 - 1
"""The largest length or number of items that types compare with."""

MAX_CHECKED_VALUES = 2_000
"""The most values in a default or an example that is checked against its schema."""

MAX_CHECK_SECONDS = 5
"""The time to check the defaults and examples of one schema, in seconds. What is left then is a warning."""
