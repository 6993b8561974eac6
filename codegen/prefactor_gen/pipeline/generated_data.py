"""Reads data that generated modules assign, of which nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document, read_file
from prefactor_gen.diagnostics.diagnostics import Checked, Place
from prefactor_gen.diagnostics.rules import UNREADABLE_SOURCE
from prefactor_gen.documents.nodes import from_python
from prefactor_gen.pipeline.resolved_definitions import definitions_of

__all__ = ["DEFINITIONS_FILE", "assigned_data", "definitions_from_data", "generated_definitions"]

DEFINITIONS_FILE: Final = "__definitions__.py"
"""The module of a generated package that has its definitions."""


def generated_definitions(
    package: Path, shown: str, references: ReferenceSettings | None = None
) -> Checked[Definitions]:
    """The definitions of a generated package.

    Args:
        package: its folder.
        shown: how messages name the folder.
        references: what a `$ref` may lead to outside of the package.

    Raises:
        DiagnosticError: it has no such module, or the module assigns no data.
    """
    source = f"{shown}/{DEFINITIONS_FILE}"
    return definitions_from_data(assigned_data(package / DEFINITIONS_FILE, source, "DEFINITIONS"), source, references)


def definitions_from_data(
    data: object, source: str, references: ReferenceSettings | None = None
) -> Checked[Definitions]:
    """Definitions in the form of a definition file, as plain data.

    Args:
        data: an object with `span_type_schemas`.
        source: what places say that they are in.
        references: what a `$ref` may lead to.

    Raises:
        DiagnosticError: it holds a value that JSON cannot express.
    """
    documents = [Document(source, from_python(data, Place(source)))]
    base = Path() if references is None else references.base
    return definitions_of(documents, SchemaFiles(base, documents, references))


def assigned_data(path: Path, source: str, variable: str) -> object:
    """The data that a module assigns to a variable.

    Args:
        path: the file.
        source: how messages name it.
        variable: the name of the variable.

    Raises:
        DiagnosticError: the file cannot be read, or does not assign plain data to it.
    """
    try:
        return next(_values(ast.parse(read_file(path, source)), variable))
    except (StopIteration, SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        # What is nested too deeply is a MemoryError of the parser.
        message = f"expected {variable} = {{…}} with plain data, as prefactor-gen writes it"
        raise UNREADABLE_SOURCE.error(Place(source), message) from None


def _values(module: ast.Module, variable: str) -> Iterator[object]:
    for node in ast.walk(module):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name == variable:
                yield ast.literal_eval(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == variable:
                yield ast.literal_eval(value)
