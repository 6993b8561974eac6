"""The spans of a run as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prefactor_local._view.shapes import SpanRow

__all__ = ["Tree"]


class Tree:
    """The spans of a run, each once, below its parent: those that started first, come first.

    A span whose parent has not arrived has none. Of spans that are ancestors of each other, the first to arrive has
    none.

    Args:
        rows: The spans.
    """

    def __init__(self, rows: Sequence[SpanRow]) -> None:
        self._children: dict[int | None, list[SpanRow]] = {}
        self.loops: list[SpanRow] = []
        """The spans that are ancestors of themselves, one of each loop."""
        known = {row.seq: row for row in rows}
        for row in sorted(rows, key=_start):
            parent = row.parent if isinstance(row.parent, int) and row.parent in known else None
            self._children.setdefault(parent, []).append(row)
        self._cut_loops(known)

    @property
    def roots(self) -> list[SpanRow]:
        return self._children.get(None, [])

    def children(self, row: SpanRow) -> list[SpanRow]:
        return self._children.get(row.seq, [])

    def below(self, rows: Sequence[SpanRow], depth: int = 0) -> Iterator[tuple[int, SpanRow]]:
        """Some spans and all below them, in the order of the tree, each with its depth."""
        pending = [(depth, row) for row in reversed(rows)]
        while pending:
            depth, row = pending.pop()
            yield depth, row
            pending.extend((depth + 1, child) for child in reversed(self.children(row)))

    def _cut_loops(self, known: dict[int, SpanRow]) -> None:
        reached = {row.seq for _, row in self.below(self.roots)}
        for seq in sorted(known.keys() - reached):
            if seq not in reached:  # nor is what it leads to: a loop
                row = known[_in_loop(seq, known)]
                self.loops.append(row)
                self._children[_seq(row.parent)].remove(row)
                self._children.setdefault(None, []).append(row)
                reached.update(each.seq for _, each in self.below([row]))


def _in_loop(seq: int, known: dict[int, SpanRow]) -> int:
    """The first to arrive of the spans in the loop that a span leads to."""
    seen: dict[int, int] = {}
    while seq not in seen:
        seen[seq] = len(seen)
        seq = _seq(known[seq].parent)
    return min(each for each, place in seen.items() if place >= seen[seq])


def _seq(parent: int | str | None) -> int:
    """The parent of a span in a loop, or on the way to one."""
    return int(parent or 0)


def _start(row: SpanRow) -> tuple[bool, float, int]:
    return (row.start_ms is None, row.start_ms or 0.0, row.seq)
