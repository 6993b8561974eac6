"""The stages in their order: from sources to the files of a package. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from prefactor_core._schema_hash import schema_version_hash
from prefactor_gen.bundle import class_clash
from prefactor_gen.check import check_data_risk, check_names
from prefactor_gen.default_check import check_defaults
from prefactor_gen.definition_lint import lint_forms, lint_names
from prefactor_gen.definitions import (
    Definitions,
    QualityDefinition,
    SchemaSource,
    SpanTypeDefinition,
    collect_definitions,
    unused_documents,
)
from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place, has_errors, sorted_diagnostics
from prefactor_gen.emit import Origin, Previous, package_headers, reuse_headers, seal
from prefactor_gen.lint import lint_schema
from prefactor_gen.literals import quote
from prefactor_gen.load import load_sources
from prefactor_gen.nodes import JsonValue, ListNode, ObjectNode, to_plain
from prefactor_gen.refs import SchemaFiles, inline_files
from prefactor_gen.render import (
    Catalog,
    CatalogModule,
    CatalogSpanType,
    catalog_doc,
    render_catalog,
    render_definitions,
)
from prefactor_gen.reuse import SpanModule, kept_module
from prefactor_gen.rules import NAME_COLLISION, NO_DEFINITIONS, UNREADABLE_SOURCE
from prefactor_gen.span_modules import Compiled, Work, lint_definition, schema_problems
from prefactor_gen.suppress import suppress
from prefactor_gen.workers import Progress, compile_all

__all__ = ["Generated", "generate_package"]


@dataclass
class Generated:
    """The files of a package by name, and what was found on the way; no files where something is wrong.

    Attributes:
        definitions: with all that their schemas refer to in other files.
        unsaid: the places of the keywords that types do not say.
    """

    files: dict[str, str] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    definitions: Definitions = field(default_factory=Definitions)
    unsaid: set[Place] = field(default_factory=set)
    assert_formats: bool = False


def generate_package(
    sources: Sequence[str],
    base: Path,
    package: Path,
    origin: Origin,
    *,
    previous: Previous | None = None,
    progress: Progress | None = None,
    assert_formats: bool = False,
) -> Generated:
    """Compile definitions into the files of a package.

    Args:
        sources: files, folders and `module:attribute` registries.
        base: the project folder, which paths are relative to.
        package: the folder of the package; its name is the package's.
        origin: what the result is made from, as `fingerprint.py` tells.
        previous: what an earlier run made; the result is the same without it, but later.
        progress: told of span types that are made.
        assert_formats: a payload must match the formats of its schema.
    """
    try:
        run = _Run(sources, base, package, origin, progress, assert_formats=assert_formats)
        return run.generated(previous or Previous())
    except RecursionError:  # a chain of thousands of references: each file is within the limit, all together are not
        place = Place(", ".join(sources))
        return Generated(diagnostics=[UNREADABLE_SOURCE.at(place, "the definitions refer to each other too deeply")])


@dataclass(frozen=True)
class _Kept:
    """A span type that is as it was, and its module."""

    whole: SpanTypeDefinition
    module: SpanModule


class _Run:
    """One run of all stages over all sources."""

    def __init__(
        self,
        sources: Sequence[str],
        base: Path,
        package: Path,
        origin: Origin,
        progress: Progress | None,
        *,
        assert_formats: bool,
    ) -> None:
        self.assert_formats = assert_formats
        self.package = package.name
        self.origin = origin
        self.progress = progress
        self.files = SchemaFiles(base)
        self.loaded = load_sources(sources, base, package)
        self.definitions = collect_definitions(self.loaded.documents)

    def generated(self, previous: Previous) -> Generated:
        """The package, with the modules of an earlier run for the span types that are as they were."""
        kept = self.kept(previous)
        made = self.made(kept)
        if made is None:  # a new name is also one of a kept module: a run without those tells all of it
            made = self.made({})
            assert made is not None  # noqa: S101  # nothing is kept
        return made

    def kept(self, previous: Previous) -> dict[str, _Kept]:
        """The span types that are as they were, with what their schemas need of other files."""
        kept: dict[str, _Kept] = {}
        for item in self.definitions.span_types if previous.modules else ():
            try:
                whole = self.whole(item, [])
                module = kept_module(previous, whole) if whole is not None else None
            except RecursionError:  # told when it is checked
                continue
            if whole is not None and module is not None:
                kept[item.name] = _Kept(whole, module)
        return kept

    def made(self, kept: Mapping[str, _Kept]) -> Generated | None:
        found = [*self.loaded.diagnostics, *self.definitions.diagnostics]
        if self.loaded.diagnostics:  # what could not be read is what is missing
            found = [item for item in found if item.code != NO_DEFINITIONS.code or item in self.loaded.diagnostics]
        works = self.works(kept, found)
        quality = [checked for item in self.definitions.quality if (checked := self.quality(item, found)) is not None]
        found.extend(unused_documents(self.loaded.documents, self.files.parsed))
        found.extend(lint_forms(self.loaded.documents))
        found.extend(lint_names(self.definitions.span_types))
        for each in kept.values():
            found.extend(_told_again(each, assert_formats=self.assert_formats))
        parts = compile_all(works, self.progress)
        found.extend(item for part in parts for item in part.diagnostics)
        modules = _in_one_package(parts, works, found)
        names = {name for part in parts for name in part.classes} | {name for each in modules for name in each.exports}
        if any(not names.isdisjoint(each.module.exports) for each in kept.values()):
            return None
        found = suppress(found, [*(each.root for each in self.loaded.documents), *self.files.parsed.values()])
        if has_errors(found):
            return Generated(diagnostics=sorted_diagnostics(found))
        wholes = {work.whole.name: work.whole for work in works if work.whole is not None}
        wholes |= {name: each.whole for name, each in kept.items()}
        definitions = Definitions([wholes[item.name] for item in self.definitions.span_types], quality)
        modules.extend(each.module for each in kept.values())
        # What the model generator warns of, it warns of in every run: nothing is kept then.
        warned = any(part.warned for part in parts)
        by_name = {module.schema_name: module for module in modules}
        ordered = [by_name[quote(item.name)] for item in definitions.span_types]
        files = _render(
            definitions, ordered, self.package, self.origin, keep=not warned, assert_formats=self.assert_formats
        )
        unsaid = {place for part in parts for place in part.unsaid}
        return Generated(files, sorted_diagnostics(found), definitions, unsaid, self.assert_formats)

    def works(self, kept: Mapping[str, _Kept], found: list[Diagnostic]) -> list[Work]:
        """What there is to compile. What is kept was checked when it was made."""
        named = check_names(self.definitions)
        found.extend(named)
        misnamed = {item.place for item in (*named, *self.definitions.diagnostics)}
        works: list[Work] = []
        for item in self.definitions.span_types:
            found.extend(check_data_risk(item.data_risk))
            if item.name in kept:
                continue
            whole = self.whole(item, found)
            works.append(Work(item, whole, item.place not in misnamed, self.assert_formats))
        return works

    def quality(self, item: QualityDefinition, found: list[Diagnostic]) -> QualityDefinition | None:
        """A quality definition with all that its schema refers to, if nothing is wrong with it."""
        found.extend(check_data_risk(item.data_risk))
        schema = self.inlined(item.schema, found)
        problems = schema_problems(item.schema, schema, typed=False)
        found.extend(problems)
        if schema is None or has_errors(problems):
            return None
        whole = replace(item, schema=schema)
        found.extend(lint_definition(whole))
        return whole

    def whole(self, item: SpanTypeDefinition, found: list[Diagnostic]) -> SpanTypeDefinition | None:
        """The definition with all that its schemas refer to in other files, if that can be had."""
        params = self.inlined(item.params, found)
        result = self.inlined(item.result, found) if item.result is not None else None
        if params is None or (result is None) != (item.result is None):
            return None
        return replace(item, params=params, result=result)

    def inlined(self, source: SchemaSource, found: list[Diagnostic]) -> SchemaSource | None:
        try:
            return SchemaSource(inline_files(source, self.files), source.document, source.place)
        except DiagnosticError as error:
            found.extend(error.diagnostics)
            return None


def _told_again(kept: _Kept, *, assert_formats: bool) -> Iterator[Diagnostic]:
    """What was found about a definition that is as it was, where it stands now."""
    if kept.module.quiet:
        return
    for source in (kept.whole.params, kept.whole.result):
        if source is not None:
            yield from lint_schema(source.schema)
            yield from check_defaults(source.schema)
    yield from lint_definition(kept.whole, assert_formats=assert_formats)


def _in_one_package(parts: Sequence[Compiled], works: Sequence[Work], found: list[Diagnostic]) -> list[SpanModule]:
    """The modules whose names go together. What does not, within a part, was told there."""
    classes: dict[str, Place] = {}
    modules: list[SpanModule] = []
    for part in parts:
        clashing = part.classes.keys() & classes.keys()
        found.extend(class_clash(name, part.classes[name], classes[name]) for name in sorted(clashing))
        modules.extend(each for each in part.modules if clashing.isdisjoint(each.exports))
        classes |= {name: place for name, place in part.classes.items() if name not in clashing}
    places = {quote(work.written.name): work.written.place for work in works}
    names: dict[str, SpanModule] = {}
    for module in modules:
        for name in module.exports:
            other = names.setdefault(name, module)
            if other is not module:
                message = f"the generated name {name} is also one of the span type {other.schema_name}"
                found.append(NAME_COLLISION.at(places[module.schema_name], message))
    return modules


def _render(
    definitions: Definitions,
    modules: Sequence[SpanModule],
    package: str,
    origin: Origin,
    *,
    keep: bool,
    assert_formats: bool,
) -> dict[str, str]:
    document = _agent_schema_version(definitions)
    text = render_definitions(document, assert_formats=assert_formats)
    compile(text, "__definitions__.py", "exec", dont_inherit=True)
    files = {**{f"{item.module}.py": item.text for item in modules}, "__definitions__.py": text, "py.typed": ""}
    marks = {f"{item.module}.py": (item.mark, item.quiet) for item in modules if keep}
    headers = (*package_headers(origin.fingerprint, files), *reuse_headers(origin.generator, marks))
    plain = to_plain(document)
    assert isinstance(plain, dict)  # noqa: S101  # it was made as one
    catalog = Catalog(
        header=tuple(f"prefactor-gen: {line}" for line in headers),
        doc=catalog_doc(package),
        schema_version=quote(schema_version_hash(plain)),
        modules=tuple(CatalogModule(f".{item.module}", item.exports) for item in modules),
        span_types=tuple(CatalogSpanType(item.schema_name, item.class_name) for item in modules),
    )
    text = seal(render_catalog(catalog))
    compile(text, "__init__.py", "exec", dont_inherit=True)
    return {**files, "__init__.py": text}


def _agent_schema_version(definitions: Definitions) -> ObjectNode:
    """The definitions in the API's form; the legacy pair of maps becomes span type schemas."""

    def entry(item: SpanTypeDefinition | QualityDefinition, schemas: Mapping[str, SchemaSource | None]) -> ObjectNode:
        texts: dict[str, JsonValue] = {
            "name": item.name, "title": item.title, "description": item.description, "template": item.template,
        }  # fmt: skip
        members = {**texts, **{key: each.schema for key, each in schemas.items() if each}, "data_risk": item.data_risk}
        return ObjectNode(((key, value) for key, value in members.items() if value is not None), place=item.place)

    span_types = [
        entry(item, {"params_schema": item.params, "result_schema": item.result}) for item in definitions.span_types
    ]
    quality = [entry(item, {"schema": item.schema}) for item in definitions.quality]
    place = (definitions.span_types or definitions.quality)[0].place
    document: dict[str, JsonValue] = {"span_type_schemas": ListNode(span_types, place=place)}
    if quality:
        document["quality_schemas"] = ListNode(quality, place=place)
    return ObjectNode(document.items(), place=place)
