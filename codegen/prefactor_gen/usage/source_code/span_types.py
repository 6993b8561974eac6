"""The span types of generated packages: that of the project, and others that its code imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.python_names import pascal
from prefactor_gen.definitions.sources import Document, display_name, is_attribute, load_sources
from prefactor_gen.definitions.span_names import span_names
from prefactor_gen.diagnostics.diagnostics import Checked, DiagnosticError, Place
from prefactor_gen.package.imports import RESERVED_NAMES
from prefactor_gen.pipeline.files_and_package import files_and_package
from prefactor_gen.pipeline.generated_data import DEFINITIONS_FILE, assigned_data, generated_definitions
from prefactor_gen.pipeline.resolved_definitions import nested_references
from prefactor_gen.pipeline.settings import Settings
from prefactor_gen.pipeline.source_definitions import checked_definitions

__all__ = ["SpanTypesOfPackage", "own_span_types", "span_types_of_files"]


@dataclass(frozen=True, eq=False)
class SpanTypesOfPackage:
    """The span types of a generated package.

    Attributes:
        classes: the name of each span type by its class.
        definitions: the definitions by the name of the span type; empty for a package of somebody else.
    """

    classes: Mapping[str, str]
    definitions: Mapping[str, SpanTypeDefinition] = field(default_factory=dict)

    @property
    def class_names(self) -> dict[str, str]:
        """The class of each span type."""
        return {name: class_name for class_name, name in reversed([*self.classes.items()])}

    @cached_property
    def renamed(self) -> dict[str, str]:
        """The span types, and their classes, by the names that they had before."""
        former = {each.renamed_from: each.name for each in self.definitions.values() if each.renamed_from}
        classes = self.class_names
        return former | {pascal(old): classes[new] for old, new in former.items() if new in classes}


def own_span_types(
    sources: Sequence[str], base: Path, package: Path, settings: Settings
) -> Checked[SpanTypesOfPackage | None]:
    """The span types that the project defines, and what is wrong with the definitions.

    A registry in Python is not imported. What it defines is read from the generated package.

    Returns:
        None if a source is a registry, and there is no generated package.
    """
    try:
        read = _documents(sources, base, package, settings)
    except DiagnosticError as error:
        return Checked(SpanTypesOfPackage({}), error.diagnostics)
    except RecursionError:
        return Checked(SpanTypesOfPackage({}), [nested_references(Place(", ".join(sources)))])
    if read is None:
        return Checked(None)
    found, diagnostics = checked_definitions(read, base, package, settings)
    names, _ = span_names(found.span_types, RESERVED_NAMES.__contains__)
    classes = {each.class_name: name for name, each in names.items()}
    former = {old: classes[new] for old, new in settings.former_names if new in classes}
    definitions = {item.name: item for item in found.span_types}
    return Checked(SpanTypesOfPackage(classes | former, definitions), diagnostics)


def _documents(sources: Sequence[str], base: Path, package: Path, settings: Settings) -> Checked[list[Document]] | None:
    """The definitions of the sources; None if some are in Python, and there is no generated package."""
    files = [each for each in sources if not is_attribute(each, base)]
    if len(files) == len(sources):
        return load_sources(sources, base, package, settings.references)
    if not (package / DEFINITIONS_FILE).is_file():
        return None
    generated, _ = generated_definitions(package, display_name(package, base), settings.references)
    return files_and_package(files, generated, base, package, settings).read


def span_types_of_files(package: Path) -> SpanTypesOfPackage:
    """The span types of a generated package that is not the project's own, as its files name them.

    The package is not imported.
    """
    try:
        value = assigned_data(package / "__init__.py", "", "_SPAN_TYPES")
    except DiagnosticError:
        return SpanTypesOfPackage({})
    return SpanTypesOfPackage(
        {str(class_name): str(name) for name, class_name in value.items()} if isinstance(value, dict) else {}
    )
