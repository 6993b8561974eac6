"""`prefactor-gen check --explain`: explains a rule, or lists what enforces each keyword."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from prefactor_gen.command.report import console, is_terminal
from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.diagnostics.every_rule import EVERY_RULE
from prefactor_gen.models.enforcement import By, Enforced, enforcement

if TYPE_CHECKING:
    from prefactor_gen.pipeline.stages import GeneratedPackage

__all__ = ["enforced_keywords", "explain_rule", "print_enforced"]

_BY = {By.SCHEMA: "checked against the schema itself", By.NOTHING: "not enforced"}


def explain_rule(code: str) -> str:
    """The summary and the explanation of a rule."""
    rule = EVERY_RULE[code]
    return f"{code}: {rule.summary}\n\n{textwrap.fill(rule.explanation, 100, break_on_hyphens=False)}"


def enforced_keywords(generated: GeneratedPackage, span_type: str | None) -> dict[str, list[Enforced]]:
    """The keywords of one span type, or of all, by `<span type> params` and `<span type> result`."""
    parts: dict[str, list[Enforced]] = {}
    for item in enforcement(generated.definitions, generated.untyped_places, assert_formats=generated.assert_formats):
        if span_type in {None, item.span_type}:
            parts.setdefault(f"{item.span_type} {item.part}", []).append(item)
    return parts


def print_enforced(parts: Mapping[str, Sequence[Enforced]], stream: TextIO) -> None:
    """Print what enforces the keywords: those that types enforce together, the others one by one."""
    for part, items in parts.items():
        heading = f"{printable(part)}: {_by_types(items)}"
        others = [(f"    {printable(item.pointer)}/{item.keyword}", _BY[item.by]) for item in items if item.by in _BY]
        if is_terminal(stream):
            _print_table(heading, others, stream)
        else:
            print(heading, *map(": ".join, others), sep="\n", file=stream)


def _print_table(heading: str, rows: Sequence[tuple[str, str]], stream: TextIO) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for where, by in rows:
        table.add_row(Text(where), Text(by, "yellow" if by == _BY[By.NOTHING] else ""))
    console(stream).print(Text(heading, "cyan"), table)


def _by_types(items: Iterable[Enforced]) -> str:
    counts = Counter(item.keyword for item in items if item.by is By.TYPES)
    keywords = (f"{keyword} ({count})" if count > 1 else keyword for keyword, count in sorted(counts.items()))
    return f"types enforce {', '.join(keywords)}" if counts else "types enforce nothing"
