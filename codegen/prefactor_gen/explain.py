"""What `check --explain` prints."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prefactor_gen.enforcement import By, Enforced, enforcement
from prefactor_gen.rules import RULES

if TYPE_CHECKING:
    from prefactor_gen.pipeline import Generated

__all__ = ["explain_rule", "explained"]

_WHO = {By.SCHEMA: "checked against the schema itself", By.NOTHING: "not enforced"}


def explain_rule(code: str) -> str:
    """What a rule is about."""
    rule = RULES[code]
    return f"{code}: {rule.summary}\n\n{textwrap.fill(rule.explanation, 100, break_on_hyphens=False)}"


def explained(generated: Generated, span_type: str | None) -> Iterator[str]:
    """The lines that say who enforces what, of one span type or of all."""
    parts: dict[tuple[str, str], list[Enforced]] = {}
    for item in enforcement(generated.definitions, generated.unsaid, assert_formats=generated.assert_formats):
        if span_type in {None, item.span_type}:
            parts.setdefault((item.span_type, item.part), []).append(item)
    for (name, part), items in parts.items():
        yield f"{name} {part}: {_by_types(items)}"
        yield from (f"    {item.pointer}/{item.keyword}: {_WHO[item.by]}" for item in items if item.by in _WHO)


def _by_types(items: Iterable[Enforced]) -> str:
    counts = Counter(item.keyword for item in items if item.by is By.TYPES)
    said = (f"{keyword} ({count})" if count > 1 else keyword for keyword, count in sorted(counts.items()))
    return f"types enforce {', '.join(said)}" if counts else "types enforce nothing"
