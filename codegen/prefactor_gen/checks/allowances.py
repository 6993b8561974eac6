"""Allowances of the configuration: rules that schemas of somebody else may break, by file or by span type.

`suppressions` has those that stand in a definition or a schema.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, has_errors
from prefactor_gen.diagnostics.rules import (
    INVALID_ALLOWANCE,
    LIMIT_EXCEEDED,
    MODEL_GENERATOR_FAILED,
    NAME_COLLISION,
    NO_DEFINITIONS,
    RULES,
)

if TYPE_CHECKING:
    from prefactor_gen.definitions.definitions import SpanTypeDefinition

__all__ = ["ALLOWABLE", "Allowance", "allow"]

# An error of these stops the generation, a warning or a note may be allowed.
_NO_ERRORS = (NAME_COLLISION, MODEL_GENERATOR_FAILED, NO_DEFINITIONS, LIMIT_EXCEEDED)
ALLOWABLE = tuple(rule.code for rule in RULES.values() if rule.suppressible or rule in _NO_ERRORS)
"""The rules that the configuration may allow."""


@dataclass(frozen=True)
class Allowance:
    """One entry of `[[tool.prefactor-gen.allow]]`.

    Attributes:
        code: the rule that may be broken.
        project: the folder of the project.
        number: the number of the entry, from 1.
        file: a glob of files, relative to the project; None for all.
        span_type: a glob of names of span types, in whose definitions the rule may be broken; None for all.
        is_told_if_unused: whether it is reported that it matches nothing.
    """

    code: str
    project: Path
    number: int
    file: str | None = None
    span_type: str | None = None
    is_told_if_unused: bool = True

    def covers(self, found: Diagnostic, file: str, span_types: Sequence[str]) -> bool:
        """Whether it allows a diagnostic, which is in this file of the project and in these span types."""
        if found.code != self.code or (found.severity is Severity.ERROR and not RULES[self.code].suppressible):
            return False
        is_in_file = self.file is None or _glob(self.file).fullmatch(file) is not None
        return is_in_file and (self.span_type is None or any(fnmatchcase(name, self.span_type) for name in span_types))

    def unused(self) -> Diagnostic:
        """The diagnostic of an entry that allows nothing."""
        where = [f"in {self.file}"] if self.file is not None else []
        where += [f"in the span type {self.span_type}"] if self.span_type is not None else []
        place = Place("pyproject.toml", f"/tool/prefactor-gen/allow/{self.number - 1}")
        message = f"{self.code} does not occur {' and '.join(where)}: remove this entry of [[tool.prefactor-gen.allow]]"
        return INVALID_ALLOWANCE.at(place, message)


def allow(
    diagnostics: Sequence[Diagnostic],
    allowances: Sequence[Allowance],
    base: Path,
    span_types: Iterable[SpanTypeDefinition],
    *,
    is_complete: bool,
) -> list[Diagnostic]:
    """The diagnostics that the configuration does not allow, and those of its entries that allow nothing.

    Args:
        diagnostics: all of a run.
        allowances: the entries.
        base: the folder that the sources of the diagnostics are relative to.
        span_types: all of the run.
        is_complete: whether each definition was checked in this run.
    """
    if not allowances:
        return list(diagnostics)
    places = [(place, item.name) for item in span_types for place in _places(item)]
    kept: list[Diagnostic] = []
    used = set[int]()
    for found in diagnostics:
        file = Path(os.path.relpath(base / found.place.source, allowances[0].project)).as_posix()
        names = [name for place, name in places if _is_inside(found.place, place)]
        covering = [each.number for each in allowances if each.covers(found, file, names)]
        used.update(covering)
        if not covering:
            kept.append(found)
    if is_complete and not has_errors(kept):  # after an error the later checks are left out
        kept.extend(each.unused() for each in allowances if each.is_told_if_unused and each.number not in used)
    return kept


def _places(item: SpanTypeDefinition) -> list[Place]:
    sources = [each for each in (item.params, item.result) if each is not None]
    return [item.place, *(each.place for each in sources)]


def _is_inside(place: Place, outer: Place) -> bool:
    return place.source == outer.source and f"{place.pointer}/".startswith(f"{outer.pointer}/")


@lru_cache
def _glob(pattern: str) -> re.Pattern[str]:
    """A glob of paths: `*` stays in one folder, `**` does not."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(known.get(part) or re.escape(part) for part in parts))
