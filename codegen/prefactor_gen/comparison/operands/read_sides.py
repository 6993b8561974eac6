"""Reads one side of a comparison from definition files or from a generated package."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from prefactor_gen.comparison.operands.operands import OperandError
from prefactor_gen.comparison.operands.sides import Side
from prefactor_gen.definitions.python_names import names_made_of
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document, load_sources, read_file
from prefactor_gen.diagnostics.diagnostics import Checked, DiagnosticError, Place, has_errors
from prefactor_gen.diagnostics.rules import NO_DEFINITIONS
from prefactor_gen.pipeline.files_and_package import files_and_package
from prefactor_gen.pipeline.generated_data import DEFINITIONS_FILE, generated_definitions
from prefactor_gen.pipeline.resolved_definitions import definitions_of, nested_references
from prefactor_gen.pipeline.settings import Settings

__all__ = ["side_of_files_and_package", "side_of_package", "side_of_sources", "with_definitions"]


def side_of_sources(name: str, sources: Sequence[str], base: Path, package: Path, settings: Settings) -> Side:
    """The side of a project.

    Args:
        name: what output calls it.
        sources: files, folders and `module:attribute` registries.
        base: the project folder, which paths are relative to.
        package: the folder of the package that is generated from them.
        settings: what the configuration says beside that.
    """
    return _side_of_documents(name, load_sources(sources, base, package, settings.references), base, package, settings)


def side_of_files_and_package(
    generated: Side, files: Sequence[str], base: Path, shown: str, settings: Settings
) -> Side:
    """The side of a project of whose sources some are Python, which is not run.

    Files say what they define. The generated package says the rest: it lacks what is not sent to the API, such as the
    deprecation of a span type, and it may be of older files.

    Args:
        generated: the side of the generated package.
        files: the files and folders among the sources.
        base: the project folder, which paths are relative to.
        shown: how messages name the folder of the package.
        settings: what the configuration says beside that.
    """
    if not files:
        return generated
    name, package = generated.name, generated.base
    try:
        both = files_and_package(files, generated.definitions, base, package, settings)
    except RecursionError:
        raise OperandError(str(nested_references(Place(", ".join(files))))) from None
    side = _side_of_documents(name, both.read, base, package, settings)
    stale = ", ".join(both.stale)
    remark = f"{name}: {shown} was older than the definition files of {stale}; the files are compared"
    return replace(side, remarks=[remark] if stale else [])


def _side_of_documents(name: str, read: Checked[list[Document]], base: Path, package: Path, settings: Settings) -> Side:
    try:
        definitions, found = definitions_of(read.value, SchemaFiles(base, read.value, settings.references))
    except RecursionError:
        sources = ", ".join(each.source for each in read.value)
        raise OperandError(str(nested_references(Place(sources)))) from None
    known = {each.name for each in definitions.span_types}
    without_former = replace(settings, former_names=())  # they may be of span types that are not generated

    def generate(names: Collection[str]) -> Checked[Mapping[str, str]]:
        from prefactor_gen.pipeline.stages import generate_some  # loads the model generator

        if known.isdisjoint(names) and not definitions.quality and not has_errors([*read.diagnostics, *found]):
            return Checked({})
        generated, diagnostics = generate_some(read, base, package, without_former, frozenset(names))
        return Checked(generated.files, diagnostics)

    return Side(
        name,
        definitions,
        [*read.diagnostics, *found],
        base=base,
        generate=generate,
        other_exports=frozenset(each for old, _ in settings.former_names for each in names_made_of(old)),
        assert_formats=settings.assert_formats,
    )


def with_definitions(side: Side) -> Side:
    """The side itself.

    Raises:
        OperandError: there are neither definitions nor errors in what the user named: something else was meant.
    """
    is_empty = not side.definitions.span_types and not side.definitions.quality
    if is_empty and all(each.code == NO_DEFINITIONS.code for each in side.diagnostics):
        raise OperandError(f"{side.name} has no definitions")
    return side


def side_of_package(name: str, package: Path, shown: str) -> Side:
    """The side of a generated package, of which nothing is run.

    Args:
        name: what output calls it.
        package: its folder.
        shown: how messages name the folder.

    Raises:
        OperandError: it cannot be read.
    """
    try:
        found = generated_definitions(package, shown.rstrip("/"))
    except DiagnosticError as error:
        raise OperandError.of(error) from None

    def modules(_names: Collection[str]) -> Checked[Mapping[str, str]]:
        files = sorted(each for each in package.glob("*.py") if each.name != DEFINITIONS_FILE)
        return Checked({each.name: _text(each, shown) for each in files}, found.diagnostics)

    return Side(name, found.value, found.diagnostics, base=package, generate=modules, has_deprecations=False)


def _text(file: Path, shown: str) -> str:
    try:
        return read_file(file, f"{shown}/{file.name}").decode()
    except DiagnosticError as error:
        raise OperandError.of(error) from None
    except UnicodeDecodeError:
        raise OperandError(f"{shown}/{file.name}: expected UTF-8 text") from None
