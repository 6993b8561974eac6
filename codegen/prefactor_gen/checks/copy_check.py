"""Checks that copies of schemas from the web are still those that were fetched. Nothing is fetched here."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.definitions.reference_lock import LOCK, content_hash
from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.definitions.sources import display_name, read_file, real_path
from prefactor_gen.diagnostics.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.diagnostics.rules import CHANGED_COPY

__all__ = ["check_copies"]


def check_copies(references: ReferenceSettings) -> Iterator[Diagnostic]:
    """Report each copy that differs from the lock file, and each hash in it without a copy."""
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
