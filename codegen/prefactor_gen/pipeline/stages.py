"""Runs the stages in order, from the sources to the files of a package. Nothing is written here.

1. `definitions` reads the sources, collects the span types, and resolves references to other files.
2. `pipeline.reuse` decides which span types keep their module.
3. `checks` reports what is wrong with the others, and what is probably a mistake.
4. `models` makes one document of their schemas, and classes of the document.
5. `package` plans each module and renders it.

`command.main` writes the files, by `package.output_folder`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from prefactor_gen.checks.all_checks import lint_definition, schema_problems
from prefactor_gen.checks.data_risk_check import check_data_risk
from prefactor_gen.checks.default_check import check_defaults
from prefactor_gen.checks.definition_lint import lint_forms, lint_names
from prefactor_gen.checks.name_check import check_names
from prefactor_gen.checks.schema_lint import lint_schema
from prefactor_gen.checks.suppressions import suppress
from prefactor_gen.definitions.collect import collect_definitions, unused_documents
from prefactor_gen.definitions.definitions import Definitions, QualityDefinition, SpanTypeDefinition
from prefactor_gen.definitions.file_references import SchemaFiles, duplicate_ids, inline_files
from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.definitions.sources import load_sources
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place, has_errors, sorted_diagnostics
from prefactor_gen.diagnostics.rules import NAME_COLLISION, NO_DEFINITIONS, UNREADABLE_SOURCE
from prefactor_gen.models.bundle import class_clash
from prefactor_gen.package.literals import quote
from prefactor_gen.pipeline.cache import CachedModule, CachedPackage
from prefactor_gen.pipeline.package_files import package_files
from prefactor_gen.pipeline.processes import Progress, compile_all
from prefactor_gen.pipeline.reuse import SpanModule, reusable_module
from prefactor_gen.pipeline.span_types import Compiled, Task

__all__ = ["GeneratedPackage", "generate_package"]


@dataclass(frozen=True)
class GeneratedPackage:
    """A generated package. It is empty if there are errors.

    Attributes:
        files: the text of each file, by name.
        definitions: with what their schemas refer to in other files.
        untyped_places: the places of the keywords that the generated types cannot express.
        modules: those that a later run may reuse, by file name.
        assert_formats: payloads must match the formats of their schemas.
    """

    files: dict[str, str] = field(default_factory=dict)
    definitions: Definitions = field(default_factory=Definitions)
    untyped_places: set[Place] = field(default_factory=set)
    modules: dict[str, CachedModule] = field(default_factory=dict)
    assert_formats: bool = False


def generate_package(
    sources: Sequence[str],
    base: Path,
    package: Path,
    *,
    cached: CachedPackage | None = None,
    progress: Progress | None = None,
    assert_formats: bool = False,
    references: ReferenceSettings | None = None,
) -> Checked[GeneratedPackage]:
    """Compile definitions into the files of a package.

    Args:
        sources: files, folders and `module:attribute` registries.
        base: the project folder, which paths are relative to.
        package: the folder of the package, whose name is that of the package.
        cached: the result of an earlier run of this generator, with modules to reuse; affects speed only.
        progress: called while span types are compiled.
        assert_formats: payloads must match the formats of their schemas.
        references: the files outside of the definition folders that may be referred to; by default none.
    """
    references = references or ReferenceSettings(base)
    try:
        run = _Run(sources, base, package, progress, references, assert_formats=assert_formats)
        return run.generate(cached or CachedPackage())
    except RecursionError:  # a chain of thousands of references over several files, each of which is within the limit
        place = Place(", ".join(sources))
        message = "the references of the definitions to each other are nested too deeply"
        return Checked(GeneratedPackage(), [UNREADABLE_SOURCE.at(place, message)])


@dataclass(frozen=True)
class _Reused:
    """A span type that has not changed, with what its schemas refer to in other files, and its module."""

    inlined: SpanTypeDefinition
    module: SpanModule


class _Run:
    """One run of all stages over all sources."""

    def __init__(
        self,
        sources: Sequence[str],
        base: Path,
        package: Path,
        progress: Progress | None,
        references: ReferenceSettings,
        *,
        assert_formats: bool,
    ) -> None:
        self.assert_formats = assert_formats
        self.package = package.name
        self.progress = progress
        self.documents, self.unreadable = load_sources(sources, base, package, references)
        self.files = SchemaFiles(base, self.documents, references)
        self.definitions, self.invalid = collect_definitions(self.documents)

    def generate(self, cached: CachedPackage) -> Checked[GeneratedPackage]:
        """Compile the package, but reuse the modules of span types that have not changed."""
        result = self.compile(self.reusable(cached))
        if result is None:  # a new class clashes with a reused module: compile everything, so that it is reported
            result = self.compile({})
            assert result is not None  # noqa: S101  # nothing is reused
        return result

    def reusable(self, cached: CachedPackage) -> dict[str, _Reused]:
        """The span types that have not changed, by name."""
        reusable: dict[str, _Reused] = {}
        for item in self.definitions.span_types if cached.modules else ():
            try:
                inlined = self.inlined(item).value
                module = reusable_module(cached, inlined) if inlined is not None else None
            except RecursionError:  # reported when it is checked
                continue
            if inlined is not None and module is not None:
                reusable[item.name] = _Reused(inlined, module)
        return reusable

    def compile(self, reused: Mapping[str, _Reused]) -> Checked[GeneratedPackage] | None:
        """Run the stages; returns None if a new name is also one of a reused module."""
        tasks, of_tasks = self.tasks(reused)
        quality, of_quality = self.quality()
        of_reused = [
            diagnostic
            for each in reused.values()
            for diagnostic in _diagnostics_of_reused(each, assert_formats=self.assert_formats)
        ]
        compiled, of_compiled = compile_all(tasks, self.progress)
        modules, clashes = _without_clashes(compiled, tasks)
        if _clash_with_reused(compiled, modules, reused.values()):
            return None
        diagnostics = [*self.collected(), *of_tasks, *of_quality, *self.lints(), *of_reused, *of_compiled, *clashes]
        diagnostics = suppress(diagnostics, [*(each.root for each in self.documents), *self.files.parsed.values()])
        if has_errors(diagnostics):
            return Checked(GeneratedPackage(), sorted_diagnostics(diagnostics))
        inlined = {task.written.name: task.inlined for task in tasks}
        inlined |= {name: each.inlined for name, each in reused.items()}
        span_types = [found for item in self.definitions.span_types if (found := inlined[item.name]) is not None]
        modules.extend(each.module for each in reused.values())
        package = self.packaged(Definitions(span_types, quality), modules, compiled)
        return Checked(package, sorted_diagnostics(diagnostics))

    def packaged(
        self, definitions: Definitions, modules: Sequence[SpanModule], compiled: Sequence[Compiled]
    ) -> GeneratedPackage:
        by_name = {module.schema_name: module for module in modules}
        files = package_files(
            definitions,
            [by_name[quote(item.name)] for item in definitions.span_types],
            self.package,
            assert_formats=self.assert_formats,
        )
        untyped_places = {place for each in compiled for place in each.untyped_places}
        # Every run shows the warnings of the model generator, for which it has to compile.
        is_reusable = not any(each.has_generator_warnings for each in compiled)
        origins = {f"{module.module}.py": module.origin for module in modules if is_reusable}
        return GeneratedPackage(files, definitions, untyped_places, origins, self.assert_formats)

    def collected(self) -> Iterator[Diagnostic]:
        """The diagnostics of reading the sources and collecting the definitions."""
        yield from self.unreadable
        for diagnostic in self.invalid:
            # The definitions are probably in the sources that could not be read.
            if not self.unreadable or diagnostic.code != NO_DEFINITIONS.code:
                yield diagnostic
        yield from duplicate_ids(self.documents)

    def lints(self) -> Iterator[Diagnostic]:
        """The warnings about all definitions together, once their references are resolved."""
        yield from unused_documents(self.documents, self.files.parsed)
        yield from lint_forms(self.documents)
        yield from lint_names(self.definitions.span_types)

    def tasks(self, reused: Mapping[str, _Reused]) -> Checked[list[Task]]:
        """The span types to compile: all but the reused ones, which were checked when they were compiled."""
        diagnostics = list(check_names(self.definitions))
        unusable = {item.place for item in (*diagnostics, *self.invalid)}
        tasks: list[Task] = []
        for item in self.definitions.span_types:
            diagnostics.extend(check_data_risk(item.data_risk))
            if item.name not in reused:
                inlined, found = self.inlined(item)
                diagnostics.extend(found)
                tasks.append(Task(item, inlined, item.place not in unusable, self.assert_formats))
        return Checked(tasks, diagnostics)

    def quality(self) -> Checked[list[QualityDefinition]]:
        """The quality definitions without errors, with what their schemas refer to in other files."""
        definitions: list[QualityDefinition] = []
        diagnostics: list[Diagnostic] = []
        for item in self.definitions.quality:
            diagnostics.extend(check_data_risk(item.data_risk))
            schema, found = inline_files(item.schema, self.files)
            problems = [*found, *schema_problems(item.schema, schema, has_helper=False)]
            diagnostics.extend(problems)
            if schema is not None and not has_errors(problems):
                inlined = replace(item, schema=schema)
                diagnostics.extend(lint_definition(inlined))
                definitions.append(inlined)
        return Checked(definitions, diagnostics)

    def inlined(self, item: SpanTypeDefinition) -> Checked[SpanTypeDefinition | None]:
        """The definition with what its schemas refer to in other files; None if a reference cannot be resolved."""
        params, diagnostics = inline_files(item.params, self.files)
        if item.result is None:
            return Checked(None if params is None else replace(item, params=params), diagnostics)
        result, found = inline_files(item.result, self.files)
        inlined = replace(item, params=params, result=result) if params is not None and result is not None else None
        return Checked(inlined, [*diagnostics, *found])


def _diagnostics_of_reused(reused: _Reused, *, assert_formats: bool) -> Iterator[Diagnostic]:
    """Report an unchanged definition's diagnostics at its current lines."""
    if reused.module.origin.has_no_diagnostics:
        return
    for source in (reused.inlined.params, reused.inlined.result):
        if source is not None:
            yield from lint_schema(source.schema)
            yield from check_defaults(source.schema)
    yield from lint_definition(reused.inlined, assert_formats=assert_formats)


