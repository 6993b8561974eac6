"""Chooses the class and the module of each span type.

The rule depends on the names of the span types alone. Of several that want one class, the one that has its name exactly
gets it, then one that is written as is usual (`agent:llm`), then the first in order. The others say their characters
as words, such as `AgentDashLlm`. A package that grows keeps its names, unless a name with a better claim is added.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.python_names import is_usable, module_name, pascal, spelled
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Severity
from prefactor_gen.diagnostics.limits import MAX_NAME
from prefactor_gen.diagnostics.rules import NAME_COLLISION, UNUSABLE_NAME
from prefactor_gen.json_schema.keywords import CLASS

__all__ = ["SpanNames", "digest_of", "span_names"]

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
    named: list[SpanTypeDefinition] = []
    for item in span_types:
        problem = _problem(item, chosen, is_reserved)
        if problem is not None:
            diagnostics.append(problem)
            continue
        named.append(item)
        if isinstance(item.chosen_class, str):
            chosen[item.name] = item.chosen_class
    names = [item.name for item in named]
    classes = _classes([name for name in names if name not in chosen], set(chosen.values()), is_reserved) | chosen
    modules = _modules(names)
    diagnostics.extend(_notes(named, classes))
    return Checked({name: SpanNames(classes[name], modules[name]) for name in names}, diagnostics)


def _problem(item: SpanTypeDefinition, chosen: dict[str, str], is_reserved: Callable[[str], bool]) -> Diagnostic | None:
    """Why a span type can have no names, or not the one that it chooses."""
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
    other = next((key for key, used in chosen.items() if used == name), None)
    if other is not None:
        message = f"the span types {other!r} and {item.name!r} both choose the class {name}"
        return NAME_COLLISION.at(place, message)
    return None


def _plain(name: str, is_reserved: Callable[[str], bool]) -> str:
    """The class of a span type without others."""
    made = pascal(name) or pascal(spelled(name)) or "Span"
    if not made.isidentifier():
        made = f"Span{made}"
    return made if is_usable(made) and not is_reserved(made) else f"{made}Span"


def _classes(names: Iterable[str], taken: set[str], is_reserved: Callable[[str], bool]) -> dict[str, str]:
    wanted = {name: _plain(name, is_reserved) for name in sorted(names, key=_claim)}
    result: dict[str, str] = {}
    for name, made in wanted.items():  # the best claim of each class comes first
        if made not in taken:
            result[name] = made
            taken.add(made)
    for name in [each for each in wanted if each not in result]:
        words = _plain(spelled(name), is_reserved)
        others = [each for each in wanted if each != name and _plain(spelled(each), is_reserved) == words]
        result[name] = words if words not in taken and not others else _with_digest(wanted[name], name, taken)
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


def _with_digest(made: str, name: str, taken: set[str]) -> str:
    digest = digest_of(name)
    return next(found for end in range(6, 65) if (found := f"{made}{digest[:end]}") not in taken)


def digest_of(name: str) -> str:
    """A text of digits and letters that is another one for each name."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


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
