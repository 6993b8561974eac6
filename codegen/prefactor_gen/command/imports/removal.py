"""`prefactor-gen import --remove`: takes an import away."""

from __future__ import annotations

from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.exit_codes import DONE
from prefactor_gen.command.imports.project import ImportProject, read_text, source_errors
from prefactor_gen.command.paths import shown_path
from prefactor_gen.command.turns import own_turn
from prefactor_gen.definitions.overlays import overlay_of
from prefactor_gen.importing.definition_file import digest
from prefactor_gen.importing.lock import LOCK, lock_text, read_lock
from prefactor_gen.package.output_folder import Change, write
from prefactor_schema.suggestions import did_you_mean

__all__ = ["remove_import"]


def remove_import(name: str) -> int:
    """Remove the definition file of an import and its entry in the lock; returns the exit code. The overlay stays.

    Raises:
        ConfigError: there is no such import, or somebody has edited the file.
    """
    with source_errors():
        project = ImportProject.here()
    if name not in project.lock:
        raise ConfigError(f"--remove: {LOCK} has no import {name!r}{did_you_mean(name, project.lock)}")
    path = project.path_for(name)
    text = read_text(path)
    if text is not None and digest(text) != project.lock[name].output:
        raise ConfigError(f"{shown_path(path)} was edited; remove it yourself first, or undo the edits")
    with own_turn(project.base), source_errors():
        kept = {key: entry for key, entry in read_lock(project.base).items() if key != name}
        gone = [] if text is None else [Change(path, None, None)]
        try:
            write([*gone, Change(project.base / LOCK, None, lock_text(kept))])
        except OSError as error:
            raise ConfigError(f"cannot write {error.filename}: {error.strerror}") from None
    overlay = overlay_of(path)
    remark = f"; {shown_path(overlay)} is yours: move it or remove it" if overlay is not None else ""
    print(f"{shown_path(path)} removed{remark}")
    return DONE
