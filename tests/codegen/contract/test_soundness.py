"""What is told as safe is safe, by another validator than the engine's. The benchmark `comparison` has more pairs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.benchmarks.comparison import FORMS, many, pairs, unsound
from tests.codegen.contract.comparing import changes, told

deterministic = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def check(name: str, pair: tuple[Any, Any, list[Any]]) -> None:
    _, wrong = unsound(*pair, FORMS[name].validator)
    assert not wrong, pair[:2]


@pytest.mark.slow
@deterministic
@given(pairs(FORMS["2020-12"]))
def test_no_false_safe(pair: tuple[Any, Any, list[Any]]) -> None:
    check("2020-12", pair)


@pytest.mark.slow
@deterministic
@given(pairs(FORMS["unions"]))
def test_no_false_safe_among_unions(pair: tuple[Any, Any, list[Any]]) -> None:
    check("unions", pair)


@pytest.mark.slow
@deterministic
@given(pairs(FORMS["draft-07"]))
def test_no_false_safe_in_draft_07(pair: tuple[Any, Any, list[Any]]) -> None:
    check("draft-07", pair)


def test_only_what_has_changed_is_compared() -> None:
    old, new = many(30, 2)
    assert told(changes(old, new)) == ["PD204 amount: minimum 0 became minimum 1 (E/–)"] * 4
