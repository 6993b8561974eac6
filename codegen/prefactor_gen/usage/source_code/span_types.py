"""The span types of generated packages: that of the project, and others that its code imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prefactor_gen.checks.schema_check import check_schema
from prefactor_gen.definitions.definitions import Definitions, SpanTypeDefinition
from prefactor_gen.definitions.sources import display_name, is_attribute
from prefactor_gen.definitions.span_names import span_names
from prefactor_gen.diagnostics.diagnostics import Checked, DiagnosticError
from prefactor_gen.package.imports import RESERVED_NAMES
from prefactor_gen.pipeline.generated_data import DEFINITIONS_FILE, assigned_data, generated_definitions
from prefactor_gen.pipeline.resolved_definitions import resolved_definitions
from prefactor_gen.pipeline.settings import Settings

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


def own_span_types(
    sources: Sequence[str], base: Path, package: Path, settings: Settings
) -> Checked[SpanTypesOfPackage | None]:
    """The span types that the project defines, and what is wrong with the definitions.

    A registry in Python is not imported. Its definitions are those of the generated package.

    Returns:
        None if a source is a registry, and there is no generated package.
    """
    if any(is_attribute(source, base) for source in sources):
        found = _generated_definitions(package, base, settings)
    else:
        found = resolved_definitions(sources, base, package, settings)
    if found is None:
        return Checked(None)
    span_types = found.value.span_types
    schemas = [source for item in span_types for source in (item.params, item.result) if source is not None]
    of_schemas = [each for source in schemas for each in check_schema(source)]
    names, of_names = span_names(span_types, RESERVED_NAMES.__contains__)
    classes = {each.class_name: name for name, each in names.items()}
    former = {old: classes[new] for old, new in settings.former_names if new in classes}
    definitions = {item.name: item for item in span_types}
    return Checked(SpanTypesOfPackage(classes | former, definitions), [*found.diagnostics, *of_schemas, *of_names])


def _generated_definitions(package: Path, base: Path, settings: Settings) -> Checked[Definitions] | None:
    """The definitions of the generated package; None if there is none."""
    if not (package / DEFINITIONS_FILE).is_file():
        return None
    try:
        return generated_definitions(package, display_name(package, base), settings.references)
    except DiagnosticError as error:
        return Checked(Definitions(), error.diagnostics)


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
