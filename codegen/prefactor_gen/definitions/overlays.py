"""Overlays: what people add to a definition file that a program writes, in a file of their own beside it.

`git.overlay.yaml` is the overlay of `git.yaml`: a mapping from the name of a span type to a JSON merge patch (RFC 7396)
of its definition. A member replaces the one of the file, objects are merged, lists are replaced, and null removes.
`$defs` has the changes of the schemas that span types share.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prefactor_gen.definitions.overlay_targets import missing_targets
from prefactor_gen.diagnostics.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.diagnostics.rules import INVALID_DEFINITION
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_schema.suggestions import did_you_mean

__all__ = ["OVERLAY", "is_overlay", "overlay_of", "with_overlay"]

OVERLAY = ".overlay"
"""The end of the name of an overlay, before the suffix."""

_SHARED = "$defs"
_PARTS = ("params_schema", "result_schema")
_SUFFIXES = (".yaml", ".yml", ".json")


def overlay_of(path: Path) -> Path | None:
    """The overlay of a file; None if it has none."""
    candidates = (path.with_name(f"{path.stem}{OVERLAY}{suffix}") for suffix in _SUFFIXES)
    return next((each for each in candidates if each.is_file()), None)


def is_overlay(path: Path) -> bool:
    """Whether a file is the overlay of another one, and not a definition file of its own."""
    stem = path.stem.removesuffix(OVERLAY)
    return stem != path.stem and any(path.with_name(f"{stem}{suffix}").is_file() for suffix in _SUFFIXES)


def with_overlay(root: JsonValue, overlay: JsonValue, name: str, source: str) -> JsonValue:
    """A definition file with its overlay.

    Args:
        root: the file.
        overlay: the content of the overlay.
        name: the name of the file, for messages.
        source: the name of the overlay, for messages.

    Raises:
        DiagnosticError: the overlay has another form, or changes a span type or a property that the file does not
            have.
    """
    if not isinstance(overlay, ObjectNode):
        raise INVALID_DEFINITION.error(Place(source), "expected a mapping from the names of span types to changes")
    entries = root.get("span_type_schemas") if isinstance(root, ObjectNode) else None
    if not isinstance(root, ObjectNode) or not isinstance(entries, ListNode):
        return root  # which is reported
    shared = overlay.object_at(_SHARED)
    patches = overlay.without({"$schema", _SHARED})
    if found := [*_wrong_entries(patches, entries, name), *_missing_targets(root, overlay, name)]:
        raise DiagnosticError(found)
    patched = [_patched_entry(each, patches) for each in entries]
    kept = [(item, place) for item, place in zip(patched, entries.item_places, strict=True) if item is not None]
    items = ListNode([item for item, _ in kept], place=entries.place, item_places=[place for _, place in kept])
    changed = _patched(root, ObjectNode([(_SHARED, shared)], place=overlay.place)) if shared else root
    assert isinstance(changed, ObjectNode)  # noqa: S101  # objects are merged
    return changed.with_member("span_type_schemas", items)


def _missing_targets(root: ObjectNode, overlay: ObjectNode, name: str) -> Iterator[Diagnostic]:
    """What is changed that is not in the schemas of the file."""
    yield from missing_targets(root, overlay.without(overlay.keys() - {_SHARED}), name, root)
    for entry in root.list_at("span_type_schemas"):
        patch = overlay.object_at(_name(entry) or "")
        for part in _PARTS:
            if isinstance(entry, ObjectNode) and isinstance(changes := patch.get(part), ObjectNode):
                yield from missing_targets(entry.object_at(part), changes, name, root)


def _wrong_entries(patches: ObjectNode, entries: ListNode, name: str) -> Iterator[Diagnostic]:
    known = [each for each in map(_name, entries) if each is not None]
    for key, patch in patches.items():
        place = patches.place_at(key)
        if key not in known:
            yield INVALID_DEFINITION.at(place, f"{name} has no span type {key!r}{did_you_mean(key, known)}")
        elif not isinstance(patch, ObjectNode) and patch is not None:
            yield INVALID_DEFINITION.at(place, f"expected the changes of {key!r}, or null to leave it out")


def _name(entry: JsonValue) -> str | None:
    name = entry.get("name") if isinstance(entry, ObjectNode) else None
    return name if isinstance(name, str) else None


def _patched_entry(entry: JsonValue, patches: ObjectNode) -> JsonValue:
    name = _name(entry)
    return _patched(entry, patches[name]) if name is not None and name in patches else entry


def _patched(value: JsonValue, patch: JsonValue) -> JsonValue:
    """A value changed by a merge patch. What comes from the patch has its place there."""
    if not isinstance(patch, ObjectNode):
        return patch
    old = value if isinstance(value, ObjectNode) else ObjectNode(place=patch.place)
    node = old.without({key for key, change in patch.items() if change is None})
    for key, change in patch.items():
        if change is None:
            node.key_places[key] = patch.place_at(key)  # what is wrong without it is wrong there
            continue
        node[key] = _patched(old.get(key), change)
        if not (isinstance(change, ObjectNode) and isinstance(old.get(key), ObjectNode)):
            node.key_places[key] = patch.place_at(key)
            node.spelled.pop(key, None)
        if key in patch.spelled:
            node.spelled[key] = patch.spelled[key]
    return node
