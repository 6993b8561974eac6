"""A schema in the form that the engine checks with: its patterns as the engine reads them, and only what is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from prefactor_schema.engine import Schema, compile_schema, draft_of
from prefactor_schema.keywords import DATA, MAPS
from prefactor_schema.patterns import BacktrackingPattern, engine_pattern, written_linear

__all__ = ["TOO_LONG", "EngineForm", "engine_form", "rewritten"]

# What a text holds: by JSON Schema's own rules nobody has to check it; the engine does for draft-07 and older.
_CONTENT = ("contentEncoding", "contentMediaType")
_NAMES = {"$dynamicRef", "$id", "$ref"}
_IN_URIS = "%/:=&?~#+!$,;'@()*[]"  # beside letters and digits; people write names with blanks, too
_WITHOUT_IF = frozenset({"Draft4Validator", "Draft6Validator"})

TOO_LONG = {"pattern": r"^(.|\n)*(.|\n)*(.|\n)*\1\2\3(?!)"}
"""A pattern that takes more steps than the engine allows, on any text of a few hundred characters.

Where the engine comes upon it, it gives up: whatever stands around it, the value is not accepted.
"""


@dataclass(frozen=True)
class EngineForm:
    """A schema for the engine.

    Attributes:
        schema: the schema; its shape is that of the one that it was made from, with more in some `allOf`.
        draft: the engine's class.
        linear: its patterns are matched in linear time.
        originals: what the patterns were, by what they are now.
        max_name: characters that a name in a value may have, where names are matched by backtracking.
        max_text: characters that any text may have, where the draft has no `if` to ask for less at a pattern.
    """

    schema: Schema
    draft: str
    linear: bool = True
    originals: Mapping[str, str] = field(default_factory=dict)
    max_name: int | None = None
    max_text: int | None = None

    @property
    def has_if(self) -> bool:
        """The draft has `if`."""
        return self.draft not in _WITHOUT_IF


def engine_form(schema: Schema) -> EngineForm:
    """The schema for the engine."""
    draft = draft_of(schema)
    linear = _all_linear(list(dict.fromkeys(_patterns(schema))))
    writer = _Writer(linear=linear, has_if=draft not in _WITHOUT_IF)
    written = rewritten(schema, writer.node)
    return EngineForm(written, draft, linear, writer.originals, writer.max_name, writer.max_text)


def rewritten(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]], *, is_map: bool = False) -> Any:
    """A deep copy in which each schema is what `change` makes of it, the inner ones first.

    What stands under an unknown keyword is copied like a schema, for a `$ref` may lead there.
    """
    if isinstance(schema, list | tuple):
        return [rewritten(item, change) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if is_map:
        return {name: rewritten(item, change) for name, item in schema.items()}
    return change(
        {
            keyword: value if keyword in DATA else rewritten(value, change, is_map=keyword in MAPS)
            for keyword, value in schema.items()
        }
    )


def _patterns(schema: Schema) -> Iterator[str]:
    found: list[str] = []

    def note(node: dict[str, Any]) -> dict[str, Any]:
        names = node.get("patternProperties")
        found.extend(each for each in (node.get("pattern"), *(names if isinstance(names, dict) else ())) if each)
        return node

    rewritten(schema, note)
    return (each for each in found if isinstance(each, str))


def _all_linear(patterns: list[str]) -> bool:
    try:
        compile_schema({"allOf": [{"pattern": written_linear(pattern)} for pattern in patterns]} if patterns else True)
    except ValueError:
        return False
    return True


class _Writer:
    def __init__(self, *, linear: bool, has_if: bool) -> None:
        self.linear = linear
        self.has_if = has_if
        self.originals: dict[str, str] = {}
        self.max_name: int | None = None
        self.max_text: int | None = None

    def node(self, schema: dict[str, Any]) -> dict[str, Any]:
        for keyword in _NAMES & schema.keys():
            if isinstance(name := schema[keyword], str):
                schema[keyword] = quote(name, safe=_IN_URIS)
        for keyword in _CONTENT:
            if isinstance(schema.get(keyword), str):
                del schema[keyword]
        if isinstance(schema.get("pattern"), str):
            self.with_pattern(schema)
        if isinstance(schema.get("patternProperties"), dict):
            self.with_names(schema)
        return schema

    def with_pattern(self, schema: dict[str, Any]) -> None:
        written, most = self.written(schema.pop("pattern"))
        if written is None:
            return
        if most is None or not self.has_if:
            schema["pattern"] = written
            self.max_text = _least(self.max_text, most)
        else:  # the length is asked for first: to compare with the pattern takes its time
            capped = {"if": {"maxLength": most}, "then": {"pattern": written}, "else": TOO_LONG}
            joined = schema.get("allOf", [])
            schema["allOf"] = [*joined, capped] if isinstance(joined, list) else joined

    def with_names(self, schema: dict[str, Any]) -> None:
        members: dict[str, Any] = {}
        for name, member in schema["patternProperties"].items():
            written, most = self.written(name)
            if written is not None:
                members[written] = {"allOf": [members[written], member]} if written in members else member
                self.max_name = _least(self.max_name, most)
        schema["patternProperties"] = members

    def written(self, pattern: str) -> tuple[str | None, int | None]:
        """The pattern for the engine, and how long a text may be that is compared with it; None for any length.

        No pattern where the engine has none for it that is one of ECMA 262 all the same: that is not checked, which
        `prefactor-gen` tells. What is no pattern is left as it is, for the engine to refuse.
        """
        written = written_linear(pattern) if self.linear else engine_pattern(pattern)
        text, most = written if isinstance(written, BacktrackingPattern) else (written, None)
        if text is not None and text != pattern:
            self.originals[text] = pattern
        return text, most


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)