def _clash_with_reused(compiled: Iterable[Compiled], modules: Iterable[SpanModule], reused: Iterable[_Reused]) -> bool:
    names = {name for each in compiled for name in each.classes}
    names.update(name for module in modules for name in module.exports)
    return any(not names.isdisjoint(each.module.exports) for each in reused)


def _without_clashes(compiled: Sequence[Compiled], tasks: Sequence[Task]) -> Checked[list[SpanModule]]:
    """The modules without class names that another batch has too; reports the others.

    Clashes inside one batch were reported when it was compiled.
    """
    classes: dict[str, Place] = {}
    modules: list[SpanModule] = []
    diagnostics: list[Diagnostic] = []
    for each in compiled:
        clashing = each.classes.keys() & classes.keys()
        diagnostics.extend(class_clash(name, each.classes[name], classes[name]) for name in sorted(clashing))
        modules.extend(module for module in each.modules if clashing.isdisjoint(module.exports))
        classes |= {name: place for name, place in each.classes.items() if name not in clashing}
    places = {quote(task.written.name): task.written.place for task in tasks}
    owners: dict[str, SpanModule] = {}
    for module in modules:
        for name in module.exports:
            other = owners.setdefault(name, module)
            if other is not module:
                message = f"the generated name {name} is also generated for the span type {other.schema_name}"
                diagnostics.append(NAME_COLLISION.at(places[module.schema_name], message))
    return Checked(modules, diagnostics)
