"""`prefactor-gen import --check`: whether the imported definition files are what their sources say now."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from prefactor_gen.command.change_lines import change_lines, said
from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.exit_codes import DONE, USAGE, WRONG
from prefactor_gen.command.imports.project import RESTORE, ImportProject, command_for, read_text, source_errors
from prefactor_gen.command.imports.reading import read_sources
from prefactor_gen.command.imports.report import change_members
from prefactor_gen.command.paths import shown_path
from prefactor_gen.command.report import OUTPUT_FORMATS, print_lines
from prefactor_gen.definitions.overlays import OVERLAY
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, printable
from prefactor_gen.importing.definition_file import digest, imported_file, input_digest
from prefactor_gen.importing.lock import LOCK, LockEntry

if TYPE_CHECKING:
    from prefactor_gen.comparison.judgement import Judged
    from prefactor_gen.importing.span_types import Imported

__all__ = ["check_imports"]

_CODE = "import"


@dataclass(frozen=True, kw_only=True)
class _Finding:
    """An import that is not as it should be.

    Attributes:
        name: the name of the import.
        file: its definition file, as messages show it.
        message: what is wrong, and what to do.
        changes: what has changed, if the source was read.
        code: the exit code.
    """

    name: str
    file: str
    message: str
    changes: Sequence[Judged] = ()
    code: int = WRONG


def check_imports(options: Namespace) -> int:
    """Compare all imports with their sources, and print what has changed; returns the exit code.

    Raises:
        ConfigError: the lock cannot be read, or this is no project.
    """
    with source_errors():
        project = ImportProject.here()
    unlocked = project.unlocked_files()
    if project.wanted and not (project.lock or unlocked):  # another folder was meant
        raise ConfigError(f"--check: expected {LOCK} here, or {project.wanted}")
    entries = {name: _with_timeout(entry, options.timeout) for name, entry in project.lock.items()}
    problems = {name: _edited(name, entry, project) for name, entry in entries.items()}
    edited = {name: finding for name, finding in problems.items() if finding is not None}
    unedited = {name: entry for name, entry in sorted(entries.items()) if name not in edited}
    outdated = {} if options.offline else _outdated_imports(unedited, project)
    found = [finding for _, finding in sorted({**edited, **outdated}.items())]
    for path in unlocked:
        message = f"{shown_path(path)} was written by an import that {LOCK} does not have; {RESTORE}"
        found.append(_Finding(name=path.stem, file=shown_path(path), message=message))
    _PRINT[options.format](found, sys.stdout)
    if not found and options.format == "text":
        number = len(project.lock)
        noun = "import is" if number == 1 else "imports are"
        print(f"{number} {noun} as {'written' if options.offline else 'the sources say'}" if number else "no imports")
    return max((each.code for each in found), default=DONE)


def _with_timeout(entry: LockEntry, timeout: float | None) -> LockEntry:
    """The import with another time to wait for its server, if it has one."""
    if timeout is None or entry.source != "mcp" or "file" in entry.options:
        return entry
    return replace(entry, options={**entry.options, "timeout": timeout})


def _edited(name: str, entry: LockEntry, project: ImportProject) -> _Finding | None:
    """That the file of an import is missing, or is not as it was written; None if it is."""
    path = project.path_for(name)
    again = f"run prefactor-gen {command_for(entry.source, name)}"
    text = read_text(path)
    if text is None:
        message = f"{entry.file} is missing; {again}, or import --remove {name}"
        return _Finding(name=name, file=shown_path(path), message=message)
    if digest(text) != entry.output:
        message = f"{path.name} was edited; move edits to {path.stem}{OVERLAY}.yaml, then {again} --force"
        return _Finding(name=name, file=shown_path(path), message=message)
    return None


def _outdated_imports(entries: Mapping[str, LockEntry], project: ImportProject) -> dict[str, _Finding]:
    """The imports whose sources have changed, or cannot be read, by name."""
    found: dict[str, _Finding] = {}
    for name, read in read_sources(entries, project).items():
        path = project.path_for(name)
        try:
            with source_errors(name):
                finding = _outdated(name, entries[name], read.result(), path, project)
        except ConfigError as error:
            finding = _Finding(name=name, file=shown_path(path), message=str(error), code=USAGE)
        found.update({} if finding is None else {name: finding})
    return found


def _outdated(name: str, entry: LockEntry, imported: Imported, path: Path, project: ImportProject) -> _Finding | None:
    """That the source has changed; None if the file would be the same.

    Raises:
        SourceError: the source has nothing that can be imported.
    """
    from prefactor_gen.command.imports.changes import import_changes

    if input_digest(imported) == entry.input:
        return None
    command = command_for(entry.source, name)
    made = imported_file(imported, name, f"prefactor-gen {command}", project.references)
    text = read_text(path)
    if text is None or digest(made.text) == entry.output:
        return None
    changed = import_changes(text, made.text, made.definitions, path, project)
    noun = imported.noun if changed.of == 1 else f"{imported.noun}s"
    message = f"{path.name}: {imported.source} changed {changed.counted} {noun}; run {command}"
    return _Finding(name=name, file=shown_path(path), message=message, changes=changed.changes)


def _print_text(found: Sequence[_Finding], stream: TextIO) -> None:
    for each in found:
        if each.code == USAGE:
            print(f"prefactor-gen: {each.message}", file=sys.stderr)
            continue
        print(printable(each.message), file=stream)
        print_lines(change_lines(each.changes), stream)


def _print_json(found: Sequence[_Finding], stream: TextIO) -> None:
    items = [
        {
            "import": each.name,
            "file": each.file,
            "message": each.message,
            "changes": [change_members(change) for change in each.changes],
        }
        for each in found
    ]
    print(json.dumps(items, indent=2), file=stream)


def _print_github(found: Sequence[_Finding], stream: TextIO) -> None:
    OUTPUT_FORMATS["github"](list(_diagnostics(found)), Path(), stream)


def _diagnostics(found: Sequence[_Finding]) -> Iterator[Diagnostic]:
    for each in found:
        yield Diagnostic(_CODE, printable(each.message), Place(each.file), Severity.ERROR)
        for change in each.changes:
            yield Diagnostic(change.change.rule.code, said(change), Place(each.file), change.severity)


_PRINT: Final[dict[str, Callable[[Sequence[_Finding], TextIO], None]]] = {
    "text": _print_text,
    "json": _print_json,
    "github": _print_github,
}
