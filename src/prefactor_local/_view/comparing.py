"""Two runs side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal, TypeAlias

from prefactor_local._state.store import Store
from prefactor_local._view.differences import differ
from prefactor_local._view.rows import all_rows
from prefactor_local._view.runs import listed_run
from prefactor_local._view.shapes import Comparison, ComparisonRow, SpanRow
from prefactor_local._view.subsequence import common_pairs
from prefactor_local._view.tree import Tree

__all__ = ["compare"]

_Pair: TypeAlias = tuple[SpanRow | None, SpanRow | None]
_Changed: TypeAlias = "list[Literal['status', 'params', 'result']]"

_BATCH = 50
"""The payloads of so many pairs are compared in one transaction."""
_EQUAL = """
    SELECT a.seq, b.seq, a.payload = b.payload, a.result_payload IS b.result_payload
    FROM pair JOIN agent_span AS a ON a.seq = pair.a JOIN agent_span AS b ON b.seq = pair.b
"""
_PAYLOAD = "SELECT payload, result_payload FROM agent_span WHERE seq = ?"


def compare(store: Store, a: str, b: str) -> Comparison:
    """Two runs, as `Reader.compare` describes it. Raises `NoSuchRunError`."""
    run_a, run_b = listed_run(store, a), listed_run(store, b)
    rows = list(_aligned(Tree(all_rows(store, a)), Tree(all_rows(store, b))))
    changed = _changed_payloads(store, [(one.seq, other.seq) for _, (one, other) in rows if one and other])
    return {
        "a": run_a,
        "b": run_b,
        "rows": [_row(depth, one, other, changed) for depth, (one, other) in rows],
    }


def _aligned(a: Tree, b: Tree) -> Iterator[tuple[int, _Pair]]:
    """The spans of both trees in the order of the tree, each with its counterpart and its depth."""
    pending = [(0, pair) for pair in reversed(list(_siblings(a.roots, b.roots)))]
    while pending:
        depth, (one, other) = pending.pop()
        yield depth, (one, other)
        children = _siblings(a.children(one) if one else [], b.children(other) if other else [])
        pending.extend((depth + 1, pair) for pair in reversed(list(children)))


def _siblings(a: Sequence[SpanRow], b: Sequence[SpanRow]) -> Iterator[_Pair]:
    """Siblings of both runs, in order: those of one type correspond, as many as possible."""
    i, j = 0, 0
    for next_i, next_j in [*common_pairs([row.type for row in a], [row.type for row in b]), (len(a), len(b))]:
        yield from ((row, None) for row in a[i:next_i])
        yield from ((None, row) for row in b[j:next_j])
        if next_i < len(a):
            yield a[next_i], b[next_j]
        i, j = next_i + 1, next_j + 1


def _row(
    depth: int, a: SpanRow | None, b: SpanRow | None, changed_payloads: dict[tuple[int, int], _Changed]
) -> ComparisonRow:
    changed: _Changed = []
    if a is not None and b is not None:
        changed += ["status"] if a.status != b.status else []
        changed += changed_payloads.get((a.seq, b.seq), [])
    return {"depth": depth, "a": a, "b": b, "changed": changed}


def _changed_payloads(store: Store, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], _Changed]:
    """Which payloads differ, of pairs of spans. Most are equal as they are stored, which SQLite sees."""
    found: dict[tuple[int, int], _Changed] = {}
    pending = iter(pairs)
    while batch := list(islice(pending, _BATCH)):
        values = ", ".join(["(?, ?)"] * len(batch))
        with store.transaction(write=False):
            query = f"WITH pair (a, b) AS (VALUES {values}) {_EQUAL}"
            equal = store.select(query, *(seq for pair in batch for seq in pair))
        for one, other, *same in equal:
            if not all(same):
                found[one, other] = _changed(store, one, other)
    return found


def _changed(store: Store, a: int, b: int) -> _Changed:
    with store.transaction(write=False):
        one, other = (store.select(_PAYLOAD, seq)[0] for seq in (a, b))
    changed: _Changed = []
    if _differ(one["payload"], other["payload"]):
        changed.append("params")
    if _differ(one["result_payload"], other["result_payload"]):
        changed.append("result")
    return changed


def _differ(a: str | None, b: str | None) -> bool:
    """Whether two payloads are different, as they are stored."""
    if a is None or b is None:
        return a is not b
    return a != b and differ(json.loads(a), json.loads(b))
