"""What an import does to the project: what changes for span types, and whether the overlay still fits."""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.imports.project import ImportProject, read_text
from prefactor_gen.command.paths import shown_path
from prefactor_gen.definitions.collect import collect_definitions
from prefactor_gen.definitions.overlays import OVERLAY, overlay_of
from prefactor_gen.definitions.sources import load_sources, parse_file, real_path
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Severity, printable
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.documents.yaml_text import parse_yaml
from prefactor_gen.importing.lock import LOCK
from prefactor_gen.importing.span_types import Found

if TYPE_CHECKING:
    from prefactor_gen.comparison.judgement import Judged
    from prefactor_gen.importing.definition_file import ImportedFile

__all__ = ["changes_of", "check_names", "only_in_overlay", "outside_paths", "wrong_overlay"]

_WARNING = Severity.WARNING


def changes_of(made: ImportedFile, path: Path, project: ImportProject) -> Sequence[Judged]:
    """What changes with the definition file; nothing if it is new, or was edited until it is none."""
    text = read_text(path) if made.definitions else None
    if text is None or text == made.text:
        return ()
    from prefactor_gen.command.imports.changes import import_changes

    try:
        return import_changes(text, made.text, made.definitions, path, project).changes
    except DiagnosticError:
        return ()


def check_names(made: ImportedFile, path: Path, project: ImportProject) -> None:
    """Refuse span types that another file of the project has: the generator would refuse both.

    Raises:
        ConfigError: there are some, and the overlay does not leave them out.
    """
    entries = made.definitions.get("span_type_schemas")
    wanted = {each["name"] for each in entries} - _left_out(path) if isinstance(entries, list) else set()
    documents = [each for each in load_sources(project.sources, project.base).value if each.path != real_path(path)]
    places = {each.name: each.place for each in collect_definitions(documents).value.span_types}
    found = [name for name in sorted(wanted) if name in places]
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        overlay = f"{path.stem}{OVERLAY}.yaml"
        raise ConfigError(
            f"{printable(found[0])}{more}: defined in {places[found[0]].source} already; nothing was written; leave "
            f"them out in {overlay} ({printable(json.dumps(found[0]))}: null), or --force"
        )


def _left_out(path: Path) -> set[str]:
    """The span types that the overlay of a definition file leaves out, which may be there before the file."""
    overlay = overlay_of(path)
    try:
        changes = None if overlay is None else parse_file(overlay, shown_path(overlay))
    except DiagnosticError:  # it is reported when it is applied
        return set()
    return {key for key, change in changes.items() if change is None} if isinstance(changes, ObjectNode) else set()


def wrong_overlay(path: Path) -> list[Found]:
    """What is wrong with the overlay of a definition file that is new."""
    if path.is_file() and overlay_of(path) is not None:
        try:
            parse_file(path, shown_path(path))
        except DiagnosticError as error:
            return [Found("", f"{each.place}: {each.message}", Severity.ERROR) for each in error.diagnostics]
    return []


def only_in_overlay(path: Path, old: str | None, new: str) -> list[Found]:
    """Warn of properties that the source has had until now, and that the overlay alone describes from now on.

    Args:
        path: the definition file.
        old: its text until now; None if there was none.
        new: its new text.
    """
    overlay = overlay_of(path)
    if old is None or overlay is None:
        return []
    try:
        before, after = parse_yaml(old, path.name), parse_yaml(new, path.name)
        changes = parse_file(overlay, shown_path(overlay))
    except DiagnosticError:  # which is reported elsewhere
        return []
    if not isinstance(changes, ObjectNode):
        return []
    was, now = _entries(before), _entries(after)
    nothing = ObjectNode(place=changes.place)
    return [
        Found("", f"{overlay.name} adds {found!r} to {name}, which the source had until now; was it renamed?", _WARNING)
        for name in changes
        for part in ("params_schema", "result_schema")
        for found in _left(
            changes.object_at(name).object_at(part),
            was.get(name, nothing).object_at(part),
            now.get(name, nothing).object_at(part),
        )
    ]


def _entries(root: JsonValue) -> dict[str, ObjectNode]:
    """The span types of a definition file by their names."""
    entries = root.list_at("span_type_schemas") if isinstance(root, ObjectNode) else ()
    return {str(each.get("name")): each for each in entries if isinstance(each, ObjectNode)}


def _left(patch: ObjectNode, old: ObjectNode, new: ObjectNode) -> Iterator[str]:
    """The properties in a merge patch that the old schema has, and the new one does not."""
    before, after, changes = (each.object_at("properties") for each in (old, new, patch))
    for name in changes:
        if name in before and name not in after and isinstance(changes[name], ObjectNode):
            yield name
        else:
            yield from _left(changes.object_at(name), before.object_at(name), after.object_at(name))
    if "items" in patch:
        yield from _left(*(each.object_at("items") for each in (patch, old, new)))


def outside_paths(given: Mapping[str, object], paths: Container[str]) -> list[Found]:
    """Warn of paths in the lock that lead out of the project: on another machine, there may be nothing.

    Args:
        given: the options, as the lock has them.
        paths: the names of those that are paths.
    """
    values = [str(value) for key, value in given.items() if key in paths]
    outside = [each for each in values if os.path.isabs(each) or each.startswith("../")]
    message = "is outside of the project; where others check it out, this file cannot be read again"
    return [Found("", f"{each} in {LOCK} {message}", Severity.WARNING) for each in outside]
