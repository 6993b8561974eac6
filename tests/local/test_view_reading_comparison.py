"""Two runs side by side, and what differs between two spans."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from tests.local.conftest import Http

from prefactor_local import LocalApi
from prefactor_local._view.differences import differences
from prefactor_local._view.reading import Reader
from prefactor_local._view.subsequence import common_pairs


@pytest.fixture
def reader(api: LocalApi) -> Reader:
    return Reader(api._current.account.store)  # in memory: there is no file to open


def record(http: Http, *spans: tuple[str, int | None, dict[str, Any]]) -> tuple[str, list[str]]:
    """A run with spans: their types, the numbers of their parents, and their params."""
    run, ids = http.started(), list[str]()
    for number, (name, parent, payload) in enumerate(spans):
        body: dict[str, Any] = {
            "schema_name": name,
            "payload": payload,
            "parent_span_id": None if parent is None else ids[parent],
        }
        ids.append(http.span(run, started_at=f"2026-01-01T00:00:{number:02}Z", **body)["details"]["id"])
    return run, ids


def test_spans_of_one_type_correspond_in_order(http: Http, reader: Reader) -> None:
    a, ids_a = record(http, ("run", None, {}), ("llm", 0, {"a": 1, "b": 1.0}), ("tool", 0, {}), ("llm", 0, {"n": 1}))
    b, ids_b = record(
        http, ("run", None, {}), ("llm", 0, {"b": 1, "a": 1}), ("cache", 1, {}), ("llm", 0, {}), ("llm", 0, {"n": True})
    )
    http.finish_span(ids_b[0], status="failed", result_payload={"error": "no"})
    rows = [
        (row["depth"], row["a"] and row["a"].type, row["b"] and row["b"].type, row["changed"])
        for row in reader.compare(a, b)["rows"]
    ]
    assert rows == [
        (0, "run", "run", ["status", "result"]),
        (1, "llm", "llm", []),
        (2, None, "cache", []),
        (1, "tool", None, []),
        (1, None, "llm", []),
        (1, "llm", "llm", ["params"]),
    ]
    assert reader.differences(ids_a[3], ids_b[4]) == [{"side": "params", "pointer": "/n", "a": 1, "b": True}]
    assert reader.differences(ids_a[0], ids_b[0]) == [
        {"side": "result", "pointer": "", "a": None, "b": {"error": "no"}},
    ]


def test_values_that_differ() -> None:
    a: dict[str, Any] = {"same": {"x": [1]}, "list": [1, {"a/b": 2}], "gone": None, "kind": [1]}
    b: dict[str, Any] = {"same": {"x": [1]}, "list": [1, {"a/b": 3}, 4], "kind": {"0": 1}, "new": "n" * 70_000}
    assert differences("params", a, b) == [
        {"side": "params", "pointer": "/list/1/a~1b", "a": 2, "b": 3},
        {"side": "params", "pointer": "/list/2", "b": 4},
        {"side": "params", "pointer": "/gone", "a": None},
        {"side": "params", "pointer": "/kind", "a": [1], "b": {"0": 1}},
        {"side": "params", "pointer": "/new", "b": "n" * 65_536},
    ]
    assert len(differences("result", list(range(5_000)), [])) == 1_000


def test_as_many_items_as_possible_correspond() -> None:
    choose = random.Random(1)
    for _ in range(200):
        a, b = ("".join(choose.choices("abc", k=choose.randrange(9))) for _ in range(2))
        pairs = list(common_pairs(a, b))
        assert all(a[i] == b[j] for i, j in pairs)
        assert pairs == sorted(pairs)
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
        assert len(pairs) == longest(a, b)
    many = ["tool"] * 9_000
    assert len(list(common_pairs(many, many))) == len(list(common_pairs([*many, "x"], ["y", *many]))) == 9_000
    assert len(list(common_pairs(["x", *many * 3], ["y", *many * 3]))) > 26_900


@cache
def longest(a: str, b: str) -> int:
    if not a or not b:
        return 0
    return longest(a[1:], b[1:]) + 1 if a[0] == b[0] else max(longest(a[1:], b), longest(a, b[1:]))
