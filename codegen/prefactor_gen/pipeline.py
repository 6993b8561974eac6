"""The stages in their order: from sources to the files of a package. Nothing here writes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from prefactor_core._schema_hash import schema_version_hash
from prefactor_gen.bundle import Bundle, Bundled, bundle_schema
from prefactor_gen.check import check_data_risk, check_names, check_schema
from prefactor_gen.definition_lint import lint_definitions, lint_forms
from prefactor_gen.definitions import (
    Definitions,
    QualityDefinition,
    SchemaSource,
    SpanTypeDefinition,
    collect_definitions,
    unused_documents,
)
from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place, Severity, has_errors, sorted_diagnostics
from prefactor_gen.documents import JsonValue, ListNode, ObjectNode, to_plain
from prefactor_gen.emit import Origin, Previous, package_headers, reuse_headers, seal
from prefactor_gen.lint import lint_schema
from prefactor_gen.literals import quote
from prefactor_gen.load import load_sources
from prefactor_gen.marks import check_marks
from prefactor_gen.models import Model, ModelSet, generate_models, generate_wire_modules
from prefactor_gen.names import class_name
from prefactor_gen.plan import plan_span_type
from prefactor_gen.refs import SchemaFiles, inline_files
from prefactor_gen.render import (
    MARK,
    Catalog,
    CatalogModule,
    CatalogSpanType,
    catalog_doc,
    render_catalog,
    render_definitions,
    render_span_type,
    render_wire_catalog,
)
from prefactor_gen.representation import SpanPlan
from prefactor_gen.reuse import SpanModule, definition_mark, kept_module
from prefactor_gen.suppress import suppress

__all__ = ["Generated", "generate_package", "generate_wire_package"]


@dataclass
class Generated:
    """The files of a package by name, and what was found on the way; no files where something is wrong.

    Attributes:
        sound: the definitions that nothing is wrong with.
        bundle: what was made of their schemas.
    """

    files: dict[str, str] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    span_types: tuple[str, ...] = ()
    sound: Definitions = field(default_factory=Definitions)
    bundle: Bundle = field(default_factory=Bundle)


def generate_package(
    sources: Sequence[str], base: Path, package: str, origin: Origin, previous: Previous | None = None
) -> Generated:
    """Compile definitions into the files of a package.

    Args:
        sources: files, folders and `module:attribute` registries.
        base: the project folder, which paths are relative to.
        package: the name of the package.
        origin: what the result is made from, as `fingerprint.py` tells.
        previous: what an earlier run made; the result is the same without it, but later.
    """
    try:
        return _Run(sources, base, package, origin).generated(previous or Previous())
    except RecursionError:  # a chain of thousands of references: each file is within the limit, all together are not
        place = Place(", ".join(sources))
        return Generated(diagnostics=[Diagnostic("PG001", "the definitions refer to each other too deeply", place)])


def generate_wire_package(
    sources: Sequence[str], base: Path, _package: str, origin: Origin, _previous: Previous | None = None
) -> Generated:
    """Compile a folder of plain JSON Schema documents into a package of models, one module a document.

    Args: as for `generate_package`; there is one source, a folder.
    """
    place = Place(", ".join(sources))
    if len(sources) != 1 or not (base / sources[0]).is_dir():
        return Generated(diagnostics=[Diagnostic("PG001", "expected one folder of JSON Schema documents", place)])
    loaded = load_sources(sources, base)
    found = [*loaded.diagnostics]
    for document in loaded.documents:
        if isinstance(document.root, ObjectNode):
            found.extend(check_schema(SchemaSource(document.root, document, document.root.place), payload=False))
    if has_errors(found):
        return Generated(diagnostics=sorted_diagnostics(found))
    try:
        files = generate_wire_modules(base / sources[0], MARK)
    except ValueError as error:
        return Generated(diagnostics=[Diagnostic("PG011", f"the model generator refuses the schemas: {error}", place)])
    files["py.typed"] = ""
    header = tuple(f"prefactor-gen: {line}" for line in package_headers(origin.fingerprint, files))
    modules = [name.removesuffix(".py") for name in files if name.endswith(".py")]
    return Generated({**files, "__init__.py": seal(render_wire_catalog(header, modules))}, sorted_diagnostics(found))


_Kept: TypeAlias = "dict[str, tuple[SpanTypeDefinition, SpanModule]]"


class _Run:
    """One run of all stages over all sources."""

    def __init__(self, sources: Sequence[str], base: Path, package: str, origin: Origin) -> None:
        self.package = package
        self.origin = origin
        self.files = SchemaFiles(base)
        self.loaded = load_sources(sources, base)
        self.definitions = collect_definitions(self.loaded.documents)

    def generated(self, previous: Previous) -> Generated:
        """The package, with the modules of an earlier run for the span types that are as they were."""
        kept = self.kept(previous)
        made = self.made(kept)
        if made is None:  # a new name is also one of a kept module: a run without those tells all of it
            made = self.made({})
            assert made is not None  # noqa: S101  # nothing is kept
        return made

    def made(self, kept: _Kept) -> Generated | None:
        found = [*self.loaded.diagnostics, *self.definitions.diagnostics]
        if self.loaded.diagnostics:  # what could not be read is what is missing
            found = [item for item in found if item.code != "PG012" or item in self.loaded.diagnostics]
        # What is wrong with one span type does not hide what is wrong with another: the sound ones go on.
        sound = self.sound(kept, found)
        found.extend(unused_documents(self.loaded.documents, self.files.parsed))
        found.extend(lint_forms(self.loaded.documents))
        found.extend(lint_definitions(sound))
        found.extend(self.templates(sound))
        bundle = Bundle()
        bundled = {item.name: _bundle(bundle, item) for item in sound.span_types if item.name not in kept}
        found.extend(bundle.diagnostics)
        owned = {name: names for name, names in bundled.items() if names}
        models = _models(bundle, owned, found)
        new = [item for item in sound.span_types if item.name in owned]
        plans = _plans(new, bundle, models, owned, found)
        names = {name for plan in plans for name in plan.exports} | bundle.definitions.keys()
        if any(not names.isdisjoint(module.exports) for _, module in kept.values()):
            return None
        found = suppress(found, [*(each.root for each in self.loaded.documents), *self.files.parsed.values()])
        if has_errors(found):
            return Generated(diagnostics=sorted_diagnostics(found))
        modules = {name: module for name, (_, module) in kept.items()}
        modules |= {item.name: _module(plan, item) for item, plan in zip(new, plans, strict=True)}
        ordered = [modules[name] for name in sorted(modules)]
        # What the model generator warns of, it warns of in every run: nothing is kept then.
        files = _render(sound, ordered, self.package, self.origin, keep=not models.warnings)
        return Generated(files, sorted_diagnostics(found), tuple(sorted(modules)), sound, bundle)

    def kept(self, previous: Previous) -> _Kept:
        """The span types that are as they were, with what their schemas need of other files, and their modules."""
        kept: _Kept = {}
        for item in self.definitions.span_types if previous.modules else ():
            try:
                whole = replace(
                    item, params=self.inlined(item.params), result=item.result and self.inlined(item.result)
                )
                module = kept_module(previous, whole)
            except (DiagnosticError, RecursionError):  # told when it is checked
                continue
            if module is not None:
                kept[item.name] = (whole, module)
        return kept

    @staticmethod
    def templates(sound: Definitions) -> Iterator[Diagnostic]:
        """What is wrong with templates, of the definitions whose schemas are sound."""
        named: list[tuple[str | None, Place | None, list[SchemaSource]]] = [
            (item.template, item.template_place, [item.params, *([item.result] if item.result else [])])
            for item in sound.span_types
        ]
        named.extend((item.template, item.template_place, [item.schema]) for item in sound.quality)
        for template, place, sources in named:
            if template and place is not None:
                from prefactor_gen.template_lint import lint_template

                yield from lint_template(template, place, [source.schema for source in sources])

    def inlined(self, source: SchemaSource) -> SchemaSource:
        return SchemaSource(inline_files(source, self.files), source.document, source.place)

    def sound(self, kept: _Kept, found: list[Diagnostic]) -> Definitions:
        """The definitions that nothing is wrong with, each schema with all that it refers to in other files.

        What is kept was checked when it was made; what is only warned of is told in every run.
        """
        named = check_names(self.definitions)
        found.extend(named)
        misnamed = {item.place for item in (*named, *self.definitions.diagnostics)}
        risks = [item.data_risk for item in self.definitions.span_types]
        risks.extend(item.data_risk for item in self.definitions.quality)
        found.extend(problem for data_risk in risks for problem in check_data_risk(data_risk))
        result = Definitions()
        for item in self.definitions.span_types:
            if item.name in kept:
                whole, _ = kept[item.name]
                found.extend(lint_schema(whole.params.schema))
                found.extend(lint_schema(whole.result.schema) if whole.result is not None else ())
                result.span_types.append(whole)
                continue
            params = self.sound_schema(item.params, found)
            answer = self.sound_schema(item.result, found) if item.result is not None else None
            if params is not None and (answer is None) == (item.result is None) and item.place not in misnamed:
                result.span_types.append(replace(item, params=params, result=answer))
        for quality in self.definitions.quality:
            if (checked := self.sound_schema(quality.schema, found, typed=False)) is not None:
                result.quality.append(replace(quality, schema=checked))
        return result

    def sound_schema(self, source: SchemaSource, found: list[Diagnostic], *, typed: bool = True) -> SchemaSource | None:
        problems = check_schema(source)
        inlined = source
        try:
            inlined = self.inlined(source)
        except DiagnosticError as error:
            problems.extend(error.diagnostics)
        if inlined.schema is not source.schema:
            problems.extend(check_schema(inlined))  # what was pulled in is checked too
        if not has_errors(problems):
            problems.extend(check_marks(inlined.schema, typed=typed))
            problems.extend(lint_schema(inlined.schema))
        found.extend(problems)
        return None if has_errors(problems) else inlined


def _module(plan: SpanPlan, item: SpanTypeDefinition) -> SpanModule:
    text = render_span_type(plan)
    compile(text, plan.module, "exec", dont_inherit=True)
    return SpanModule(plan.module, plan.class_name, plan.schema_name, plan.exports, text, definition_mark(item))


def _bundle(bundle: Bundle, item: SpanTypeDefinition) -> list[str]:
    """Bundle the schemas of one span type; returns the names that belong to it, none where something is wrong."""
    before, told = len(bundle.definitions), len(bundle.diagnostics)
    name = class_name(item.name)
    bundle_schema(bundle, f"{name}Params", _as_object(item.params.schema), item.params.place)
    if item.result is not None:
        bundle_schema(bundle, f"{name}Result", _as_object(item.result.schema), item.result.place)
    names = list(islice(bundle.definitions, before, None))
    return [] if has_errors(bundle.diagnostics[told:]) else names


def _as_object(schema: ObjectNode) -> ObjectNode:
    """A payload is an object even where its schema does not say so."""
    if isinstance(schema.get("type"), str) or "$ref" in schema:
        return schema
    choices = {key: _as_objects(schema[key]) for key in ("anyOf", "oneOf") if key in schema}
    if choices and not {"properties", "required", "allOf"} & schema.keys():
        return schema.with_items({**schema, **choices}.items())
    return schema.with_items({**schema, "type": "object"}.items())


def _as_objects(options: JsonValue) -> JsonValue:
    if not isinstance(options, ListNode):
        return options
    return options.with_items(_as_object(option) if isinstance(option, ObjectNode) else option for option in options)


def _models(bundle: Bundle, owned: Mapping[str, list[str]], found: list[Diagnostic]) -> ModelSet:
    """Run the model generator; each of its warnings and each departure from the bundle's names is a diagnostic."""
    places = {name: bundle.definitions[name].place for names in owned.values() for name in names}
    first = next(iter(places.values()), None)
    if first is None:
        return ModelSet()
    try:
        models = generate_models([bundle.document(names) for names in owned.values()])
    except ValueError as error:
        found.extend(_refusals(bundle, owned) or [_refusal(error, first)])
        return ModelSet()
    found.extend(
        Diagnostic("PG011", f"the model generator warns: {text}", first, Severity.WARNING) for text in models.warnings
    )
    missing = places.keys() - models.models.keys()
    found.extend(Diagnostic("PG011", f"no class {name} was made for this schema", places[name]) for name in missing)
    for name, wire_name, field_name in models.collisions:
        found.append(_collision(bundle.definitions[name], models.models[name], wire_name, field_name))
    return models


