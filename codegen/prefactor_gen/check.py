"""Stage 2: is every schema one, does it describe objects, and is there nothing in it that would steer the generator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from prefactor_gen.definitions import Definitions, SchemaSource
from prefactor_gen.diagnostics import Diagnostic, Place
from prefactor_gen.keywords import ASSERTIONS
from prefactor_gen.limits import MAX_NAME
from prefactor_gen.names import class_name, is_usable, module_name
from prefactor_gen.nodes import JsonValue, ListNode, ObjectNode, to_plain
from prefactor_gen.pointers import is_metaschema, is_remote
from prefactor_gen.references import LocalRefs
from prefactor_gen.rules import (
    GENERATOR_KEY,
    INVALID_DEFINITION,
    INVALID_SCHEMA,
    NAME_COLLISION,
    NOT_AN_OBJECT,
    UNCHECKED_PATTERN,
    UNRESOLVED_REFERENCE,
    UNUSABLE_NAME,
)
from prefactor_gen.subschemas import all_schemas
from prefactor_gen.suggest import did_you_mean
from prefactor_schema import JsonSchema, SchemaError
from prefactor_schema.patterns import pattern_problem

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

__all__ = ["check_compiles", "check_data_risk", "check_names", "check_schema"]

_DRAFT_2020_12 = "https://json-schema.org/draft/2020-12/schema"
_DRAFTS = (_DRAFT_2020_12, "http://json-schema.org/draft-07/schema")
# Keys that datamodel-code-generator obeys: they name modules to import and code to write.
_STEERING = frozenset({"customBasePath", "customTypePath", "default_factory"})
# Draft-04 had them as booleans.
_EXCLUSIVE = {"exclusiveMaximum": "maximum", "exclusiveMinimum": "minimum"}
# What draft 2020-12 and draft-07 read in different ways, beside a list in `items` and what stands beside a `$ref`.
_READ_OTHERWISE = frozenset({
    "$anchor", "$dynamicAnchor", "$dynamicRef", "additionalItems", "dependencies", "dependentRequired",
    "dependentSchemas", "maxContains", "minContains", "prefixItems", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
_STEERING_PREFIX = "x-python-"
_SHOWN = 60


def check_data_risk(data_risk: ObjectNode | None) -> list[Diagnostic]:
    """What the API would refuse in a data-risk classification, when the agent starts."""
    from prefactor_http.models import DataRisk

    return [] if data_risk is None else list(_data_risk(DataRisk, data_risk))


def check_schema(source: SchemaSource, *, payload: bool = True) -> list[Diagnostic]:
    """Everything that is wrong with one schema.

    Args:
        source: the schema.
        payload: it describes a payload, which is an object; the schemas of the wire may describe anything.
    """
    found = list(_metaschema(source))
    if payload and not found:
        found.extend(_root_is_object(source))
    refs = LocalRefs(source.schema)
    for schema in all_schemas(source.schema):
        found.extend(_steering(schema))
        found.extend(_references(schema, refs, _draft(source.schema)))
        found.extend(_patterns(schema))
        if schema is not source.schema and "$schema" in schema and _draft(schema) != _draft(source.schema):
            found.extend(_another_draft(schema))
    return found


def check_compiles(schema: ObjectNode) -> Iterator[Diagnostic]:
    """Why payloads could not be checked with a self-contained schema that nothing else is wrong with."""
    try:
        JsonSchema(to_plain(schema)).check_schema()  # type: ignore[arg-type]  # an object
    except SchemaError as error:
        message = f"no payload could be checked with this schema: {error.message}"
        yield INVALID_SCHEMA.at(_place_at(schema, error.path), message)


def check_names(definitions: Definitions) -> list[Diagnostic]:
    """What is wrong with the names of the span types: what cannot be a Python name, and what becomes the same one."""
    return list(_names(definitions))


def _names(definitions: Definitions) -> Iterator[Diagnostic]:
    taken: dict[str, tuple[str, Place]] = {}
    for item in definitions.span_types:
        name = class_name(item.name)
        if not is_usable(name) or not module_name(item.name).isascii():  # a file, too
            message = f"the span type {item.name!r} would become the class {name!r}, which is not a usable Python name"
            yield UNUSABLE_NAME.at(item.place, message)
            continue
        if len(module_name(item.name)) > MAX_NAME + 1:
            message = f"expected a span type name of at most {MAX_NAME} characters, for it also names a file"
            yield UNUSABLE_NAME.at(item.place, message)
            continue
        # Case-insensitively: on some file systems two such modules are one file.
        for kind, made in (("class", name), ("module", module_name(item.name))):
            other, place = taken.setdefault(f"{kind} {made.casefold()}", (item.name, item.place))
            if other != item.name:
                message = f"the span types {item.name!r} and {other!r} ({place}) would become the same {kind} {made}"
                yield NAME_COLLISION.at(item.place, message)
                break


def _metaschema(source: SchemaSource) -> Iterator[Diagnostic]:
    draft = _draft(source.schema)
    if draft is None:
        named = source.schema.get("$schema")
        message = f"expected one of {', '.join(_DRAFTS)}, found {named!r}"
        yield INVALID_SCHEMA.at(source.schema.place_at("$schema"), message)
        return
    if not _metaschema_of(draft).mismatches(to_plain(source.schema)):
        return
    for error in _validator(draft).iter_errors(source.schema):  # jsonschema's messages are better
        yield INVALID_SCHEMA.at(_place_at(source.schema, error.absolute_path), _not_valid(error))


def _another_draft(schema: ObjectNode) -> Iterator[Diagnostic]:
    """A part that names another draft than the whole is read as the whole is: where that matters, it is wrong."""
    for part in all_schemas(schema):
        keywords = sorted(part.keys() & _READ_OTHERWISE)
        if isinstance(part.get("items"), ListNode):
            keywords.append("items")
        if "$ref" in part and part.keys() & ASSERTIONS - {"$ref"}:
            keywords.append("$ref")
        if keywords:
            message = (
                f"expected the draft of the schema that this is a part of, for drafts read {keywords[0]!r} in "
                f"different ways, found {schema['$schema']!r}; name the same $schema in the definition and in what it "
                "refers to"
            )
            yield INVALID_SCHEMA.at(schema.place_at("$schema"), message)
            return


def _not_valid(error: ValidationError) -> str:
    """What the metaschema asks for and what is there."""
    # Where a word or a list of words may stand, the words are what was meant.
    words = next((each for each in [error, *(error.context or ())] if each.validator == "enum"), None)
    if words is not None and isinstance(words.instance, str) and isinstance(words.validator_value, list):
        known = [str(word) for word in words.validator_value]
        return f"expected one of {', '.join(known)}, found {words.instance!r}{did_you_mean(words.instance, known)}"
    keyword = error.absolute_path[-1] if error.absolute_path else None
    if keyword in _EXCLUSIVE and isinstance(error.instance, bool):
        return f"expected a number: since draft-06 it is {keyword}: 0, say, in place of {_EXCLUSIVE[str(keyword)]}: 0"
    if error.validator == "type":
        kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        return f"expected {' or '.join(map(str, kinds))}, found {error.instance!r}"[:300]
    return error.message if len(error.message) <= 300 else f"{error.message[:300]} …"


def _draft(schema: ObjectNode) -> str | None:
    named = str(schema.get("$schema", _DRAFT_2020_12)).rstrip("#")
    return named if named in _DRAFTS else None


@cache
def _metaschema_of(draft: str) -> JsonSchema:
    return JsonSchema({"$schema": draft, "$ref": draft})


@cache
def _validator(draft: str) -> Validator:
    from jsonschema.validators import Draft7Validator, Draft202012Validator

    from prefactor_gen.metaschema import flat_metaschema

    if draft == _DRAFT_2020_12:
        return Draft202012Validator(flat_metaschema())
    return Draft7Validator(Draft7Validator.META_SCHEMA)


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


def _steering(schema: ObjectNode) -> Iterator[Diagnostic]:
    for key in schema:
        if key in _STEERING or key.startswith(_STEERING_PREFIX):
            message = f"{key!r} would steer the model generator; remove it, it means nothing to JSON Schema"
            yield GENERATOR_KEY.at(schema.place_at(key), message)


def _references(schema: ObjectNode, refs: LocalRefs, draft: str | None) -> Iterator[Diagnostic]:
    for keyword in ("$ref", "$dynamicRef"):
        reference = schema.get(keyword)
        place = schema.place_at(keyword)
        if not isinstance(reference, str):
            continue
        if is_metaschema(reference):
            if draft is not None and reference.partition("#")[0] != draft:
                message = f"expected the metaschema of the schema's own draft, {draft}, found {reference!r}"
                yield UNRESOLVED_REFERENCE.at(place, message)
        elif is_remote(reference) and not refs.is_local(reference, place):
            message = f"expected a reference into the definition folder, found the remote {reference!r}"
            yield UNRESOLVED_REFERENCE.at(place, message)


def _patterns(schema: ObjectNode) -> Iterator[Diagnostic]:
    pattern = schema.get("pattern")
    keys = schema.get("patternProperties")
    found = [(pattern, schema.place_at("pattern"))] if isinstance(pattern, str) else []
    found.extend((key, keys.place_at(key)) for key in keys) if isinstance(keys, ObjectNode) else None
    for text, place in found:
        problem = pattern_problem(text)
        if problem is None:
            continue
        where = "" if problem.position is None else f"at character {problem.position + 1} of "
        shown = f"{where}'{text if len(text) <= _SHOWN else f'{text[:_SHOWN]}…'}': {problem.message}"
        if problem.is_error:
            yield INVALID_SCHEMA.at(place, f"not a regular expression: {shown}")
        else:
            yield UNCHECKED_PATTERN.at(place, f"the pattern is not checked: {shown}")


def _root_is_object(source: SchemaSource) -> Iterator[Diagnostic]:
    kind = source.schema.get("type")
    kinds = kind if isinstance(kind, ListNode) else [kind]
    if kind is not None and "object" not in kinds:
        message = f"params and results are JSON objects: expected type object, found {to_plain(kind)!r}"
        yield NOT_AN_OBJECT.at(source.schema.place_at("type"), message)


def _data_risk(model: type[BaseModel], node: ObjectNode) -> Iterator[Diagnostic]:
    """Compare with the wire model: it has the names, and its Literals have the words."""
    for name, field in model.model_fields.items():
        if field.is_required() and name not in node:
            yield INVALID_DEFINITION.at(node.place, f"expected {name} in data_risk")
    for name, value in node.items():
        expected = model.model_fields.get(name)
        kind = expected.annotation if expected is not None else None
        place = node.place_at(name)
        if expected is None:
            words = ", ".join(model.model_fields)
            hint = did_you_mean(name, model.model_fields)
            yield INVALID_DEFINITION.at(place, f"unknown key {name!r} in data_risk; expected one of {words}{hint}")
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            if isinstance(value, ObjectNode):
                yield from _data_risk(kind, value)
            else:
                yield INVALID_DEFINITION.at(place, f"expected an object in {name}, found {value!r}")
        elif value not in get_args(kind):
            yield INVALID_DEFINITION.at(
                place, f"expected one of {', '.join(get_args(kind))} in {name}, found {value!r}"
            )
