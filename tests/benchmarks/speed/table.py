"""The Markdown table: medians and spreads."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from tests.benchmarks.speed.rows import Cell, Measured, Row

__all__ = ["Results", "markdown"]


@dataclass
class Results:
    """What was measured: the figures of each run of a process, or why there are none."""

    figures: dict[Measured, list[dict[str, float]]] = field(default_factory=lambda: defaultdict(list))
    problems: dict[Measured, str] = field(default_factory=dict)

    def of(self, cell: Cell) -> list[float]:
        return [figures[cell.figure] for figures in self.figures[cell.measured]]


def markdown(rows: list[Row], results: Results, before: Results | None = None) -> str:
    """The table. `before` is what was measured with another checkout of ours."""
    lines = ["| what | ours | others | target | result |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(_line(row, results, before))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _line(row: Row, results: Results, before: Results | None) -> list[str]:
    ours = [_figure(row.ours, results, row.unit)]
    ours += [f"{name} {_figure(cell, results)}" for name, cell in row.notes.items()]
    others = [f"before {_figure(row.ours, before, row.unit)}"] if before else []
    others += [f"{cell.measured.agent} {_figure(cell, results, row.unit)}" for cell in row.others]
    return [row.title, "; ".join(ours), "; ".join(others) or "–", row.target.text, _result(row, results)]


def _figure(cell: Cell, results: Results, unit: str = "") -> str:
    figures = results.of(cell)
    if not figures:
        return results.problems.get(cell.measured, "not measured")
    median = f"{_rounded(statistics.median(figures))} {unit}".rstrip().replace(" /", "/")
    return median if len(figures) == 1 else f"{median} ({_rounded(min(figures))}–{_rounded(max(figures))})"


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _result(row: Row, results: Results) -> str:
    """Whether the target is met, and the ratio of the median to the target."""
    ours, target = results.of(row.ours), row.target
    base = results.of(target.base) if target.base else [0.0]
    if not ours or not base:
        return "–"
    ratio = statistics.median(ours) / (target.factor * statistics.median(base) + target.plus)
    met = ratio >= 1 if target.at_least else ratio <= 1
    return f"{'met' if met else 'missed'}: {ratio:.2f} of the target"
