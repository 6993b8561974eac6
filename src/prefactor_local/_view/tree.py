"""The spans of a run as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prefactor_local._view.shapes import SpanRow

__all__ = ["Tree"]


class Tree:
    """The spans of a run, each once, below its parent: those that started first, come first.

    A span whose parent has not arrived has none. Of spans that are ancestors of each other, the first to arrive has
    none.

    Args:
        rows: The spans.
    """

    def __init__(self, rows: Iterable[SpanRow]) -> None:
        self._children: dict[int | None, list[SpanRow]] = {}
        self.loops: list[SpanRow] = []
        """The spans that are ancestors of themselves, one of each loop."""
        known = {row.seq: row for row in rows}
        parents = _parents(known)
        for row in sorted(known.values(), key=_start):
            self._children.setdefault(parents[row.seq], []).append(row)
        self._cut_loops(known, parents)

    @property
    def roots(self) -> list[SpanRow]:
        return self._children.get(None, [])

    def children(self, row: SpanRow) -> list[SpanRow]:
        return self._children.get(row.seq, [])

    def below(self, rows: Sequence[SpanRow]) -> Iterator[tuple[int, SpanRow]]:
        """Some spans and all below them, in the order of the tree, each with its depth."""
        pending = [(0, row) for row in reversed(rows)]
        while pending:
            depth, row = pending.pop()
            yield depth, row
            pending.extend((depth + 1, child) for child in reversed(self.children(row)))

    def _cut_loops(self, known: dict[int, SpanRow], parents: dict[int | None, int | None]) -> None:
        reached = {row.seq for _, row in self.below(self.roots)}
        for seq in sorted(known.keys() - reached):
            if seq not in reached:  # nor is what it leads to: a loop
                row = known[_in_loop(seq, parents)]
                self.loops.append(row)
                self._children[parents[row.seq]].remove(row)
                self._children.setdefault(None, []).append(row)
                reached.update(each.seq for _, each in self.below([row]))


def _parents(known: dict[int, SpanRow]) -> dict[int | None, int | None]:
    """The seq of each span's parent, if it is there. A child that arrived before its parent may name it by its ID."""
    seqs = {row.id: row.seq for row in known.values()}
    named = ((row.seq, seqs.get(row.parent) if isinstance(row.parent, str) else row.parent) for row in known.values())
    return {seq: parent if parent in known else None for seq, parent in named}


def _in_loop(seq: int | None, parents: dict[int | None, int | None]) -> int:
    """The first to arrive of the spans in the loop that a span leads to."""
    path: dict[int | None, None] = {}
    while seq not in path:
        path[seq] = None
        seq = parents[seq]
    steps = list(path)
    return min(each for each in steps[steps.index(seq) :] if each is not None)


def _start(row: SpanRow) -> tuple[bool, float, int]:
    return (row.start_ms is None, row.start_ms or 0.0, row.seq)
