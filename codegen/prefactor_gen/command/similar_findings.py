"""Puts diagnostics of one kind together, so that hundreds of them do not hide the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from prefactor_gen.diagnostics.diagnostics import Diagnostic, printable

__all__ = ["SimilarFindings", "put_together"]

_SHOWN_SINGLY: Final = 5
"""Diagnostics of one kind in one file that are all shown."""

_PLACES: Final = 4
_NAMES: Final = 20
_VARIABLE: Final = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")
"""What differs between messages of one kind: names and values, which are quoted, and numbers."""


class SimilarFindings(NamedTuple):
    """A diagnostic, and those of its kind in the same file that are not shown."""

    first: Diagnostic
    others: Sequence[Diagnostic] = ()

    def about_the_others(self) -> str:
        """How many there are, and where the first of them are; empty if there are none."""
        if not self.others:
            return ""
        if all(each.place == self.first.place for each in self.others):
            names = [name for each in self.others for name in _names(each.message) - _names(self.first.message)]
            shown = ", ".join(dict.fromkeys(names[:_NAMES]))
            more = " …" if len(names) > _NAMES else ""
            return printable(f"and {len(self.others)} more of this kind at this place: {shown}{more}")
        places = [each.place for each in self.others[:_PLACES]]
        shown = ", ".join(f"{place.line}:{place.column}" if place.line else place.pointer for place in places)
        more = " …" if len(self.others) > _PLACES else ""
        return printable(f"and {len(self.others)} more of this kind in this file: {shown}{more}")


def put_together(diagnostics: Sequence[Diagnostic]) -> Iterator[SimilarFindings]:
    """The diagnostics in their order. If there are many of one kind in a file, the first stands for all of them."""
    kinds: dict[tuple[str, ...], list[Diagnostic]] = {}
    for found in diagnostics:
        kinds.setdefault(_kind(found), []).append(found)
    for found in diagnostics:
        first, *others = kinds[_kind(found)]
        if len(others) < _SHOWN_SINGLY:
            yield SimilarFindings(found)
        elif found is first:
            yield SimilarFindings(first, others)


def _kind(found: Diagnostic) -> tuple[str, ...]:
    return found.place.source, found.severity, found.code, _VARIABLE.sub("", found.message)


def _names(message: str) -> set[str]:
    """What is quoted in a message."""
    return {found for found in _VARIABLE.findall(message) if not found.isdecimal()}
