"""Prepares a schema for the engine: rewrites its patterns, and removes keywords that must not be checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from prefactor_schema.engine import Schema, compile_schema, draft_of
from prefactor_schema.keywords import DATA, MAPS
from prefactor_schema.patterns import BacktrackingPattern, engine_pattern, linear_pattern

__all__ = ["DRAFTS_WITH_LONE_REFS", "TOO_LONG", "EngineSchema", "id_keyword", "prepare", "rewritten"]

# JSON Schema does not require these to be checked, but the engine checks them for draft-07 and older.
_CONTENT = ("contentEncoding", "contentMediaType")
# Other characters are quoted: people write URIs with blanks.
_URI_PUNCTUATION = "%/:=&?~+!$,;'@()*[]"
_FRAGMENT_PUNCTUATION = "%/:=&?~+!$,;'@()*"
_DRAFTS_WITHOUT_IF = frozenset({"Draft4Validator", "Draft6Validator"})
DRAFTS_WITH_LONE_REFS = _DRAFTS_WITHOUT_IF | {"Draft7Validator"}
"""In these drafts, nothing counts beside a `$ref`, and a fragment in the URI of a schema is an anchor."""

TOO_LONG = {"pattern": r"^(.|\n)*(.|\n)*(.|\n)*\1\2\3(?!)"}
"""A pattern that exceeds the engine's limit of steps on any text of a few hundred characters.

The engine stops there, and the value does not match, whatever keywords are around the pattern.
"""


@dataclass(frozen=True)
class EngineSchema:
    """A schema prepared for the engine.

    Attributes:
        schema: The schema. It has the same places as the original, and some more in `allOf`.
        draft: The engine's class for its draft.
        linear: Whether all its patterns are matched in linear time.
        originals: The original patterns, by the rewritten ones.
        max_name: The most characters of a member's name, if names are matched by backtracking.
        max_text: The most characters of any text, if texts are matched by backtracking and the draft has no `if`, which
            could limit single texts.
    """

    schema: Schema
    draft: str
    linear: bool = True
    originals: Mapping[str, str] = field(default_factory=dict)
    max_name: int | None = None
    max_text: int | None = None

    @property
    def has_if(self) -> bool:
        """Whether the draft has the keyword `if`."""
        return self.draft not in _DRAFTS_WITHOUT_IF


def prepare(schema: Schema) -> EngineSchema:
    """Prepares a schema for the engine."""
    draft = draft_of(schema)
    linear = _all_linear(list(dict.fromkeys(_patterns(schema))))
    rewriter = _Rewriter(linear=linear, has_if=draft not in _DRAFTS_WITHOUT_IF, id_keyword=id_keyword(draft))
    written = rewritten(_without_fragment(schema, draft), rewriter.change)
    return EngineSchema(written, draft, linear, rewriter.originals, rewriter.max_name, rewriter.max_text)


def id_keyword(draft: str) -> str:
    """The keyword for the URI of a schema in the draft of this class of the engine."""
    return "id" if draft == "Draft4Validator" else "$id"


def _without_fragment(schema: Schema, draft: str) -> Schema:
    """The schema whose own URI has no fragment, under which the engine would not find it; nor do references name it.

    A fragment was how draft-07 and older gave the schema an anchor as well.
    """
    keyword = id_keyword(draft)
    identifier = schema.get(keyword) if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(identifier, str) or draft not in DRAFTS_WITH_LONE_REFS:
        return schema
    uri, _, anchor = identifier.partition("#")
    to_root = {f"#{anchor}", identifier} if anchor and not anchor.startswith("/") else set[str]()

    def change(node: dict[str, Any]) -> dict[str, Any]:
        return {**node, "$ref": "#"} if isinstance(node.get("$ref"), str) and node["$ref"] in to_root else node

    without = {key: value for key, value in schema.items() if key != keyword}
    changed: Schema = rewritten({keyword: uri, **without} if uri else without, change)
    return changed


def rewritten(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]], *, is_map: bool = False) -> Any:
    """A deep copy in which `change` has replaced every schema, subschemas first.

    The value of an unknown keyword is treated as a schema, because a `$ref` may lead there.
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


def _quoted(uri: str) -> str:
    before, hash_sign, fragment = uri.partition("#")
    return f"{quote(before, safe=_URI_PUNCTUATION)}{hash_sign}{quote(fragment, safe=_FRAGMENT_PUNCTUATION)}"


def _patterns(schema: Schema) -> Iterator[str]:
    found: list[str] = []

    def collect(node: dict[str, Any]) -> dict[str, Any]:
        names = node.get("patternProperties")
        found.extend(each for each in (node.get("pattern"), *(names if isinstance(names, dict) else ())) if each)
        return node

    rewritten(schema, collect)
    return (each for each in found if isinstance(each, str))


def _all_linear(patterns: list[str]) -> bool:
    try:
        compile_schema({"allOf": [{"pattern": linear_pattern(pattern)} for pattern in patterns]} if patterns else True)
    except ValueError:
        return False
    return True


class _Rewriter:
    """Rewrites single schemas, and keeps what it has replaced."""

    def __init__(self, *, linear: bool, has_if: bool, id_keyword: str) -> None:
        self.linear = linear
        self.uris = {"$dynamicRef", "$recursiveRef", "$ref", id_keyword}
        self.has_if = has_if
        self.originals: dict[str, str] = {}
        self.max_name: int | None = None
        self.max_text: int | None = None

    def change(self, schema: dict[str, Any]) -> dict[str, Any]:
        for keyword in self.uris & schema.keys():
            if isinstance(uri := schema[keyword], str):
                schema[keyword] = _quoted(uri)
        for keyword in _CONTENT:
            if isinstance(schema.get(keyword), str):
                del schema[keyword]
        if isinstance(schema.get("pattern"), str):
            self._rewrite_pattern(schema)
        if isinstance(schema.get("patternProperties"), dict):
            self._rewrite_names(schema)
        return schema

    def _rewrite_pattern(self, schema: dict[str, Any]) -> None:
        pattern, max_chars = self._rewritten(schema.pop("pattern"))
        if pattern is None:
            return
        if max_chars is None or not self.has_if:
            schema["pattern"] = pattern
            self.max_text = _smaller(self.max_text, max_chars)
        else:  # the length is checked first, because matching a long text is slow
            length_condition = {"if": {"maxLength": max_chars}, "then": {"pattern": pattern}, "else": TOO_LONG}
            branches = schema.get("allOf", [])
            schema["allOf"] = [*branches, length_condition] if isinstance(branches, list) else branches

    def _rewrite_names(self, schema: dict[str, Any]) -> None:
        members: dict[str, Any] = {}
        for name, member in schema["patternProperties"].items():
            pattern, max_chars = self._rewritten(name)
            if pattern is not None:
                members[pattern] = {"allOf": [members[pattern], member]} if pattern in members else member
                self.max_name = _smaller(self.max_name, max_chars)
        schema["patternProperties"] = members

    def _rewritten(self, pattern: str) -> tuple[str | None, int | None]:
        """The pattern for the engine, and the most characters of a text that is matched with it (None: no limit).

        The pattern is None if it is valid in ECMA 262 but the engine cannot match it. Then it is not checked;
        `prefactor-gen` reports that. An invalid pattern is returned as it is, so that the engine refuses it.
        """
        found = linear_pattern(pattern) if self.linear else engine_pattern(pattern)
        text, max_chars = found if isinstance(found, BacktrackingPattern) else (found, None)
        if text is not None and text != pattern:
            self.originals[text] = pattern
        return text, max_chars


def _smaller(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)
