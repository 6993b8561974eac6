"""The Markdown table: medians and spreads."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from tests.benchmarks.speed.rows import Cell, Row

__all__ = ["markdown"]

Find = Callable[[Cell], list[float]]
"""The figures of the runs; empty if there are none."""


def markdown(rows: list[Row], find: Find, before: Find | None) -> str:
    """The table. `before` finds the figures of another checkout of ours."""
    lines = ["| what | ours | others | target | result |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(_line(row, find, before))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _line(row: Row, find: Find, before: Find | None) -> list[str]:
    ours = "; ".join(
        [_figure(row.ours, find, row.unit), *(f"{name} {_figure(cell, find)}" for name, cell in row.notes.items())]
    )
    others = [f"{cell.measured.agent} {_figure(cell, find, row.unit)}" for cell in row.others]
    if before:
        others.insert(0, f"before {_figure(row.ours, before, row.unit)}")
    return [row.title, ours, "; ".join(others) or "–", row.target.text, _result(row, find)]


def _figure(cell: Cell, find: Find, unit: str = "") -> str:
    figures = find(cell)
    if not figures:
        return "not measured"
    median = f"{_rounded(statistics.median(figures))} {unit}".rstrip().replace(" /", "/")
    return median if len(figures) == 1 else f"{median} ({_rounded(min(figures))}–{_rounded(max(figures))})"


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _result(row: Row, find: Find) -> str:
    """Whether the target is met, and the ratio of the median to the limit."""
    ours, target = find(row.ours), row.target
    base = find(target.base) if target.base else [0.0]
    if not ours or not base:
        return "–"
    ratio = statistics.median(ours) / (target.factor * statistics.median(base) + target.plus)
    met = ratio >= 1 if target.at_least else ratio <= 1
    return f"{'met' if met else 'missed'}: {ratio:.2f} of the target"
