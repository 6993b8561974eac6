"""Which names the classes of a module do not get, because they belong to other modules of the package."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from prefactor_gen.definitions.python_names import names_made_of

__all__ = ["ReservedNames", "names_in_package"]


@dataclass(frozen=True)
class ReservedNames:
    """The names that the classes of a module do not get.

    Attributes:
        names: the names.
        prefixes: what the names of another module's classes begin with.
    """

    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        """Whether a class cannot have the name, or what is made of its name."""
        made = names_made_of(name)
        return not self.names.isdisjoint(made) or any(_begins(each, start) for each in made for start in self.prefixes)


def _begins(name: str, prefix: str) -> bool:
    """Whether a name is a prefix, or has another word after it."""
    return name.startswith(prefix) and not name[len(prefix) :][:1].islower()


@dataclass(frozen=True)
class NamesInPackage:
    """The names of a package that are known before anything is compiled.

    Attributes:
        common: those that every module uses.
        helpers: the helper classes, sorted.
        prefixes: what the names of the classes of payloads and shared types begin with, sorted.
    """

    common: frozenset[str]
    helpers: Sequence[str]
    prefixes: Sequence[str]

    def reserved_for(self, *own: str) -> ReservedNames:
        """What is reserved for other modules than the one whose classes begin with these."""
        names = {name for start in own for name in _starting_with(start, self.helpers)}
        prefixes = {each for start in own for each in _starting_with(start, self.prefixes)} - {*own}
        return ReservedNames(self.common | names, tuple(sorted(prefixes)))


def names_in_package(common: frozenset[str], helpers: Iterable[str], shared: Iterable[str]) -> NamesInPackage:
    """The names of a package.

    Args:
        common: the names that every module uses.
        helpers: the helper classes of the span types.
        shared: the classes of shared types.
    """
    helpers = sorted(helpers)
    payloads = [f"{name}{part}" for name in helpers for part in ("Params", "Result")]
    return NamesInPackage(common, helpers, sorted([*payloads, *shared]))


def _starting_with(start: str, names: Sequence[str]) -> Iterator[str]:
    for name in names[bisect_left(names, start) :]:
        if not name.startswith(start):
            return
        yield name
