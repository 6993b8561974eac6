"""Checks that copies of schemas from the web are still those that were fetched. Nothing is fetched here."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.definitions.reference_lock import LOCK, content_hash
from prefactor_gen.definitions.reference_settings import ReferenceSettings, is_fetchable
from prefactor_gen.definitions.sources import display_name, read_file, real_path
from prefactor_gen.diagnostics.diagnostics import Diagnostic, DiagnosticError, Place, Severity
from prefactor_gen.diagnostics.rules import CHANGED_COPY

__all__ = ["check_copies"]


def check_copies(references: ReferenceSettings) -> Iterator[Diagnostic]:
    """Report each copy that differs from the lock file, each hash in it without a copy, and that there is none."""
    if lost := _without_lock(references):
        urls = lost[0] if len(lost) == 1 else f"{lost[0]} and {len(lost) - 1} more"
        advice = "restore it, or run prefactor-gen refs update"
        message = f"there is no {LOCK} with the hash of the copy of {urls}: {advice}"
        # A note only: copies that were saved by hand need none. `refs check` takes it for an error.
        yield CHANGED_COPY.at(Place("pyproject.toml"), message, Severity.NOTE)
    for url, expected in sorted(references.locked.items()):
        path = references.copy_of(url)
        if path is None:
            missing = "its copy is missing" if references.names(url) else "[tool.prefactor-gen.refs] does not name it"
            yield CHANGED_COPY.at(Place(LOCK), f"{url} has a hash here, but {missing}: run prefactor-gen refs update")
            continue
        name = display_name(path, real_path(references.base))
        try:
            found = content_hash(read_file(path, name))
        except DiagnosticError as error:
            yield from error.diagnostics
            continue
        if found != expected:
            message = f"differs from {LOCK}: edited here? prefactor-gen refs update takes the remote one"
            yield CHANGED_COPY.at(Place(name), message)


def _without_lock(references: ReferenceSettings) -> list[str]:
    """The URLs of the copies that could have a hash, if there is no lock file: nobody sees that they are edited."""
    if not references.copies or (references.base / LOCK).is_file():
        return []
    return sorted(filter(is_fetchable, references.copies))
