"""Writes the copies of schemas, their entries in pyproject.toml and the lock file: all, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefactor_gen.command.config import TABLE, ConfigError
from prefactor_gen.command.refs.project import RefsProject
from prefactor_gen.command.toml_edit import Additions, add_keys, as_lines
from prefactor_gen.command.writing import writing
from prefactor_gen.definitions.reference_lock import LOCK, lock_text
from prefactor_gen.package.output_folder import Change, write
from prefactor_gen.vendoring.placement import Copy

__all__ = ["write_copies"]


def write_copies(project: RefsProject, copies: Sequence[Copy], locked: Mapping[str, str]) -> list[str]:
    """Write what differs.

    Args:
        project: the project.
        copies: the copies.
        locked: all hashes of the lock file.

    Returns:
        The names of the other files that were written: pyproject.toml, the lock file.

    Raises:
        ConfigError: pyproject.toml cannot be edited, or a file cannot be written.
    """
    changes = {each.path: Change(each.path, None, each.schema.text) for each in copies if not each.is_current}
    if entries := {each.schema.url: each.shown for each in copies if each.is_new_entry}:
        path = project.base / "pyproject.toml"
        changes[path] = Change(path, project.pyproject, _with_entries(project.pyproject, {f"{TABLE}.refs": entries}))
    lock = project.base / LOCK
    if locked != project.locked or (locked and not lock.is_file()):
        changes[lock] = Change(lock, None, lock_text(locked))
    with writing():
        write(changes.values())
    return [path.name for path in changes if path.parent == project.base and path.name in {"pyproject.toml", LOCK}]


def _with_entries(text: str, additions: Additions) -> str:
    edited = add_keys(text, additions)
    if edited is None:
        first = "" if f"[tool.{TABLE}]" in text else f", with [tool.{TABLE}] as a table of its own"
        lines = f"add these lines to it{first}, and run it again:\n\n{as_lines(additions)}"
        raise ConfigError(f"pyproject.toml cannot be edited here; {lines}")
    return edited
