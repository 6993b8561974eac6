"""Reports what is valid in a schema, but probably a mistake: misspelled keywords, required names without property."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from prefactor_gen.checks.data_risk_check import data_keyword_problems
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity
from prefactor_gen.diagnostics.rules import (
    UNENFORCED_KEYWORD,
    UNKNOWN_FORMAT,
    UNKNOWN_KEYWORD,
    UNKNOWN_REQUIRED_PROPERTY,
)
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.deprecation import deprecation_problems
from prefactor_gen.json_schema.keywords import (
    ALLOW,
    CHECKED_FORMATS,
    CLASS,
    CONTENT,
    DATA,
    DEPRECATED,
    KNOWN,
    NAME,
    REDACT,
    RENAMED_FROM,
)
from prefactor_gen.json_schema.pointers import step
from prefactor_gen.json_schema.references import LocalRefs, applicable_schemas
from prefactor_gen.json_schema.subschemas import all_schemas, effective_schema, located_schemas, object_subschemas
from prefactor_schema.suggestions import closest_match, did_you_mean

__all__ = ["lint_enforcement", "lint_schema"]

# Beside these keywords, a required name may have its schema elsewhere.
_MORE_PROPERTIES = frozenset({
    "$dynamicRef", "$ref", "allOf", "anyOf", "dependentSchemas", "if", "oneOf", "patternProperties",
})  # fmt: skip
# The keywords below which a schema describes all properties of an object. A branch of `allOf` or a condition may have
# its properties elsewhere.
_COMPLETE = frozenset({"$defs", "additionalProperties", "definitions", "items", "prefixItems", "properties"})
_PREFIX = "x-prefactor-"
_OUR_KEYWORDS = (REDACT, ALLOW, CLASS, NAME, DEPRECATED, DATA, RENAMED_FROM)
_OF_PROPERTIES = (NAME, RENAMED_FROM)
# A required name is compared with so many properties for a hint, which takes time for each.
_MAX_COMPARED = 100


def lint_schema(schema: ObjectNode) -> Iterator[Diagnostic]:
    """Report the warnings of a schema and its subschemas."""
    referred = _Referred(schema)
    # Also what draft-07 ignores: the keyword may be a misspelled x-prefactor-redact.
    for pointer, each in located_schemas(schema):
        yield from _unknown_keywords(each, pointer, referred)
        for place, message in (*deprecation_problems(each), *data_keyword_problems(each)):
            yield UNKNOWN_KEYWORD.at(place, message, Severity.ERROR)
    yield from _misplaced_names(schema)
    for each in _complete_objects(schema, draft_07=schema.is_draft_07):
        yield from _required_without_property(each)


def lint_enforcement(schema: ObjectNode, *, assert_formats: bool) -> Iterator[Diagnostic]:
    """Report the keywords of a schema that are not enforced.

    These are notes, but a format that cannot be checked is a warning if formats are to be checked, or if it is
    probably misspelled.
    """
    for _, each in applicable_schemas(schema):
        for keyword in sorted(each.keys() & CONTENT):
            message = f"{keyword} describes the content of a text, which is not checked"
            yield UNENFORCED_KEYWORD.at(each.place_at(keyword), message)
        name = each.get("format")
        if isinstance(name, str):
            yield from _lint_format(name, each.place_at("format"), assert_formats=assert_formats)


def _lint_format(name: str, place: Place, *, assert_formats: bool) -> Iterator[Diagnostic]:
    is_known = name in CHECKED_FORMATS
    if not is_known and (near := closest_match(name, CHECKED_FORMATS, cutoff=0.75)) is not None:
        yield UNKNOWN_FORMAT.at(place, f"the format {name!r} is unknown; did you mean {near!r}?")
    elif not is_known and assert_formats:
        known = ", ".join(sorted(CHECKED_FORMATS))
        yield UNKNOWN_FORMAT.at(place, f"the format {name!r} cannot be checked; expected one of {known}")
    elif not is_known:
        yield UNENFORCED_KEYWORD.at(place, f"the format {name!r} is one of your own: it is not checked")
    elif not assert_formats:
        message = f'the format {name!r} is not checked; formats = "assert" in [tool.prefactor-gen] has it checked'
        yield UNENFORCED_KEYWORD.at(place, message)


def _complete_objects(schema: ObjectNode, *, draft_07: bool) -> Iterator[ObjectNode]:
    """The schema and those below it that describe all properties of an object."""
    schema = effective_schema(schema, draft_07=draft_07)
    yield schema
    for keys, item in object_subschemas(schema):
        if keys[0] in _COMPLETE:
            yield from _complete_objects(item, draft_07=draft_07)


class _Referred:
    """What the references of a schema lead to."""

    def __init__(self, root: ObjectNode) -> None:
        self.root = root

    @cached_property
    def _pointers(self) -> frozenset[str]:
        refs = LocalRefs(self.root)
        found = set[str]()
        pending: list[JsonValue] = [self.root]
        for target in pending:  # grows: what a reference leads to refers to others
            for each in all_schemas(target) if isinstance(target, ObjectNode) else ():
                new = set(refs.targets(each)) - found
                found |= new
                pending.extend(map(refs.schema_at, sorted(new)))
        return frozenset(found)

    def is_inside(self, pointer: str) -> bool:
        """Whether a reference leads to this place or below."""
        return any(f"{found}/".startswith(f"{pointer}/") for found in self._pointers)


def _unknown_keywords(schema: ObjectNode, pointer: str, referred: _Referred) -> Iterator[Diagnostic]:
    if schema.get("nullable") is True:
        message = "'nullable' belongs to OpenAPI, and JSON Schema ignores it; write type: [string, \"null\"]"
        yield UNKNOWN_KEYWORD.at(schema.place_at("nullable"), message)
    for keyword in schema:
        if keyword in KNOWN or keyword in _OUR_KEYWORDS:
            continue
        place = schema.place_at(keyword)
        if keyword.startswith(_PREFIX):
            near = closest_match(keyword.removeprefix(_PREFIX), [each.removeprefix(_PREFIX) for each in _OUR_KEYWORDS])
            hint = "" if near is None else f"; did you mean '{_PREFIX}{near}'?"
            message = f"{keyword!r} is not a key of prefactor-gen; expected one of {', '.join(_OUR_KEYWORDS)}{hint}"
            yield UNKNOWN_KEYWORD.at(place, message, Severity.ERROR)
        elif not keyword.startswith("x-"):
            if referred.is_inside(pointer + step([keyword])):  # it holds definitions: `components`, for example
                continue
            hint = did_you_mean(keyword, sorted(KNOWN)) or "; start a key of your own with x-"
            yield UNKNOWN_KEYWORD.at(place, f"JSON Schema does not know the keyword {keyword!r} and ignores it{hint}")
        elif "redact" in keyword.lower():
            message = f"{keyword!r} is a key of your own and redacts nothing; did you mean {REDACT!r}?"
            yield UNKNOWN_KEYWORD.at(place, message)


def _misplaced_names(schema: ObjectNode) -> Iterator[Diagnostic]:
    """Report each keyword for the name of a property that stands elsewhere than in its schema or its `allOf`."""
    schemas = list(all_schemas(schema))
    if not any(keyword in each for each in schemas for keyword in _OF_PROPERTIES):
        return
    named = [member for each in schemas for member in each.properties.values() if isinstance(member, ObjectNode)]
    for each in named:  # grows
        named.extend(branch for branch in each.branches("allOf") if isinstance(branch, ObjectNode))
    places = {each.place for each in named}
    for each in schemas:
        yield from _names_still_there(each.properties)
        for keyword in (key for key in _OF_PROPERTIES if key in each):
            if each.place not in places:
                message = f"{keyword} belongs to the schema of a property"
                yield UNKNOWN_KEYWORD.at(each.place_at(keyword), message, Severity.ERROR)
            elif keyword == RENAMED_FROM and not isinstance(each[keyword], str):
                message = f"expected the name that the property had before in {keyword}"
                yield UNKNOWN_KEYWORD.at(each.place_at(keyword), message, Severity.ERROR)


def _names_still_there(properties: ObjectNode) -> Iterator[Diagnostic]:
    """Warn of a former name that another property has: `prefactor-gen diff` would take it for no rename."""
    for member in properties.values():
        former = member.get(RENAMED_FROM) if isinstance(member, ObjectNode) else None
        if isinstance(former, str) and former in properties and isinstance(member, ObjectNode):
            message = f"{RENAMED_FROM}: there still is a property {former!r}, so that nothing has been renamed"
            yield UNKNOWN_KEYWORD.at(member.place_at(RENAMED_FROM), message)


def _required_without_property(schema: ObjectNode) -> Iterator[Diagnostic]:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, ObjectNode) or not isinstance(required, ListNode) or _MORE_PROPERTIES & schema.keys():
        return
    for index, name in enumerate(required):
        if isinstance(name, str) and name not in properties:
            near = did_you_mean(name, properties) if len(properties) <= _MAX_COMPARED else ""
            hint = near or "; add it to properties to describe its value"
            message = f"{name!r} is required, but is not a property{hint}"
            yield UNKNOWN_REQUIRED_PROPERTY.at(required.place_at(index), message)