def _collision(bundled: Bundled, model: Model, wire_name: str, field_name: str) -> Diagnostic:
    """Two properties of one object have the same Python name; the model generator makes the later one unique."""
    first = re.sub(r"_\d+$", "", field_name)
    made = {item.wire_name for item in model.fields if item.name in {field_name, first}} - {wire_name}
    properties = bundled.origin.get("properties") if isinstance(bundled.origin, ObjectNode) else None
    keys = properties if isinstance(properties, ObjectNode) else ObjectNode(place=bundled.place)
    # Python reads `ﬁ` and `fi` as one name.
    alike = [key for key in keys if key != wire_name and unicodedata.normalize("NFKC", key) == field_name]
    other = next(iter([*made, *alike]), wire_name)
    message = f"the properties {other!r} and {wire_name!r} would both become {first!r} in Python; rename one"
    return Diagnostic("PG005", message, keys.place_at(wire_name))


def _refusals(bundle: Bundle, owned: Mapping[str, list[str]]) -> list[Diagnostic]:
    """Which span types the model generator refuses: it stops at the first, and names no place."""
    found: list[Diagnostic] = []
    for names in owned.values():
        try:
            generate_models([bundle.document(names)])
        except ValueError as error:
            found.append(_refusal(error, bundle.definitions[names[0]].place))
    return found


