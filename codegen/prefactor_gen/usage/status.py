"""What the source code of an agent uses of its span types: puts together what the other modules find."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, printable, sorted_diagnostics
from prefactor_gen.diagnostics.usage_rules import UNNEEDED_IGNORE, UNREAD_FILE, UNUSED_SPAN_TYPE
from prefactor_gen.usage.source_code.evaluation import Evaluator
from prefactor_gen.usage.source_code.modules import Modules
from prefactor_gen.usage.source_code.span_types import SpanTypesOfPackage
from prefactor_gen.usage.uses import Uses

__all__ = ["Status", "status_of"]


@dataclass(frozen=True)
class Status:
    """The result.

    Attributes:
        diagnostics: first those about span types, then those about source files, by place.
        used: the number of span types that the code uses.
        unused: the number of those that it does not use.
        perhaps: the number of those that it uses perhaps, because it makes names that begin as theirs.
        ignored: the number of those that it need not use, as the configuration says.
    """

    diagnostics: list[Diagnostic]
    used: int
    unused: int
    perhaps: int
    ignored: int


def status_of(
    files: Collection[Path],
    modules: Modules,
    ignore: Mapping[str, str],
    today: date,
    *,
    place_of: Callable[[str], Place],
    is_complete: bool,
) -> Status:
    """Read source files, and say which span types they use.

    Args:
        files: the source files.
        modules: the project that they are of, with its span types.
        ignore: globs of names of span types that are not reported, each with the reason.
        today: the date by which deprecations have ended or not.
        place_of: finds the place of an entry of `ignore` in the configuration.
        is_complete: whether these are all files of the project, so that an entry of `ignore` can be unneeded.
    """
    uses = Uses(Evaluator(modules), today, ignore)
    relevant = filter(modules.is_relevant, files)
    uses.read([module for path in relevant if (module := modules.read(path)) is not None])
    unread = list(_unread(modules))
    unclear_starts = uses.findings.unclear_starts | ({""} if unread else set())
    unused = _Unused(uses, ignore, tuple(sorted(unclear_starts, key=len, reverse=True)))
    about_span_types = list(unused.diagnostics(modules.own))
    about_code = sorted_diagnostics(sorted([*uses.findings.diagnostics, *unread], key=_inside))
    entries = _unneeded(ignore, unused.matched | uses.ignored, place_of) if is_complete else ()
    used = len(modules.own.definitions) - unused.number - unused.perhaps - unused.ignored
    diagnostics = [*about_span_types, *about_code, *entries]
    return Status(diagnostics, used, unused.number, unused.perhaps, unused.ignored)


def _unread(modules: Modules) -> Iterator[Diagnostic]:
    for place, error in modules.unread():
        yield UNREAD_FILE.at(place, f"cannot be read as Python here: {error}")


def _inside(found: Diagnostic) -> tuple[list[int], str]:
    """The order at one line, or in a notebook, where the place names a cell: the second is before the tenth."""
    return [int(number) for number in re.findall(r"\d+", found.place.about)], found.message


class _Unused:
    """Finds the span types that are not used.

    Args:
        uses: what the code uses.
        ignore: globs of names that are not reported.
        unclear_starts: what the names begin with of span types that are used perhaps.
    """

    def __init__(self, uses: Uses, ignore: Iterable[str], unclear_starts: tuple[str, ...]) -> None:
        self._registered = uses.registrations.names
        self._ignore = list(ignore)
        self._unclear_starts = unclear_starts
        self._used = uses.used
        self._mentioned = uses.mentioned
        self.matched = set[str]()
        self.number = self.perhaps = self.ignored = 0

    def diagnostics(self, own: SpanTypesOfPackage) -> Iterator[Diagnostic]:
        for name, definition in sorted(own.definitions.items()):
            is_unclear = name.startswith(self._unclear_starts)
            if name in self._used or (is_unclear and name in self._mentioned):
                continue
            patterns = [each for each in self._ignore if fnmatchcase(name, each)]
            self.matched.update(patterns)
            if patterns:
                self.ignored += 1
                continue
            place = definition.place
            if place.line is None:  # a definition in Python
                place = self._registered.get(name, place)
            is_left = definition.deprecation is not None  # as it should be
            severity = Severity.NOTE if is_unclear or is_left else Severity.WARNING
            ending = ", and deprecated: remove it when nobody reads its spans" if is_left else ""
            yield UNUSED_SPAN_TYPE.at(place, f"{printable(name)} {self._counted(name)}{ending}", severity)

    def _counted(self, name: str) -> str:
        """Count a span type that is not used for certain, and say how it is."""
        start = next((each for each in self._unclear_starts if each and name.startswith(each)), None)
        if start is None:
            self.number += 1
            return "is never used"
        self.perhaps += 1
        return f"is perhaps used: the code makes names that begin with {printable(start)!r}"


def _unneeded(
    ignore: Iterable[str], matched: Collection[str], place_of: Callable[[str], Place]
) -> Iterator[Diagnostic]:
    for pattern in ignore:
        if pattern not in matched:
            message = f"{pattern!r} covers nothing that is unused or unknown: remove it from ignore"
            yield UNNEEDED_IGNORE.at(place_of(pattern), message)
