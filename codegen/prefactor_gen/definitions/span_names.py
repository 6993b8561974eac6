"""Chooses the class and the module of each span type.

The rule depends on the names of the span types alone. Of several that want one class, the one that has its name exactly
gets it, then one that is written as is usual (`agent:llm`), then the first in order. The others say their characters
as words, such as `AgentDashLlm`. A package that grows keeps its names, unless a name with a better claim is added.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.python_names import digest_of, is_usable, module_name, pascal, spelled, with_digest
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Severity
from prefactor_gen.diagnostics.limits import MAX_NAME
from prefactor_gen.diagnostics.rules import NAME_COLLISION, UNUSABLE_NAME
from prefactor_gen.json_schema.keywords import CLASS

__all__ = ["SpanNames", "span_names"]

_USUAL = re.compile(r"[a-z0-9_]+(:[a-z0-9_]+)*")


@dataclass(frozen=True)
class SpanNames:
    """The Python names of a span type: its helper class, and its module, without `.py`."""

    class_name: str
    module: str


def span_names(
    span_types: Sequence[SpanTypeDefinition], is_reserved: Callable[[str], bool]
) -> Checked[dict[str, SpanNames]]:
    """The Python names by span type, without those of span types that can have none.

    Args:
        span_types: all span types of the package, with different names.
        is_reserved: whether generated modules use a name for something else.
    """
    diagnostics: list[Diagnostic] = []
    chosen: dict[str, str] = {}
    owners: dict[str, str] = {}
    named: list[SpanTypeDefinition] = []
    for item in span_types:
        problem = _problem(item, owners, is_reserved)
        if problem is not None:
            diagnostics.append(problem)
            continue
        named.append(item)
        if isinstance(item.chosen_class, str):
            chosen[item.name] = item.chosen_class
            owners[item.chosen_class] = item.name
    names = [item.name for item in named]
    classes = _classes([name for name in names if name not in chosen], set(chosen.values()), is_reserved) | chosen
    modules = _modules(names)
    diagnostics.extend(_notes(named, classes))
    return Checked({name: SpanNames(classes[name], modules[name]) for name in names}, diagnostics)


def _problem(item: SpanTypeDefinition, owners: dict[str, str], is_reserved: Callable[[str], bool]) -> Diagnostic | None:
    """Why a span type can have no names, or not the one that it chooses; `owners` chose one before, by class."""
    if not item.name.strip():
        return UNUSABLE_NAME.at(item.place, "expected a name, found an empty one")
    if len(module_name(item.name)) > MAX_NAME + 1:
        message = f"expected a span type name of at most {MAX_NAME} characters, because it is also a file name"
        return UNUSABLE_NAME.at(item.place, message)
    name, place = item.chosen_class, item.class_place
    if place is None:
        return None
    if not isinstance(name, str) or not is_usable(name) or is_reserved(name):
        return UNUSABLE_NAME.at(place, f"expected a name that a class can have, found {name!r}")
    if name in owners:
        message = f"the span types {owners[name]!r} and {item.name!r} both choose the class {name}"
        return NAME_COLLISION.at(place, message)
    return None


def _plain(name: str, is_reserved: Callable[[str], bool]) -> str:
    """The class of a span type without others."""
    made = pascal(name) or pascal(spelled(name)) or "Span"
    if not made.isidentifier():
        made = f"Span{made}"
    return made if is_usable(made) and not is_reserved(made) else f"{made}Span"


def _classes(names: Iterable[str], chosen: AbstractSet[str], is_reserved: Callable[[str], bool]) -> dict[str, str]:
    taken = {*chosen}
    wanted = {name: _plain(name, is_reserved) for name in sorted(names, key=_claim)}
    result: dict[str, str] = {}
    for name, made in wanted.items():  # the best claim of each class comes first
        if made not in taken:
            result[name] = made
            taken.add(made)
    words = {name: _plain(spelled(name), is_reserved) for name in wanted}
    counts = Counter(words.values())
    for name in [each for each in wanted if each not in result]:
        is_own = counts[words[name]] == 1 and words[name] not in taken
        result[name] = (
            words[name] if is_own else next(each for each in with_digest(wanted[name], name) if each not in taken)
        )
        taken.add(result[name])
    return result


def _claim(name: str) -> tuple[bool, bool, str]:
    return pascal(name) != name, _USUAL.fullmatch(name) is None, name


def _modules(names: Iterable[str]) -> dict[str, str]:
    """The modules, of which no two are one file where the file system ignores case."""
    groups = defaultdict[str, list[str]](list)
    for name in sorted(names, key=_claim):
        groups[module_name(name)].append(name)
    result = {group[0]: module for module, group in groups.items()}
    for module, (_, *others) in groups.items():
        for name in others:
            result[name] = f"{module}_{digest_of(name)[:6]}"
    return result


def _notes(named: Iterable[SpanTypeDefinition], classes: dict[str, str]) -> Iterator[Diagnostic]:
    owners = {made: name for name, made in classes.items()}
    for item in named:
        made = classes[item.name]
        if item.class_place is None and made != pascal(item.name):
            owner = owners.get(pascal(item.name))
            why = f"{owner!r} is {pascal(item.name)}" if owner else f"no class can be named {pascal(item.name)!r}"
            message = (
                f"the span type {item.name!r} becomes the class {made}, because {why}; "
                f"to choose a name, add {CLASS}: {made}"
            )
            yield NAME_COLLISION.at(item.place, message, Severity.NOTE)