def _refusal(error: ValueError, place: Place) -> Diagnostic:
    return Diagnostic("PG011", f"the model generator refuses the schema: {error}", place)


def _plans(
    span_types: Sequence[SpanTypeDefinition],
    bundle: Bundle,
    models: ModelSet,
    owned: Mapping[str, list[str]],
    found: list[Diagnostic],
) -> list[SpanPlan]:
    if not models.models:
        return []
    owner = {each: name for name, names in owned.items() for each in names}
    models_of: dict[str, list[Model]] = {}
    for model in models.models.values():
        models_of.setdefault(owner[model.name], []).append(model)
    unsaid = {item.definition for item in bundle.unsaid}
    plans: list[SpanPlan] = []
    for item in span_types:
        plan, diagnostics = plan_span_type(item, bundle, models_of[item.name], unsaid)
        plans.append(plan)
        found.extend(diagnostics)
    names: dict[str, SpanPlan] = {}
    for plan, item in zip(plans, span_types, strict=True):
        for name in plan.exports:
            other = names.setdefault(name, plan)
            if other is not plan:
                message = f"the generated name {name} is also one of the span type {other.schema_name}"
                found.append(Diagnostic("PG005", message, item.place))
    return plans


def _render(
    definitions: Definitions, modules: Sequence[SpanModule], package: str, origin: Origin, *, keep: bool
) -> dict[str, str]:
    document = _agent_schema_version(definitions)
    text = render_definitions(document)
    compile(text, "__definitions__.py", "exec", dont_inherit=True)
    files = {**{f"{item.module}.py": item.text for item in modules}, "__definitions__.py": text, "py.typed": ""}
    marks = {f"{item.module}.py": item.mark for item in modules if keep}
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
