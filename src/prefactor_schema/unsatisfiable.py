"""Finds the parts of a schema that no value can match, such as `{"type": "string", "const": 1}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from prefactor_schema.engine import MAX_BACKTRACKS, Schema, draft_of, load, on_a_large_stack
from prefactor_schema.engine_schema import rewritten
from prefactor_schema.patterns import BacktrackingPattern, engine_pattern

if TYPE_CHECKING:
    from jsonschema_rs.canonical import UnsatisfiableReason

__all__ = ["Cause", "Unsatisfiable", "unsatisfiable_parts"]

_DRAFT_NUMBERS = {"Draft4Validator": 4, "Draft6Validator": 6, "Draft7Validator": 7, "Draft201909Validator": 19}


class Cause(NamedTuple):
    """Keywords of one schema that exclude a value, or exclude it together.

    Attributes:
        pointer: The JSON pointer of the schema that has them.
        keywords: Their names; empty for the schema as a whole.
    """

    pointer: str
    keywords: tuple[str, ...]


class Unsatisfiable(NamedTuple):
    """Why no value can match a part of a schema.

    Attributes:
        causes: What excludes every value; empty for the schema `false`.
    """

    causes: tuple[Cause, ...]


def unsatisfiable_parts(schema: Schema) -> dict[str, Unsatisfiable]:
    """The parts of a valid schema that certainly no value can match, by JSON pointer.

    Other parts may match nothing either: not all is found out. The time grows with the number of combinations of
    options; who calls this limits it.
    """
    load()
    draft = draft_of(schema)
    try:
        patterns = _Patterns()
        written = rewritten(schema, patterns.change)
        found = on_a_large_stack(lambda: _find(written, _DRAFT_NUMBERS.get(draft, 20)))
    except (ValueError, RecursionError, _UncheckedPatternError):  # a schema that the engine does not compare
        return {}
    named = {patterns.original(pointer): causes for pointer, causes in found.items()}
    return {
        pointer: Unsatisfiable(tuple(Cause(patterns.original(each.pointer), each.keywords) for each in causes))
        for pointer, causes in named.items()
    }


def _find(schema: dict[str, object] | bool, draft: int) -> dict[str, list[Cause]]:
    from jsonschema_rs import FancyRegexOptions
    from jsonschema_rs.canonical import find_unsatisfiable

    options = FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS)
    found = find_unsatisfiable(schema, draft=draft, offline=True, pattern_options=options)
    return {pointer: _causes(reason) for pointer, reason in found.items()}


def _causes(reason: UnsatisfiableReason) -> list[Cause]:
    from jsonschema_rs.canonical import UnsatisfiableReason

    if isinstance(reason, UnsatisfiableReason.Conflict):
        return [Cause(each.pointer, tuple(each.keywords)) for each in reason.causes]
    if isinstance(reason, UnsatisfiableReason.Empty):
        return [Cause(reason.cause.pointer, tuple(reason.cause.keywords))]
    return []


class _UncheckedPatternError(Exception):
    """The engine cannot match a pattern: without it, the schema is another one."""


class _Patterns:
    """Rewrites the patterns of a schema for the engine, and pointers back."""

    def __init__(self) -> None:
        self.originals: dict[str, str] = {}

    def change(self, schema: dict[str, Any]) -> dict[str, Any]:
        if isinstance(schema.get("pattern"), str):
            schema["pattern"] = _engine_pattern(schema["pattern"])
        if isinstance(names := schema.get("patternProperties"), dict):
            schema["patternProperties"] = {self.renamed(name): member for name, member in names.items()}
        return schema

    def renamed(self, pattern: str) -> str:
        found = _engine_pattern(pattern)
        if self.originals.setdefault(found, pattern) != pattern:  # two become one
            raise _UncheckedPatternError
        return found

    def original(self, pointer: str) -> str:
        tokens = pointer.split("/")
        for index, token in enumerate(tokens[1:], 1):
            if tokens[index - 1] == "patternProperties":
                pattern = token.replace("~1", "/").replace("~0", "~")
                tokens[index] = self.originals.get(pattern, pattern).replace("~", "~0").replace("/", "~1")
        return "/".join(tokens)


def _engine_pattern(pattern: str) -> str:
    found = engine_pattern(pattern)
    if found is None:
        raise _UncheckedPatternError
    return found.text if isinstance(found, BacktrackingPattern) else found
