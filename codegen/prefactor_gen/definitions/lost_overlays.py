"""Finds overlays whose names are wrong."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

from prefactor_gen.definitions.definitions import SPAN_TYPE_KEYS
from prefactor_gen.definitions.overlays import OVERLAY
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_schema.suggestions import closest_match

__all__ = ["lost_overlay"]


def lost_overlay(path: Path, root: JsonValue, files: Iterable[Path], names: Container[str]) -> str | None:
    """What is wrong with the name of a file that seems to be an overlay, and is none: its changes would be lost.

    Args:
        path: a file without definitions, to which nothing refers.
        root: its content.
        files: the definition files.
        names: the names of the span types.

    Returns:
        the message; None if it seems to be something else.
    """
    ending = path.stem.rpartition(".")[2]
    is_named_so = path.stem != ending and closest_match(ending, [OVERLAY[1:]], cutoff=0.85) is not None
    if not is_named_so and not _changes_some(root, names):
        return None
    possible = {f"{each.stem}{OVERLAY}{path.suffix}" for each in files if each.parent == path.parent}
    near = closest_match(path.name, possible) or (min(possible) if len(possible) == 1 else None)
    advice = f"{near!r} would be one" if near is not None else f"NAME{OVERLAY}.yaml is that of NAME.yaml beside it"
    has_ending = path.stem.endswith(OVERLAY)
    why = f"there is no {path.stem.removesuffix(OVERLAY)}.yaml" if has_ending else "its name is wrong"
    return f"this file is the overlay of no file, because {why}: its changes would be lost; {advice}"


def _changes_some(root: JsonValue, names: Container[str]) -> bool:
    """Whether a file says of span types what an overlay says, and not what their payloads may be."""
    changes = [root[key] for key in root if key in names] if isinstance(root, ObjectNode) else []
    return any(each is None or (isinstance(each, ObjectNode) and each.keys() & SPAN_TYPE_KEYS) for each in changes)
