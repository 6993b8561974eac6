"""The span types of generated packages: that of the project, and others that its code imports."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prefactor_gen.checks.schema_check import check_schema
from prefactor_gen.definitions.definitions import Definitions, SpanTypeDefinition
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document, is_attribute
from prefactor_gen.definitions.span_names import span_names
from prefactor_gen.diagnostics.diagnostics import Checked, DiagnosticError, Place
from prefactor_gen.diagnostics.rules import UNREADABLE_SOURCE
from prefactor_gen.documents.nodes import from_python
from prefactor_gen.package.imports import RESERVED_NAMES
from prefactor_gen.pipeline.resolved_definitions import definitions_of, resolved_definitions
from prefactor_gen.pipeline.settings import Settings

__all__ = ["SpanTypesOfPackage", "own_span_types", "span_types_of_files"]

_CATALOG, _DEFINITIONS = "__init__.py", "__definitions__.py"


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
    path = package / _DEFINITIONS
    if not path.is_file():
        return None
    place = Place(path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix())
    value = _assigned(path, "DEFINITIONS")
    if value is None:
        return Checked(Definitions(), [UNREADABLE_SOURCE.at(place, "expected DEFINITIONS = {…}; run prefactor-gen")])
    try:
        document = Document(place.source, from_python(value, place))
    except DiagnosticError as error:
        return Checked(Definitions(), error.diagnostics)
    return definitions_of([document], SchemaFiles(base, [document], settings.references))


def span_types_of_files(package: Path) -> SpanTypesOfPackage:
    """The span types of a generated package that is not the project's own, as its files name them.

    The package is not imported.
    """
    value = _assigned(package / _CATALOG, "_SPAN_TYPES")
    if not isinstance(value, dict):
        return SpanTypesOfPackage({})
    return SpanTypesOfPackage({str(class_name): str(name) for name, class_name in value.items()})


def _assigned(path: Path, name: str) -> object:
    """The literal that a file assigns to a name; None if it does not, or cannot be read."""
    try:
        tree = ast.parse(path.read_bytes())
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                if isinstance(target, ast.Name) and target.id == name:
                    return ast.literal_eval(node.value)
    except (OSError, SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
    return None
