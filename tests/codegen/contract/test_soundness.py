"""What is told as safe is safe, by another validator than the engine's. The benchmark `comparison` has more pairs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.benchmarks.comparison import FORMS, many, pairs, unsound
from tests.codegen.contract.comparing import changes, changes_of_params, told

deterministic = settings(
    max_examples=18, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
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


@pytest.mark.slow
def test_options_that_combine_to_very_many_cases_are_not_compared() -> None:
    old, new = (nested_options(12, {"type": name}) for name in ("string", "integer"))
    found = changes_of_params(old, new)
    assert [(each.rule.code, each.path) for each in found] == [("PD220", "value")]


def nested_options(depth: int, last: dict[str, Any]) -> dict[str, Any]:
    """Options that refer to options, so that a few kilobytes describe 2**depth cases."""
    definitions: dict[str, Any] = {f"d{depth}": {"type": "object", "properties": {"z": last}}}
    for level in range(depth):
        inner = {"$ref": f"#/$defs/d{level + 1}"}
        definitions[f"d{level}"] = {"anyOf": [{"allOf": [inner, {"required": [f"{name}{level}"]}]} for name in "ab"]}
    return {"type": "object", "properties": {"value": {"$ref": "#/$defs/d0"}}, "$defs": definitions}
