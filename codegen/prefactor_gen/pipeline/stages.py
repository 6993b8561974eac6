"""Runs the stages in order, from the sources to the files of a package. Nothing is written here.

1. `definitions` reads the sources, collects the span types, and resolves references to other files.
2. `pipeline.reuse` decides which span types keep their module.
3. `checks` reports what is wrong with the others, and what is probably a mistake.
4. `models` makes one document of their schemas, and classes of the document.
5. `package` plans each module and renders it.

`command.generate` writes the files, by `package.output_folder`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from prefactor_gen.checks.all_checks import lint_definition, schema_problems
from prefactor_gen.definitions.definitions import Definitions, SpanTypeDefinition
from prefactor_gen.definitions.reserved_names import ReservedNames, names_in_package
from prefactor_gen.definitions.sources import Document, load_sources
from prefactor_gen.definitions.span_names import SpanNames
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place, has_errors, sorted_diagnostics
from prefactor_gen.diagnostics.rules import MODEL_GENERATOR_FAILED, stops
from prefactor_gen.models.bundle import class_clash, nested_too_deep
from prefactor_gen.models.nesting import first_too_deep
from prefactor_gen.package.imports import RESERVED_NAMES
from prefactor_gen.package.literals import quote
from prefactor_gen.pipeline.cache import CachedModule, CachedPackage
from prefactor_gen.pipeline.package_files import package_files, resolved_former_names
from prefactor_gen.pipeline.processes import Progress, compile_all
from prefactor_gen.pipeline.resolved_definitions import nested_references
from prefactor_gen.pipeline.reuse import GeneratedModule, definition_digest, reusable_module, shared_digest
from prefactor_gen.pipeline.settings import Settings
from prefactor_gen.pipeline.source_definitions import SourceDefinitions
from prefactor_gen.pipeline.span_types import Compiled, SharedTask, Task

__all__ = ["GeneratedPackage", "generate_package", "generate_some"]


@dataclass(frozen=True)
class GeneratedPackage:
    """A generated package. It is empty if there are errors.

    Attributes:
        files: the text of each file, by name.
        definitions: with what their schemas refer to in other files.
        untyped_places: the places of the keywords that the generated types cannot express.
        modules: those that a later run may reuse, by file name.
        assert_formats: payloads must match the formats of their schemas.
        span_modules: the module of each span type, by the name of the span type.
    """

    files: dict[str, str] = field(default_factory=dict)
    definitions: Definitions = field(default_factory=Definitions)
    untyped_places: set[Place] = field(default_factory=set)
    modules: dict[str, CachedModule] = field(default_factory=dict)
    assert_formats: bool = False
    span_modules: dict[str, GeneratedModule] = field(default_factory=dict)


def generate_package(
    sources: Sequence[str],
    base: Path,
    package: Path,
    settings: Settings | None = None,
    *,
    cached: CachedPackage | None = None,
    progress: Progress | None = None,
) -> Checked[GeneratedPackage]:
    """Compile definitions into the files of a package.

    Args:
        sources: files, folders and `module:attribute` registries.
        base: the project folder, which paths are relative to.
        package: the folder of the package, whose name is that of the package.
        settings: what the configuration says beside that.
        cached: the result of an earlier run of this generator, with modules to reuse; affects speed only.
        progress: called while span types are compiled.
    """
    settings = settings or Settings()
    read = load_sources(sources, base, package, settings.references)
    try:
        return _Run(read, base, package, settings, progress=progress).generate(cached or CachedPackage())
    except RecursionError:
        return Checked(GeneratedPackage(), [nested_references(Place(", ".join(sources)))])


def generate_some(
    read: Checked[list[Document]], base: Path, package: Path, settings: Settings, only: Container[str]
) -> Checked[GeneratedPackage]:
    """Compile some span types, into the modules that they have in the package of all.

    Args:
        read: the definitions of all, and what is wrong with their files.
        base: the project folder, which paths are relative to.
        package: the folder of the package.
        settings: what the configuration says beside that.
        only: the names of the span types to compile.

    Raises:
        RecursionError: their references to each other are nested too deeply.
    """
    return _Run(read, base, package, settings, only=only).generate(CachedPackage())


@dataclass(frozen=True)
class _Reused:
    """A span type that has not changed, with what its schemas refer to in other files, and its module."""

    inlined: SpanTypeDefinition
    module: GeneratedModule


class _Run(SourceDefinitions):
    """One run of all stages over all sources."""

    def __init__(
        self,
        read: Checked[list[Document]],
        base: Path,
        package: Path,
        settings: Settings,
        *,
        progress: Progress | None = None,
        only: Container[str] | None = None,
    ) -> None:
        super().__init__(read, base, package, settings)
        self.only = only
        self.progress = progress
        classes = [each.class_name for each in self.names.values()]
        self.in_package = names_in_package(RESERVED_NAMES, classes, self.shared.types)

    def is_chosen(self, item: SpanTypeDefinition) -> bool:
        return self.only is None or item.name in self.only

    def reserved(self, names: SpanNames) -> ReservedNames:
        return self.in_package.reserved_for(f"{names.class_name}Params", f"{names.class_name}Result")

    def generate(self, cached: CachedPackage) -> Checked[GeneratedPackage]:
        """Compile the package, but reuse the modules of definitions that have not changed."""
        result = self.compile(self.reusable(cached), self.reusable_shared(cached))
        if result is None:  # a new class clashes with a reused module: compile everything, so that it is reported
            result = self.compile({}, {})
            assert result is not None  # noqa: S101  # nothing is reused
        return result

    def reusable(self, cached: CachedPackage) -> dict[str, _Reused]:
        """The span types that have not changed, by name."""
        reusable: dict[str, _Reused] = {}
        for inlined, _ in self.inlined if cached.modules else ():
            names = self.names.get(inlined.name) if inlined is not None else None
            if inlined is None or names is None:
                continue
            digest = definition_digest(inlined, names, self.reserved(names), self.shared)
            module = reusable_module(cached, digest, names.module, names.class_name, quote(inlined.name))
            if module is not None:
                reusable[inlined.name] = _Reused(inlined, module)
        return reusable

    def reusable_shared(self, cached: CachedPackage) -> dict[str, GeneratedModule]:
        """The modules of shared types that have not changed, by class name."""
        modules = {
            each.name: reusable_module(cached, shared_digest(self.shared, each.name), each.module)
            for each in self.shared.types.values()
            if cached.modules
        }
        return {name: module for name, module in modules.items() if module is not None}

    def compile(
        self, reused: Mapping[str, _Reused], reused_shared: Mapping[str, GeneratedModule]
    ) -> Checked[GeneratedPackage] | None:
        """Run the stages; returns None if a new name is also one of a reused module."""
        tasks, of_tasks = self.tasks(reused)
        shared_tasks = [
            SharedTask(name, self.shared, self.assert_formats)
            for name in self.shared.types
            if name not in reused_shared
        ]
        quality, of_quality = self.quality()
        of_reused = [
            diagnostic
            for each in reused.values()
            for diagnostic in _diagnostics_of_reused(each, assert_formats=self.assert_formats)
        ]
        compiled, of_compiled = compile_all([*shared_tasks, *tasks], self.progress)
        modules, clashes = _without_clashes(compiled)
        unchanged = [*(each.module for each in reused.values()), *reused_shared.values()]
        if _clash_with_reused(compiled, modules, unchanged):
            return None
        deep = self.nested_too_deep(compiled, reused_shared.values())
        found = (self.collected(), of_tasks, of_quality, self.lints(), of_reused, of_compiled, clashes, deep)
        diagnostics = [diagnostic for each in found for diagnostic in each]
        former, of_former = resolved_former_names(self.settings.former_names, [*modules, *unchanged])
        diagnostics.extend(of_former if not stops(diagnostics) else ())
        diagnostics = _without_consequences(diagnostics)
        is_complete = not (reused or reused_shared) and self.only is None
        diagnostics = self.not_allowed(diagnostics, is_complete=is_complete)
        if has_errors(diagnostics):
            return Checked(GeneratedPackage(), sorted_diagnostics(diagnostics))
        span_types = [each.value for each in self.inlined if each.value is not None and self.is_chosen(each.value)]
        package = self.packaged(Definitions(span_types, quality), [*modules, *unchanged], former, compiled)
        return Checked(package, sorted_diagnostics(diagnostics))

    def nested_too_deep(self, compiled: Iterable[Compiled], reused: Iterable[GeneratedModule]) -> Iterator[Diagnostic]:
        """Report the payloads in which types of several modules are nested too deep."""
        fresh = {name: found for each in compiled for name, found in each.references.items()}
        known = fresh | {name: found for module in reused for name, found in module.origin.references.items()}
        places = {name: place for each in compiled for name, place in each.classes.items()}
        reported = set[str]()
        for name in sorted(fresh.keys() - self.shared.types.keys()):
            deep = first_too_deep(name, lambda each: known.get(each, ()))
            if deep is not None and deep not in reported:
                reported.add(deep)
                yield nested_too_deep(places.get(deep) or places[name])

    def packaged(
        self,
        definitions: Definitions,
        modules: Sequence[GeneratedModule],
        former: Sequence[tuple[str, str]],
        compiled: Sequence[Compiled],
    ) -> GeneratedPackage:
        of_literals = {module.schema_name: module for module in modules if module.schema_name}
        span_modules = {item.name: of_literals[quote(item.name)] for item in definitions.span_types}
        shared = sorted((each for each in modules if not each.schema_name), key=attrgetter("module"))
        files = package_files(
            definitions,
            list(span_modules.values()),
            shared=shared,
            shared_definitions=self.shared.document,
            former_names=former,
            package=self.package,
            assert_formats=self.assert_formats,
        )
        untyped_places = {place for each in compiled for place in each.untyped_places}
        # Every run shows the warnings of the model generator, for which it has to compile.
        is_reusable = not any(each.has_generator_warnings for each in compiled)
        origins = {f"{module.module}.py": module.origin for module in modules if is_reusable}
        return GeneratedPackage(files, definitions, untyped_places, origins, self.assert_formats, span_modules)

    def tasks(self, reused: Mapping[str, _Reused]) -> Checked[list[Task]]:
        """The span types to compile: all but the reused ones, which were checked when they were compiled."""
        diagnostics = [*self.of_all()]
        tasks: list[Task] = []
        for item, (inlined, found) in zip(self.definitions.span_types, self.inlined, strict=True):
            if item.name in reused or not self.is_chosen(item):
                continue
            diagnostics.extend(found)
            names = self.names.get(item.name) if item.place not in self.invalid_places else None
            reserved = self.reserved(names) if names is not None else ReservedNames()
            tasks.append(Task(item, inlined, names, reserved, self.shared, self.assert_formats))
        return Checked(tasks, diagnostics)


def _diagnostics_of_reused(reused: _Reused, *, assert_formats: bool) -> Iterator[Diagnostic]:
    """Report an unchanged definition's diagnostics at its current lines."""
    if reused.module.origin.has_no_diagnostics:
        return
    for source in (reused.inlined.params, reused.inlined.result):
        if source is not None:
            yield from schema_problems(source, source)
    yield from lint_definition(reused.inlined, assert_formats=assert_formats)


