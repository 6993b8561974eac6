"""Checks that each schema is valid, describes an object, and holds no key that controls the model generator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from prefactor_gen.definitions.definitions import SchemaSource
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, has_errors
from prefactor_gen.diagnostics.rules import (
    GENERATOR_KEY,
    INVALID_SCHEMA,
    NOT_AN_OBJECT,
    UNCHECKED_PATTERN,
    UNKNOWN_KEYWORD,
    UNRESOLVED_REFERENCE,
)
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, to_plain
from prefactor_gen.documents.quoting import quoting_advice
from prefactor_gen.json_schema.drafts import (
    DRAFT_2020_12,
    DRAFTS,
    draft_of,
    names_own_metaschema,
    read_differently,
)
from prefactor_gen.json_schema.pointers import is_metaschema, is_remote
from prefactor_gen.json_schema.references import LocalRefs, applicable_schemas
from prefactor_gen.json_schema.subschemas import all_schemas, effective_schema, located_schemas
from prefactor_schema import JsonSchema, SchemaError
from prefactor_schema.patterns import pattern_problem
from prefactor_schema.suggestions import did_you_mean

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

__all__ = ["check_compiles", "check_schema"]

# Keys that datamodel-code-generator obeys: they name modules to import and code to write.
_GENERATOR_KEYS = frozenset({"customBasePath", "customTypePath", "default_factory"})
_GENERATOR_KEY_PREFIX = "x-python-"
# Booleans in draft-04.
_EXCLUSIVE = {"exclusiveMaximum": "maximum", "exclusiveMinimum": "minimum"}
_MAX_SHOWN_PATTERN = 60
_MAX_SHOWN_MESSAGE = 300


def check_schema(source: SchemaSource, *, is_payload: bool = True) -> Iterator[Diagnostic]:
    """Report everything that is wrong with one schema.

    Args:
        source: the schema.
        is_payload: it describes a payload, which is an object; wire schemas may describe anything.
    """
    problems = list(_check_metaschema(source))
    yield from problems
    if is_payload and not has_errors(problems):
        yield from _check_root(source.schema)
    refs = LocalRefs(source.schema)
    draft = draft_of(source.written or source.schema)
    rewritten_as = draft_of(source.schema)
    applicable = dict(applicable_schemas(source.schema))
    for pointer, schema in located_schemas(source.schema):
        effective = applicable.get(pointer)
        yield from _check_keys(schema)
        yield from _check_patterns(schema, effective)
        if effective is not None:
            yield from _check_references(effective, refs, draft)
            if pointer and "$schema" in schema and draft_of(schema) not in {draft, rewritten_as}:
                yield from _check_another_draft(schema)


def check_compiles(schema: ObjectNode) -> Iterator[Diagnostic]:
    """Report why payloads could not be checked against a self-contained schema that is valid otherwise."""
    try:
        JsonSchema(to_plain(schema)).check_schema()  # type: ignore[arg-type]  # an object
    except SchemaError as error:
        message = f"payloads cannot be checked against this schema: {error.message}"
        yield INVALID_SCHEMA.at(_place_at(schema, error.path), message)


def _check_metaschema(source: SchemaSource) -> Iterator[Diagnostic]:
    schema = source.written or source.schema
    draft = draft_of(schema)
    if draft is None:
        named = schema.get("$schema")
        hint = did_you_mean(named, DRAFTS) if isinstance(named, str) else ""
        message = f"expected one of {', '.join(DRAFTS)}, found {named!r}{hint}"
        yield INVALID_SCHEMA.at(schema.place_at("$schema"), message)
        return
    if names_own_metaschema(schema):
        message = f"{schema['$schema']!r} is no draft of JSON Schema; the schema is read as one of {draft}"
        yield UNKNOWN_KEYWORD.at(schema.place_at("$schema"), message)
    if _metaschema(draft).mismatches(to_plain(schema)):
        for error in _validator(draft).iter_errors(schema):  # jsonschema is slower, but its messages are better
            message = _metaschema_message(error) + _quoting_advice(schema, error)
            yield INVALID_SCHEMA.at(_place_at(schema, error.absolute_path), message)


def _check_another_draft(schema: ObjectNode) -> Iterator[Diagnostic]:
    """Report a part that names another draft than the root, if the drafts read one of its keywords differently.

    All parts of a schema are read by the draft of its root.
    """
    for part in all_schemas(schema):
        if keywords := list(read_differently(part)):
            message = (
                f"expected the draft of the definition that this is a part of, because drafts read {keywords[0]!r} "
                f"differently, found {schema['$schema']!r}; name the same $schema in both"
            )
            yield INVALID_SCHEMA.at(schema.place_at("$schema"), message)
            return


def _metaschema_message(error: ValidationError) -> str:
    """What the metaschema expects and what was found."""
    # If a word or a list of words is expected, the words are the better hint.
    words = next((each for each in [error, *(error.context or ())] if each.validator == "enum"), None)
    if words is not None and isinstance(words.instance, str) and isinstance(words.validator_value, list):
        known = [str(word) for word in words.validator_value]
        return f"expected one of {', '.join(known)}, found {words.instance!r}{did_you_mean(words.instance, known)}"
    keyword = error.absolute_path[-1] if error.absolute_path else None
    if keyword in _EXCLUSIVE and isinstance(error.instance, bool):
        bound = _EXCLUSIVE[str(keyword)]
        return f"expected a number: since draft-06, {keyword}: 0 replaces {bound}: 0 with {keyword}: true"
    if keyword == "type" and (error.instance is None or (isinstance(error.instance, list) and None in error.instance)):
        return 'expected the names of types, which are text, found null: write "null" in quotes'
    if error.validator == "type":
        types = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        return f"expected {' or '.join(map(str, types))}, found {error.instance!r}"[:_MAX_SHOWN_MESSAGE]
    message: str = error.message
    return message if len(message) <= _MAX_SHOWN_MESSAGE else f"{message[:_MAX_SHOWN_MESSAGE]} …"


def _quoting_advice(schema: ObjectNode, error: ValidationError) -> str:
    """What to do about a value that YAML made something else than the text that the metaschema expects."""
    if error.validator != "type" or error.validator_value != "string" or not error.absolute_path:
        return ""
    *path, key = error.absolute_path
    holder: JsonValue = schema
    for step in path:
        holder = holder[step] if isinstance(holder, ObjectNode | ListNode) else None  # type: ignore[index]
    spelled: Mapping[str, str] | Mapping[int, str] = holder.spelled if isinstance(holder, ObjectNode | ListNode) else {}
    return quoting_advice(text for name, text in spelled.items() if name == key)


@cache
def _metaschema(draft: str) -> JsonSchema:
    return JsonSchema({"$schema": draft, "$ref": draft})


@cache
def _validator(draft: str) -> Validator:
    from jsonschema.validators import Draft202012Validator, validator_for

    from prefactor_gen.json_schema.metaschema import flat_metaschema

    if draft == DRAFT_2020_12:
        return Draft202012Validator(flat_metaschema())
    known = validator_for({"$schema": draft})
    return known(known.META_SCHEMA)


def _place_at(schema: ObjectNode, path: Iterable[str | int]) -> Place:
    node: JsonValue = schema
    place = schema.place
    for step in path:
        match node, step:
            case (ObjectNode(), str()) if step in node:
                place, node = node.place_at(step), node[step]
            case (ListNode(), int()) if step < len(node):
                place, node = node.place_at(step), node[step]
    return place


def _check_keys(schema: ObjectNode) -> Iterator[Diagnostic]:
    for key in schema:
        if key in _GENERATOR_KEYS or key.startswith(_GENERATOR_KEY_PREFIX):
            message = f"{key!r} would control the model generator; remove it, it is not a keyword of JSON Schema"
            yield GENERATOR_KEY.at(schema.place_at(key), message)


def _check_references(schema: ObjectNode, refs: LocalRefs, draft: str | None) -> Iterator[Diagnostic]:
    for keyword in ("$ref", "$dynamicRef"):
        reference = schema.get(keyword)
        place = schema.place_at(keyword)
        if not isinstance(reference, str):
            continue
        if is_metaschema(reference):
            if keyword == "$dynamicRef" and draft is not None and reference.partition("#")[0] != draft:
                message = f"expected the metaschema of the schema's own draft, {draft}, found {reference!r}"
                yield UNRESOLVED_REFERENCE.at(place, message)
        elif keyword == "$dynamicRef" and is_remote(reference) and not refs.is_local(reference, place):
            message = f"expected a reference into the definition folder, found the remote {reference!r}"
            yield UNRESOLVED_REFERENCE.at(place, message)


def _check_patterns(schema: ObjectNode, effective: ObjectNode | None) -> Iterator[Diagnostic]:
    """Check the patterns of a schema. The metaschema refuses a wrong one also where draft-07 ignores it."""
    for keyword, pattern, place in _patterns(schema):
        problem = pattern_problem(pattern)
        if problem is None:
            continue
        where = "" if problem.position is None else f"at character {problem.position + 1} of "
        shown = pattern if len(pattern) <= _MAX_SHOWN_PATTERN else f"{pattern[:_MAX_SHOWN_PATTERN]}…"
        message = f"{where}'{shown}': {problem.message}"
        if problem.is_error:
            yield INVALID_SCHEMA.at(place, f"not a regular expression: {message}")
        elif effective is not None and keyword in effective:
            yield UNCHECKED_PATTERN.at(place, f"the pattern is not checked: {message}")


def _patterns(schema: ObjectNode) -> Iterator[tuple[str, str, Place]]:
    """Each pattern, with the keyword that it is under and its place."""
    if isinstance(pattern := schema.get("pattern"), str):
        yield "pattern", pattern, schema.place_at("pattern")
    properties = schema.object_at("patternProperties")
    yield from (("patternProperties", pattern, properties.place_at(pattern)) for pattern in properties)


def _check_root(schema: ObjectNode) -> Iterator[Diagnostic]:
    effective = effective_schema(schema, draft_07=schema.is_draft_07)
    if "type" in effective and "object" not in effective.types:
        found = to_plain(effective["type"])
        message = f"params and results are JSON objects: expected type object, found {found!r}"
        yield NOT_AN_OBJECT.at(schema.place_at("type"), message)
