"""Chooses the Python names of the properties of one object.

The rule depends on the names of the properties alone, not on their order: who adds a property that disturbs nothing
changes no other name, and who moves one changes no name at all.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from prefactor_gen.definitions.python_names import spelled, with_digest

__all__ = ["field_names", "is_field_name"]


def is_field_name(name: str, plain: Callable[[str], str]) -> bool:
    """Whether a property can have this Python name: it is one that the model generator leaves alone."""
    return name.isidentifier() and _plain(name, plain) == name


def field_names(
    names: Iterable[str], plain: Callable[[str], str], chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The Python name of each property.

    A property has its chosen name, or else its own if Python takes it. Of the others, one has the name that the model
    generator makes of it if no other wants it. What is left says the characters that Python does not take as words.

    Args:
        names: the names in the payload.
        plain: the name that the model generator gives to a property without other properties.
        chosen: the Python names that the schema chose, distinct and usable.
    """
    result = dict(chosen or {})
    open_names = [name for name in names if name not in result]
    taken = set(result.values())
    result.update({name: name for name in open_names if _plain(name, plain) == name and name not in taken})
    taken.update(result.values())
    wanted = defaultdict[str, list[str]](list)
    for name in open_names:
        if name not in result:
            wanted[_plain(name, plain)].append(name)
    clashing: list[str] = []
    for python_name, group in wanted.items():
        if len(group) == 1 and python_name not in taken:
            result[group[0]] = python_name
        else:
            clashing.extend(group)
    taken.update(result.values())
    spellings = defaultdict[str, list[str]](list)
    for name in clashing:
        spellings[_plain(spelled(name), plain)].append(name)
    for python_name, group in spellings.items():
        if len(group) == 1 and python_name not in taken:
            result[group[0]] = python_name
    taken.update(result.values())
    for name in sorted(set(clashing) - result.keys()):
        start = _plain(name, plain).rstrip("_")
        result[name] = next(made for made in with_digest(f"{start}_", name) if made not in taken)
        taken.add(result[name])
    return result


def _plain(name: str, plain: Callable[[str], str]) -> str:
    return unicodedata.normalize("NFKC", plain(name))  # as Python reads it
