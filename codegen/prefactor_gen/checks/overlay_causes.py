"""Names what an overlay changes, where that is what a finding in the file beside it is about.

A template is fine in the imported file, and shows nothing once the overlay redacts the property: only the overlay is
the user's to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode

__all__ = ["with_overlay_causes"]

_ENTRY = re.compile(r"/span_type_schemas/\d+")
_SHARED = "/$defs"
_WORD = re.compile(r"[^\s/'\",;:()]+")
_OF_EVERY_SCHEMA = frozenset({"$defs", "items", "params_schema", "properties", "result_schema", "type"})
"""The words of pointers that say nothing about what is changed."""
_MOST_CHANGES = 200
"""Of one definition: each is compared with each finding in it."""


def with_overlay_causes(diagnostics: Iterable[Diagnostic], roots: Iterable[JsonValue]) -> list[Diagnostic]:
    """The diagnostics, each with what an overlay changes in its definition and has a word in common with it.

    Args:
        diagnostics: all of a run.
        roots: the documents of the run, with their overlays.
    """
    found = list(diagnostics)
    sources = {each.place.source for each in found}
    changes: dict[tuple[str, str], list[Place]] = {}
    for root in roots:
        if isinstance(root, ObjectNode) and root.place.source in sources:
            changes.update({(root.place.source, pointer): places for pointer, places in _changes(root)})
    return [_with_cause(each, changes) for each in found] if changes else found


def _changes(root: ObjectNode) -> Iterator[tuple[str, list[Place]]]:
    """What the overlay of a file changes, by the pointers of its definitions."""
    entries = [each for each in root.list_at("span_type_schemas") if isinstance(each, ObjectNode)]
    for pointer, part in (*((each.place.pointer, each) for each in entries), (_SHARED, root.object_at("$defs"))):
        if places := list(islice(_of_others(part, root.place.source), _MOST_CHANGES)):
            yield pointer, places


def _of_others(node: JsonValue, source: str) -> Iterator[Place]:
    """The places of members of another file, with those that it has removed; not those in them."""
    if isinstance(node, ListNode):
        for item in node:
            yield from _of_others(item, source)
    if not isinstance(node, ObjectNode):
        return
    yield from (place for place in node.key_places.values() if place.source != source)
    for key, member in node.items():
        if node.place_at(key).source == source:
            yield from _of_others(member, source)


def _with_cause(diagnostic: Diagnostic, changes: dict[tuple[str, str], list[Place]]) -> Diagnostic:
    source, pointer = diagnostic.place.source, diagnostic.place.pointer
    entry = _ENTRY.match(pointer)
    definitions = (*([entry[0]] if entry else ()), _SHARED)
    places = [place for each in definitions for place in changes.get((source, each), ())]
    words = {*_WORD.findall(diagnostic.message), *pointer.split("/")} - _OF_EVERY_SCHEMA
    common = {place: len(words.intersection(place.pointer.split("/")[2:])) for place in places}
    cause = max(common, key=lambda each: common[each], default=None)
    if cause is None or not common[cause]:
        return diagnostic
    return replace(diagnostic, message=f"{diagnostic.message}; {cause} changes this definition")
