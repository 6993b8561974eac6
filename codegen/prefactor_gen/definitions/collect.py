"""Collects the definitions of all documents."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TypedDict

from prefactor_gen.definitions.definitions import (
    QUALITY_KEYS,
    ROOT_KEYS,
    SECTIONS,
    SPAN_TYPE_KEYS,
    Definitions,
    QualityDefinition,
    SchemaSource,
    SpanTypeDefinition,
)
from prefactor_gen.definitions.lost_overlays import lost_overlay
from prefactor_gen.definitions.sources import Document
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place, Severity
from prefactor_gen.diagnostics.limits import MAX_SPAN_TYPES
from prefactor_gen.diagnostics.rules import DUPLICATE_NAME, INVALID_DEFINITION, LIMIT_EXCEEDED, NO_DEFINITIONS
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, child_pointer
from prefactor_gen.documents.quoting import quoting_advice
from prefactor_gen.json_schema.deprecation import Deprecation, deprecation, deprecation_problems
from prefactor_gen.json_schema.drafts import in_a_known_draft
from prefactor_gen.json_schema.keywords import ALLOW, CLASS, DEPRECATED, RENAMED_FROM
from prefactor_schema.suggestions import did_you_mean

__all__ = ["collect_definitions", "read_problems", "unused_documents"]

# Keys of a schema, which authors sometimes write at the top of a definition file.
_SCHEMA_DEFINITIONS = frozenset({"$defs", "definitions"})
_MAX_KEYS_SHOWN = 5


def collect_definitions(documents: Sequence[Document]) -> Checked[Definitions]:
    """Collect the definitions of the documents. Documents without definitions may be targets of `$ref`s."""
    span_types: list[SpanTypeDefinition] = []
    quality: list[QualityDefinition] = []
    diagnostics: list[Diagnostic] = []
    for document in documents:
        if isinstance(document.root, ObjectNode) and _has_definitions(document):
            reader = _Reader(document, document.root)
            span_types.extend(reader.span_types())
            quality.extend(reader.quality())
            diagnostics.extend(reader.diagnostics)
    if not (span_types or quality or diagnostics):
        diagnostics.append(_no_definitions(documents))
    diagnostics.extend(_duplicates([(item.name, item.place) for item in span_types], "span type"))
    diagnostics.extend(_duplicates([(item.name, item.place) for item in quality], "quality schema"))
    if len(span_types) > MAX_SPAN_TYPES:
        message = f"a package has at most {MAX_SPAN_TYPES:,} span types, found {len(span_types):,}; make several"
        diagnostics.append(LIMIT_EXCEEDED.at(span_types[MAX_SPAN_TYPES].place, message))
    by_name = attrgetter("name")
    return Checked(Definitions(sorted(span_types, key=by_name), sorted(quality, key=by_name)), diagnostics)


def read_problems(unreadable: Sequence[Diagnostic], invalid: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """What is wrong with sources and definitions.

    Args:
        unreadable: the sources that cannot be read. The definitions are probably there, if there are none elsewhere.
        invalid: what is wrong with the definitions of the others.
    """
    yield from unreadable
    yield from (each for each in invalid if not unreadable or each.code != NO_DEFINITIONS.code)


def unused_documents(documents: Iterable[Document], referred: Container[Path]) -> Iterator[Diagnostic]:
    """Warn of files that hold no definitions and that no `$ref` leads to: a key, or the file, may be misspelled."""
    documents = list(documents)
    defining = [each for each in documents if _has_definitions(each)]
    if not defining:
        return
    files = [each.path for each in defining if each.path is not None]
    names = {name for each in defining for name in _names(each)}
    for document in documents:
        if not _has_definitions(document) and (document.path is None or document.path not in referred):
            lost = None if document.path is None else lost_overlay(document.path, document.root, files, names)
            if lost is None:
                yield NO_DEFINITIONS.at(Place(document.source), _not_used(document), Severity.WARNING)
            else:
                yield INVALID_DEFINITION.at(Place(document.source), lost)


def _names(document: Document) -> Iterator[str]:
    """The names of the span types of a document."""
    entries = document.root.list_at("span_type_schemas") if isinstance(document.root, ObjectNode) else ()
    names = (each.get("name") for each in entries if isinstance(each, ObjectNode))
    yield from (each for each in names if isinstance(each, str))


def _no_definitions(documents: Sequence[Document]) -> Diagnostic:
    sources = ", ".join(document.source for document in documents) or "no source"
    several = len(documents) > 1
    misspelled = (
        f", but {key!r}{f' ({document.source})' if several else ''}{hint}"
        for document in documents
        for key, hint in _misspelled_sections(document)
    )
    message = f"expected a definition under one of the keys {', '.join(SECTIONS)}, found none{next(misspelled, '')}"
    return NO_DEFINITIONS.at(Place(sources), message)


def _not_used(document: Document) -> str:
    if document.path is None:
        return "this registry has no definitions"
    keys = [repr(key) for key in _keys(document)]
    shown = ", ".join(keys[:_MAX_KEYS_SHOWN]) + (" …" if len(keys) > _MAX_KEYS_SHOWN else "")
    hint = next((hint for _, hint in _misspelled_sections(document)), "")
    return f"this file has no definitions and no $ref leads to it{f'; its keys: {shown}' if shown else ''}{hint}"


def _misspelled_sections(document: Document) -> Iterator[tuple[str, str]]:
    """Each key that is similar to the key of a section, and the end of a message that suggests that one."""
    for key in _keys(document):
        if not key.startswith("$") and (hint := did_you_mean(key, SECTIONS)):  # $schema is similar to span_schemas
            yield key, hint


def _keys(document: Document) -> Iterable[str]:
    return document.root if isinstance(document.root, ObjectNode) else ()


def _has_definitions(document: Document) -> bool:
    return isinstance(document.root, ObjectNode) and any(key in document.root for key in SECTIONS)


def _duplicates(named: Iterable[tuple[str, Place]], noun: str) -> Iterator[Diagnostic]:
    first: dict[str, Place] = {}
    for name, place in named:
        if name in first:
            yield DUPLICATE_NAME.at(place, f"the {noun} {name!r} is already defined at {first[name]}")
        first.setdefault(name, place)


class _Texts(TypedDict):
    """The optional keys that span type and quality definitions have in common."""

    title: str | None
    description: str | None
    template: str | None
    data_risk: ObjectNode | None
    template_place: Place


class _Reader:
    """Reads the definitions of one document. Invalid ones are left out, and reported in `diagnostics`."""

    def __init__(self, document: Document, root: ObjectNode) -> None:
        self.document = document
        self.root = root
        self.diagnostics: list[Diagnostic] = []
        self.check_keys(root, ROOT_KEYS)

    def report(self, message: str, place: Place) -> None:
        self.diagnostics.append(INVALID_DEFINITION.at(place, message))

    def span_types(self) -> Iterator[SpanTypeDefinition]:
        for entry, place in self.entries("span_type_schemas", SPAN_TYPE_KEYS):
            name = self.name(entry, place)
            params = self.required_schema(entry, "params_schema")
            if name is not None and params is not None:
                chosen = (entry.get(CLASS), entry.place_at(CLASS)) if CLASS in entry else (None, None)
                result = self.schema(entry, "result_schema")
                deprecated = self.deprecation(entry) or deprecation(params.schema)
                former, texts = self.text(entry, RENAMED_FROM), self.texts(entry)
                yield SpanTypeDefinition(
                    name, place, params, result, *chosen, deprecation=deprecated, renamed_from=former, **texts
                )
        yield from self.legacy_span_types()

    def legacy_span_types(self) -> Iterator[SpanTypeDefinition]:
        """The two maps from span type name to schema, which `SchemaRegistry.register` still makes."""
        no_schemas = ObjectNode(place=self.root.place)
        params = self.object(self.root, "span_schemas") or no_schemas
        results = self.object(self.root, "span_result_schemas") or no_schemas
        for name in (name for name in results if name not in params):
            message = f"expected {name!r} in span_schemas too: a span type needs a schema of its params"
            self.report(message, results.place_at(name))
        for name in params:
            if (schema := self.required_schema(params, name)) is not None:
                place, result = params.place_at(name), self.schema(results, name)
                yield SpanTypeDefinition(name, place, schema, result, deprecation=deprecation(schema.schema))

    def quality(self) -> Iterator[QualityDefinition]:
        for entry, place in self.entries("quality_schemas", QUALITY_KEYS):
            name, schema = self.name(entry, place), self.required_schema(entry, "schema")
            if name is not None and schema is not None:
                yield QualityDefinition(name, place, schema, **self.texts(entry))

    def texts(self, entry: ObjectNode) -> _Texts:
        return {
            "title": self.text(entry, "title"),
            "description": self.text(entry, "description"),
            "template": self.text(entry, "template"),
            "data_risk": self.object(entry, "data_risk"),
            "template_place": entry.place_at("template"),
        }

    def deprecation(self, entry: ObjectNode) -> Deprecation | None:
        if not isinstance(value := entry.get("deprecated", False), bool):
            self.report(
                f"expected true or false in deprecated, found {_described(value)}", entry.place_at("deprecated")
            )
        for place, message in deprecation_problems(entry):
            self.report(message, place)
        return deprecation(entry)

    def entries(self, section: str, keys: tuple[str, ...]) -> Iterator[tuple[ObjectNode, Place]]:
        value = self.root.get(section)
        if value is None:
            return
        place = self.root.place_at(section)
        if not isinstance(value, ListNode):
            self.report(f"expected a list of definitions in {section}, found {_described(value)}", place)
            return
        for index, entry in enumerate(value):
            at = value.place_at(index)
            if isinstance(entry, ObjectNode):
                self.check_keys(entry, keys)
                yield entry, at
            else:
                self.report(f"expected an object, found {_described(entry)}", at)

    def check_keys(self, node: ObjectNode, known: tuple[str, ...]) -> None:
        words = ", ".join(sorted(key for key in known if key not in {ALLOW, CLASS, DEPRECATED, RENAMED_FROM}))
        for key in node:
            if key not in known:
                shared = "; schemas that others refer to stand in the $defs of a file, or of the schema itself"
                hint = shared if key in _SCHEMA_DEFINITIONS else did_you_mean(key, known)
                self.report(f"unknown key {key!r}; expected one of {words}{hint}", node.place_at(key))

    def name(self, entry: ObjectNode, place: Place) -> str | None:
        name = self.text(entry, "name")
        if name is None and "name" not in entry:
            self.report("expected a name", place)
        elif name is not None and not name.strip():
            self.report("expected a name, found an empty one", entry.place_at("name"))
            return None
        return name

    def text(self, entry: ObjectNode, key: str) -> str | None:
        value = entry.get(key)
        if value is None or isinstance(value, str):
            return value
        advice = quoting_advice([entry.spelled[key]] if key in entry.spelled else [])
        self.report(f"expected text in {key}, found {_described(value)}{advice}", entry.place_at(key))
        return None

    def object(self, entry: ObjectNode, key: str) -> ObjectNode | None:
        value = entry.get(key)
        if value is None or isinstance(value, ObjectNode):
            return value
        self.report(f"expected an object in {key}, found {_described(value)}", entry.place_at(key))
        return None

    def schema(self, entry: ObjectNode, key: str) -> SchemaSource | None:
        value = self.object(entry, key)
        return (
            None if value is None else SchemaSource(in_a_known_draft(value), self.document, entry.place_at(key), value)
        )

    def required_schema(self, entry: ObjectNode, key: str) -> SchemaSource | None:
        if entry.get(key) is None:
            missing = entry.place._replace(pointer=child_pointer(entry.place.pointer, key))
            self.report(
                f"expected a JSON Schema in {key}, found nothing", entry.place_at(key) if key in entry else missing
            )
            return None
        return self.schema(entry, key)


def _described(value: JsonValue) -> str:
    if isinstance(value, ObjectNode):
        return "an object"
    if isinstance(value, ListNode):
        return "a list"
    return "null" if value is None else f"{type(value).__name__} {value!r}"