def _clash_with_reused(
    compiled: Iterable[Compiled], modules: Iterable[GeneratedModule], reused: Iterable[GeneratedModule]
) -> bool:
    names = {name for each in compiled for name in each.classes}
    names.update(name for module in modules for name in module.exports)
    return any(not names.isdisjoint(each.exports) for each in reused)


def _without_consequences(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics without those of the model generator, if there are other errors: it fails because of them."""
    others = [each for each in diagnostics if each.code != MODEL_GENERATOR_FAILED.code]
    return others if stops(others) else diagnostics


def _without_clashes(compiled: Sequence[Compiled]) -> Checked[list[GeneratedModule]]:
    """The modules without class names that another batch has too; reports the others.

    Clashes inside one batch were reported when it was compiled. Only names that schemas choose can clash.
    """
    classes: dict[str, Place] = {}
    modules: list[GeneratedModule] = []
    diagnostics: list[Diagnostic] = []
    for each in compiled:
        clashing = each.classes.keys() & classes.keys()
        diagnostics.extend(class_clash(name, each.classes[name], classes[name]) for name in sorted(clashing))
        modules.extend(module for module in each.modules if clashing.isdisjoint(module.exports))
        classes |= {name: place for name, place in each.classes.items() if name not in clashing}
    return Checked(modules, diagnostics)
