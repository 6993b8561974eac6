"""Definitions that are data: those of a generated package, and those that the platform has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from prefactor_gen.comparison.operands import OperandError
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document, read_file
from prefactor_gen.diagnostics.diagnostics import Checked, DiagnosticError, Place
from prefactor_gen.documents.nodes import from_python
from prefactor_gen.pipeline.resolved_definitions import definitions_of

__all__ = ["DEFINITIONS_FILE", "definitions_from_data", "read_generated_definitions"]

DEFINITIONS_FILE = "__definitions__.py"
"""The module of a generated package that has its definitions."""
_VARIABLE = "DEFINITIONS"


def definitions_from_data(data: object, source: str) -> Checked[Definitions]:
    """Definitions in the form of a definition file, as plain data.

    Args:
        data: an object with `span_type_schemas`.
        source: what places say that they are in.

    Raises:
        DiagnosticError: it holds a value that JSON cannot express.
    """
    documents = [Document(source, from_python(data, Place(source)))]
    return definitions_of(documents, SchemaFiles(Path(), documents))


def read_generated_definitions(package: Path, shown: str) -> Checked[Definitions]:
    """The definitions of a generated package, of which nothing is run.

    Args:
        package: its folder.
        shown: how messages name the folder.

    Raises:
        OperandError: it has no such module, or the module assigns no data.
    """
    source = f"{shown}/{DEFINITIONS_FILE}"
    try:
        text = read_file(package / DEFINITIONS_FILE, source).decode()
        data = next(_assigned(ast.parse(text)))
        return definitions_from_data(data, source)
    except DiagnosticError as error:
        raise OperandError(str(error.diagnostics[0])) from None
    except (StopIteration, SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        # What is nested too deeply is a MemoryError of the parser.
        message = f"{source}: expected {_VARIABLE} = {{…}} with plain data, as prefactor-gen writes it"
        raise OperandError(message) from None


def _assigned(module: ast.Module) -> Iterator[object]:
    """The values that are assigned to the variable."""
    for statement in module.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name == _VARIABLE:
                yield ast.literal_eval(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == _VARIABLE:
                yield ast.literal_eval(value)
