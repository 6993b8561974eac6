"""What an import does to the project: what changes for span types, and whether the overlay still fits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.command.import_project import ImportProject, read_text, shown
from prefactor_gen.definitions.overlays import overlay_of
from prefactor_gen.definitions.sources import parse_file
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Severity
from prefactor_gen.importing.span_types import Found

if TYPE_CHECKING:
    from prefactor_gen.comparison.changes import Change
    from prefactor_gen.importing.definition_file import ImportedFile

__all__ = ["changes_of", "wrong_overlay"]


def changes_of(made: ImportedFile, path: Path, project: ImportProject) -> Sequence[Change]:
    """What changes with the definition file; nothing if it is new, or was edited until it is none."""
    text = read_text(path) if made.definitions else None
    if text is None or text == made.text:
        return ()
    from prefactor_gen.command.import_changes import import_changes

    try:
        return import_changes(text, made.text, made.definitions, path, project).changes
    except DiagnosticError:
        return ()


def wrong_overlay(path: Path) -> list[Found]:
    """What is wrong with the overlay of a definition file that is new."""
    if path.is_file() and overlay_of(path) is not None:
        try:
            parse_file(path, shown(path))
        except DiagnosticError as error:
            return [Found("", f"{each.place}: {each.message}", Severity.ERROR) for each in error.diagnostics]
    return []
