"""What is told as safe is safe, by another validator than the engine's. The benchmark `comparison` has more pairs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema.protocols import Validator
from jsonschema.validators import Draft7Validator, Draft202012Validator
from tests.benchmarks.comparison import many, pairs, unsound
from tests.codegen.contract.comparing import changes, told
from tests.codegen.test_differential import payload_schema, payload_schema_of_draft_07

deterministic = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.slow
@deterministic
@given(pairs())
def test_no_false_safe(pair: tuple[Any, Any, list[Any]]) -> None:
    old, new, values = pair
    check(payload_schema(old), payload_schema(new), values, Draft202012Validator)


@pytest.mark.slow
@deterministic
@given(pairs(draft_07=True))
def test_no_false_safe_in_draft_07(pair: tuple[Any, Any, list[Any]]) -> None:
    old, new, values = pair
    check(payload_schema_of_draft_07(old), payload_schema_of_draft_07(new), values, Draft7Validator)


def check(old: Any, new: Any, values: list[Any], validator: type[Validator]) -> None:
    _, wrong = unsound(old, new, values, validator)
    assert not wrong, (old, new)


def test_only_what_has_changed_is_compared() -> None:
    old, new = many(30, 2)
    assert told(changes(old, new)) == ["PD204 amount: minimum 0 became minimum 1 (E/–)"] * 4
