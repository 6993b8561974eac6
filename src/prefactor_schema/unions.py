"""Unions (`anyOf` and `oneOf`): which options a value may be meant for, and which of their mismatches to report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from prefactor_schema.messages import NO_OPTION, is_of_type, one_of, type_names, type_of
from prefactor_schema.mismatch import Mismatch

__all__ = ["FEW_OPTIONS", "MANY_OPTIONS", "Exclusion", "common_mismatches", "exclusion_of", "no_option_message"]

FEW_OPTIONS = 3
MANY_OPTIONS = 20
_SHOULD_BE = "Input should be "


class Exclusion(NamedTuple):
    """Why a value cannot be meant for an option: the option has other types, or another constant at a member."""

    types: Sequence[str] = ()
    member: str = ""
    constants: Sequence[object] = ()


def exclusion_of(option: Any, value: object) -> Exclusion | None:
    """Why the value cannot be meant for an option; None if it may be."""
    if not isinstance(option, Mapping):
        return None
    type_keyword = option.get("type")
    types = [type_keyword] if isinstance(type_keyword, str) else type_keyword if isinstance(type_keyword, list) else []
    if types and not any(is_of_type(value, name) for name in types):
        return Exclusion(types=types)
    properties = option.get("properties")
    if isinstance(properties, Mapping) and isinstance(value, dict):
        for name, member in properties.items():
            constants = _constants(member)
            if constants and isinstance(tag := value.get(name), str) and tag not in constants:
                return Exclusion(member=name, constants=constants)
    return None


def no_option_message(exclusions: Sequence[Exclusion], value: object) -> str:
    """The message for a value that is excluded from all options."""
    tagged = [each for each in exclusions if each.member]
    if not tagged:
        return f"{_SHOULD_BE}{type_names(name for each in exclusions for name in each.types)}, found {type_of(value)}"
    same_member = [each for each in tagged if each.member == tagged[0].member]
    if len(same_member) < len(tagged):
        return NO_OPTION
    constants: list[object] = []
    for exclusion in same_member:
        constants.extend(each for each in exclusion.constants if each not in constants)
    return f"{tagged[0].member!r} should be {one_of(constants)}"


def common_mismatches(by_option: Sequence[Sequence[Mismatch]]) -> Iterator[Mismatch]:
    """The mismatches that all options have in common; else one that combines those of a few options.

    Args:
        by_option: For each option, the mismatches of the value with it.
    """
    if not all(by_option):
        yield Mismatch((), NO_OPTION)
        return
    common = [each for each in by_option[0] if all(each in others for others in by_option[1:])]
    if common:
        yield from common
        return
    single = [each[0].message.removeprefix(_SHOULD_BE) for each in by_option if len(each) == 1 and not each[0].path]
    if len(single) == len(by_option) and all(each[0].message.startswith(_SHOULD_BE) for each in by_option):
        yield Mismatch((), f"{_SHOULD_BE}{' or '.join(dict.fromkeys(single))}")
    elif len(by_option) <= FEW_OPTIONS and not any(NO_OPTION in each[0].message for each in by_option):
        first_of_each = ", or ".join(dict.fromkeys(str(mismatches[0]) for mismatches in by_option))
        yield Mismatch((), f"{NO_OPTION}: {first_of_each}")
    else:
        yield Mismatch((), NO_OPTION)


def _constants(schema: object) -> Sequence[object]:
    if not isinstance(schema, Mapping):
        return ()
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return values if isinstance(values, list) and len(values) <= MANY_OPTIONS else ()
