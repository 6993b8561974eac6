"""Documents → definitions: the span types and quality schemas that all sources make together."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prefactor_gen.diagnostics import Diagnostic, Place, Severity
from prefactor_gen.limits import MAX_SPAN_TYPES, MAX_TEMPLATE
from prefactor_gen.load import Document
from prefactor_gen.nodes import JsonValue, ListNode, ObjectNode, child_pointer
from prefactor_gen.rules import DUPLICATE_NAME, INVALID_DEFINITION, LIMIT_EXCEEDED, NO_DEFINITIONS
from prefactor_gen.suggest import did_you_mean
from prefactor_gen.suppress import ALLOW

__all__ = [
    "QUALITY_KEYS",
    "ROOT_KEYS",
    "SPAN_TYPE_KEYS",
    "Definitions",
    "QualityDefinition",
    "SchemaSource",
    "SpanTypeDefinition",
    "collect_definitions",
    "unused_documents",
]

_TEXTS = ("name", "title", "description", "template")
SPAN_TYPE_KEYS = (*_TEXTS, "params_schema", "result_schema", "data_risk", ALLOW)
QUALITY_KEYS = (*_TEXTS, "schema", "data_risk", ALLOW)
SECTIONS = ("span_type_schemas", "span_schemas", "span_result_schemas", "quality_schemas")
ROOT_KEYS = (*SECTIONS, "external_identifier", "$schema")
# Of a schema, not of a file of definitions.
_DEFINITIONS = frozenset({"$defs", "definitions"})


@dataclass(frozen=True)
class SchemaSource:
    """A schema and the document whose folder its `$ref`s may reach."""

    schema: ObjectNode
    document: Document
    place: Place


@dataclass(frozen=True)
class SpanTypeDefinition:
    """A span type as its author wrote it."""

    name: str
    place: Place
    params: SchemaSource
    result: SchemaSource | None = None
    title: str | None = None
    description: str | None = None
    template: str | None = None
    data_risk: ObjectNode | None = None
    template_place: Place | None = None


@dataclass(frozen=True)
class QualityDefinition:
    """A named quality schema as its author wrote it."""

    name: str
    place: Place
    schema: SchemaSource
    title: str | None = None
    description: str | None = None
    template: str | None = None
    data_risk: ObjectNode | None = None
    template_place: Place | None = None


@dataclass
class Definitions:
    """What was defined, sorted by name, and what was wrong with it."""

    span_types: list[SpanTypeDefinition] = field(default_factory=list)
    quality: list[QualityDefinition] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def collect_definitions(documents: Sequence[Document]) -> Definitions:
    """Merge the documents that hold definitions; the others are there for `$ref`s."""
    result = Definitions()
    for document in documents:
        if not isinstance(document.root, ObjectNode) or not _has_definitions(document):
            continue
        reader = _Reader(document, document.root, result.diagnostics)
        result.span_types.extend(reader.span_types())
        result.quality.extend(reader.quality())
    if not (result.span_types or result.quality or result.diagnostics):
        sources = ", ".join(document.source for document in documents) or "no source"
        hint = next(filter(None, map(_misspelled_section, documents)), "")
        message = f"expected a definition under one of the keys {', '.join(SECTIONS)}, found none{hint}"
        result.diagnostics.append(NO_DEFINITIONS.at(Place(sources), message))
    result.diagnostics.extend(_duplicates([(item.name, item.place) for item in result.span_types], "span type"))
    result.diagnostics.extend(_duplicates([(item.name, item.place) for item in result.quality], "quality schema"))
    if len(result.span_types) > MAX_SPAN_TYPES:
        message = f"a package has at most {MAX_SPAN_TYPES:,} span types, found {len(result.span_types):,}; make several"
        result.diagnostics.append(LIMIT_EXCEEDED.at(result.span_types[MAX_SPAN_TYPES].place, message))
    result.span_types.sort(key=lambda item: item.name)
    result.quality.sort(key=lambda item: item.name)
    return result


def unused_documents(documents: Iterable[Document], referred: Container[Path]) -> Iterator[Diagnostic]:
    """Warn of files that hold no definitions and that no `$ref` leads to: a misspelt key looks like that."""
    documents = list(documents)
    if not any(_has_definitions(document) for document in documents):
        return
    for document in documents:
        if not _has_definitions(document) and (document.path is None or document.path not in referred):
            hint = _misspelled_section(document)
            message = f"expected one of the keys {', '.join(SECTIONS)}, or a $ref to this file, found neither{hint}"
            yield NO_DEFINITIONS.at(Place(document.source), message, Severity.WARNING)


def _misspelled_section(document: Document) -> str:
    keys = document.root if isinstance(document.root, ObjectNode) else ()
    hints = (f", but {key!r} ({document.source}){hint}" for key in keys if (hint := did_you_mean(key, SECTIONS)))
    return next(hints, "")


def _has_definitions(document: Document) -> bool:
    return isinstance(document.root, ObjectNode) and any(key in document.root for key in SECTIONS)


def _duplicates(named: Iterable[tuple[str, Place]], kind: str) -> Iterator[Diagnostic]:
    first: dict[str, Place] = {}
    for name, place in named:
        if name in first:
            yield DUPLICATE_NAME.at(place, f"the {kind} {name!r} is already defined at {first[name]}")
        first.setdefault(name, place)


class _Reader:
    """Reads one document; every finding is noted and reading goes on."""

    def __init__(self, document: Document, root: ObjectNode, diagnostics: list[Diagnostic]) -> None:
        self.document = document
        self.root = root
        self.diagnostics = diagnostics
        self.refuse_unknown(root, ROOT_KEYS)

    def note(self, message: str, place: Place, severity: Severity = Severity.ERROR) -> None:
        self.diagnostics.append(INVALID_DEFINITION.at(place, message, severity))

    def span_types(self) -> Iterator[SpanTypeDefinition]:
        for entry, place in self.entries("span_type_schemas", SPAN_TYPE_KEYS):
            name = self.name(entry, place)
            params = self.schema(entry, "params_schema", required=True)
            if name is not None and params is not None:
                yield SpanTypeDefinition(
                    name,
                    place,
                    params,
                    self.schema(entry, "result_schema"),
                    self.text(entry, "title"),
                    self.text(entry, "description"),
                    self.template(entry),
                    self.object(entry, "data_risk"),
                    entry.place_at("template"),
                )
        yield from self.legacy_span_types()

    def legacy_span_types(self) -> Iterator[SpanTypeDefinition]:
        """The pair of maps from span type name to schema, which `SchemaRegistry.register` still makes."""
        params, results = self.object(self.root, "span_schemas"), self.object(self.root, "span_result_schemas")
        for name in results or ():
            if results is not None and (params is None or name not in params):
                self.note(
                    f"expected {name!r} in span_schemas too: a result belongs to a span type", results.place_at(name)
                )
        for name in params or ():
            if params is not None and (schema := self.schema(params, name, required=True)) is not None:
                result = self.schema(results, name) if results is not None else None
                yield SpanTypeDefinition(name, params.place_at(name), schema, result)

    def quality(self) -> Iterator[QualityDefinition]:
        for entry, place in self.entries("quality_schemas", QUALITY_KEYS):
            name, schema = self.name(entry, place), self.schema(entry, "schema", required=True)
            if name is not None and schema is not None:
                yield QualityDefinition(
                    name,
                    place,
                    schema,
                    self.text(entry, "title"),
                    self.text(entry, "description"),
                    self.template(entry),
                    self.object(entry, "data_risk"),
                    entry.place_at("template"),
                )

    def entries(self, section: str, known: tuple[str, ...]) -> Iterator[tuple[ObjectNode, Place]]:
        value = self.root.get(section)
        if value is None:
            return
        place = self.root.place_at(section)
        if not isinstance(value, ListNode):
            self.note(f"expected a list of definitions in {section}, found {_kind(value)}", place)
            return
        for index, entry in enumerate(value):
            at = value.place_at(index)
            if isinstance(entry, ObjectNode):
                self.refuse_unknown(entry, known)
                yield entry, at
            else:
                self.note(f"expected an object, found {_kind(entry)}", at)

    def refuse_unknown(self, node: ObjectNode, known: tuple[str, ...]) -> None:
        words = ", ".join(sorted(key for key in known if key != ALLOW))
        for key in node:
            if key not in known:
                shared = "; what schemas refer to stands in a file of its own, or in the schema itself"
                hint = shared if key in _DEFINITIONS else did_you_mean(key, known)
                self.note(f"unknown key {key!r}; expected one of {words}{hint}", node.place_at(key))

    def name(self, entry: ObjectNode, place: Place) -> str | None:
        name = self.text(entry, "name")
        if name is None and "name" not in entry:
            self.note("expected a name", place)
        elif name is not None and not name.strip():
            self.note("expected a name, found an empty one", entry.place_at("name"))
            return None
        return name

    def text(self, entry: ObjectNode, key: str) -> str | None:
        value = entry.get(key)
        if value is None or isinstance(value, str):
            return value
        self.note(f"expected text in {key}, found {_kind(value)}", entry.place_at(key))
        return None

    def template(self, entry: ObjectNode) -> str | None:
        template = self.text(entry, "template")
        if template is None or len(template) <= MAX_TEMPLATE:
            return template
        message = f"the template has more than {MAX_TEMPLATE:,} characters"
        self.diagnostics.append(LIMIT_EXCEEDED.at(entry.place_at("template"), message))
        return None

    def object(self, entry: ObjectNode, key: str) -> ObjectNode | None:
        value = entry.get(key)
        if value is None or isinstance(value, ObjectNode):
            return value
        self.note(f"expected an object in {key}, found {_kind(value)}", entry.place_at(key))
        return None

    def schema(self, entry: ObjectNode, key: str, *, required: bool = False) -> SchemaSource | None:
        if required and entry.get(key) is None:
            at = (
                entry.place_at(key)
                if key in entry
                else entry.place._replace(pointer=child_pointer(entry.place.pointer, key))
            )
            self.note(f"expected a JSON Schema in {key}, found nothing", at)
            return None
        value = self.object(entry, key)
        return None if value is None else SchemaSource(value, self.document, entry.place_at(key))


def _kind(value: JsonValue) -> str:
    if isinstance(value, ObjectNode):
        return "an object"
    if isinstance(value, ListNode):
        return "a list"
    return "null" if value is None else f"{type(value).__name__} {value!r}"
