"""Reads the source of an import, and writes its definition file and the lock."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.exit_codes import DONE, WRONG, exit_code
from prefactor_gen.command.imports.effects import changes_of, check_names, only_in_overlay, outside_paths, wrong_overlay
from prefactor_gen.command.imports.project import ImportProject, command_for, read_text, source_errors
from prefactor_gen.command.imports.reading import read_source
from prefactor_gen.command.imports.report import ImportReport, print_report
from prefactor_gen.command.imports.sources import given_options, options_again, source_named
from prefactor_gen.command.paths import shown_path
from prefactor_gen.command.turns import own_turn
from prefactor_gen.command.writing import writing
from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.importing.lock import LOCK, LockEntry, lock_text, read_lock
from prefactor_gen.package.output_folder import Change, write

if TYPE_CHECKING:
    from prefactor_gen.importing.definition_file import ImportedFile
    from prefactor_gen.importing.span_types import Found, Imported

__all__ = ["run_import"]


def run_import(kind: str, options: Namespace) -> int:
    """Import the span types of a source; returns the exit code.

    Args:
        kind: which source, one of `SOURCES`.
        options: its options, and `name`, `force`, `format` and `strict`.

    Raises:
        ConfigError: the source cannot be read, or the file cannot be written. Nothing has been written then.
    """
    from prefactor_gen.importing.definition_file import digest, imported_file, input_digest

    with source_errors():
        project = ImportProject.here()
    source = source_named(kind)
    name = source.default_name(options) if options.name is None else options.name
    if name is None and not given_options(source, options):
        raise ConfigError(f"{kind}: expected what to import, as in prefactor-gen import {source.EXAMPLE}")
    if name is None:
        raise ConfigError(f"expected --name NAME, with which the names of the span types begin: {kind} --name NAME …")
    path = project.path_for(name)
    given = _options(kind, name, _with_relative_paths(given_options(source, options), source.PATHS, project), project)
    if not options.force:
        project.check_replaceable(name, path)
    with source_errors(name):
        imported = read_source(kind, name, given, project)
        made = imported_file(imported, name, f"prefactor-gen {command_for(kind, name)}", project.references)
    if not options.force:
        check_names(made, path, project)
    changes = changes_of(made, path, project)
    left = only_in_overlay(path, read_text(path), made.text)
    if made.definitions:
        file = path.relative_to(project.base).as_posix()
        entry = LockEntry(kind, file, imported.source, input_digest(imported), digest(made.text), given)
        with own_turn(project.base), source_errors():
            others = read_lock(project.base)  # the source may have taken long to read
            _write({path: made.text, project.base / LOCK: lock_text({**others, name: entry})})
    found = [*made.found, *wrong_overlay(path), *left, *outside_paths(given, source.PATHS)]
    print_report(replace(_report(imported, made, path, project), found=found, changes=changes), options.format)
    return max(
        DONE if made.definitions else WRONG,
        exit_code((each.severity for each in found), strict=options.strict),
    )


def _report(imported: Imported, made: ImportedFile, path: Path, project: ImportProject) -> ImportReport:
    is_compiled = project.is_compiled or not made.definitions
    folder = json.dumps(path.parent.relative_to(project.base).as_posix())
    return ImportReport(
        origin=imported.source,
        file=shown_path(path),
        written=made.count,
        offered=max(made.count, len(imported.span_types) + sum(_is_left_out(each) for each in imported.found)),
        noun=imported.noun,
        found=made.found,
        hint="" if is_compiled else f"add {folder} to sources in [tool.prefactor-gen] of pyproject.toml",
    )


def _is_left_out(found: Found) -> bool:
    """Whether the source itself has left out a span type."""
    return bool(found.about) and found.severity is Severity.ERROR


def _options(kind: str, name: str, given: Mapping[str, object], project: ImportProject) -> Mapping[str, object]:
    """The options of an import: those that are given, or those of the last time."""
    entry = project.lock.get(name)
    if entry is not None and entry.source != kind:
        raise ConfigError(f"--name: {name!r} is an import of {entry.source}; choose another, or import --remove {name}")
    return given if entry is None else options_again(given, entry.options)


def _with_relative_paths(
    given: Mapping[str, object], paths: Sequence[str], project: ImportProject
) -> Mapping[str, object]:
    """The options with paths relative to the project, not to the working folder."""

    def relative(value: object) -> object:
        if isinstance(value, list):
            return [relative(each) for each in value]
        if isinstance(value, str) and not os.path.isabs(value) and "://" not in value:
            return Path(os.path.relpath(value, project.base)).as_posix()
        return value

    return {key: relative(value) if key in paths else value for key, value in given.items()}


def _write(texts: Mapping[Path, str]) -> None:
    with writing():
        write([Change(path, None, text) for path, text in texts.items()])
