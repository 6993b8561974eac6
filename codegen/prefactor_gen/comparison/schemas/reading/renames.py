"""Properties that were renamed, by what they say or by what they look like."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from prefactor_gen.comparison.schemas.reading.locations import Location, Pair
from prefactor_gen.comparison.schemas.reading.paths import path_text
from prefactor_gen.comparison.schemas.reading.plain_schemas import text_of
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.keywords import RENAMED_FROM
from prefactor_schema.suggestions import did_you_mean

__all__ = ["rename_hint", "renamed", "why_not_renamed", "wrong_former_name"]


def renamed(old: Location, new: Location) -> Mapping[str, str]:
    """The old names of properties that say that they have another one, by the new ones."""
    found: dict[str, str] = {}
    for name, schema in new.declared.items():
        member = schema.properties.get(name)
        former = member.get(RENAMED_FROM) if isinstance(member, ObjectNode) else None
        is_gone = isinstance(former, str) and former in old.declared and former not in new.declared
        if is_gone and name not in old.declared and former not in found.values():
            found[name] = str(former)
    return found


def wrong_former_name(old: Location, new: Location, name: str) -> str:
    """Why a property that is new is not one that was renamed, although it names one; empty if it names none."""
    schema = new.declared.get(name)
    member = None if schema is None else schema.properties.get(name)
    former = member.get(RENAMED_FROM) if isinstance(member, ObjectNode) else None
    return why_not_renamed(former, old.declared, new.declared) if isinstance(former, str) else ""


def why_not_renamed(former: str, before: Collection[str], after: Collection[str]) -> str:
    """Why the former name that something new gives itself is not used."""
    if former in after:
        return f"{RENAMED_FROM}: {former} is still there"
    if former in before:
        return f"{RENAMED_FROM}: another one was renamed from {former}"
    return (
        f"{RENAMED_FROM}: there was no {former}{did_you_mean(former, [each for each in before if each not in after])}"
    )


def rename_hint(pair: Pair, gone: Collection[str], came: Collection[str]) -> str:
    """What to write if the one property that is gone has become the one that is new and equal."""
    old, new, path = pair
    left = [name for name in old.declared if name not in new.declared and name not in gone]
    added = [name for name in new.declared if name not in old.declared and name not in came]
    if len(left) != 1 or len(added) != 1:
        return ""
    one, other = left[0], added[0]
    if text_of(old.member(one).plain) != text_of(new.member(other).plain):
        return ""
    if (one in old.required) != (other in new.required):
        return ""
    return f"renamed? {path_text((*path, other))}: {RENAMED_FROM}: {one}"
