"""Chooses the Python names of the properties of one object.

The rule depends on the names of the properties alone, not on their order: who adds a property that disturbs nothing
changes no other name, and who moves one changes no name at all.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

__all__ = ["field_names", "is_field_name"]

_MAX_SPELLED = 60
# Shorter words than those of the Unicode standard.
_WORDS = {
    "-": "dash", ".": "dot", "_": "underscore", "@": "at", "$": "dollar", "#": "hash", "/": "slash", "\\": "backslash",
    " ": "space", "&": "and", "+": "plus", "*": "star", "!": "not", "?": "question", "%": "percent",
}  # fmt: skip


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
    spelled = defaultdict[str, list[str]](list)
    for name in clashing:
        spelled[_plain(_spelled(name), plain)].append(name)
    for python_name, group in spelled.items():
        if len(group) == 1 and python_name not in taken:
            result[group[0]] = python_name
    taken.update(result.values())
    for name in sorted(set(clashing) - result.keys()):
        result[name] = _with_digest(name, _plain(name, plain), taken)
        taken.add(result[name])
    return result


def _plain(name: str, plain: Callable[[str], str]) -> str:
    return unicodedata.normalize("NFKC", plain(name))  # as Python reads it


def _spelled(name: str) -> str:
    """The name with words for what is no letter or digit: `@id` → `at_id`, `user.id` → `user_dot_id`, `-1` → `minus_1`.

    An underscore inside stays.
    """
    parts: list[str] = []
    for index, char in enumerate(name[:_MAX_SPELLED]):
        is_inner_underscore = char == "_" and 0 < index < len(name) - 1
        if char.isalnum() or is_inner_underscore:
            parts.append(char)
        elif char == "-" and name[index + 1 : index + 2].isdecimal() and not name[:index]:
            parts.append("minus_")
        else:
            word = _WORDS.get(char) or unicodedata.name(char, f"u{ord(char):04x}").lower()
            parts.append(f"_{word.replace('-', '_').replace(' ', '_')}_")
    return "_".join(part for part in "".join(parts).split("_") if part)


def _with_digest(name: str, python_name: str, taken: set[str]) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    start = python_name.rstrip("_")
    return next(made for end in range(6, 65) if (made := f"{start}_{digest[:end]}") not in taken)
