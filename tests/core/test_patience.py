"""How long an answer may take before its request is repeated, and how often that is allowed. No real clock."""

from __future__ import annotations

from prefactor_core._delivery.patience import Patience, RepeatBudget


def test_patience_follows_the_answers() -> None:
    patience = Patience(longest=30.0)
    assert patience.seconds(0) == 3.0
    for _ in range(50):
        patience.learn(0.02)
    assert patience.seconds(0) == 1.0
    for _ in range(50):
        patience.learn(5.0)
    assert 5.0 < patience.seconds(0) < 10.0


def test_a_large_request_has_more_time_and_never_more_than_the_longest() -> None:
    patience = Patience(longest=30.0)
    assert patience.seconds(1024 * 1024) == 11.0
    assert patience.seconds(1024 * 1024, hurried=True) == 9.0
    patience.learn(60.0)
    assert patience.seconds(0) == 30.0


def test_a_slow_api_is_asked_again_for_a_few_per_cent_of_its_answers() -> None:
    budget = RepeatBudget()
    repeated = 0
    for _ in range(1000):
        repeated += budget.take()
        budget.answered(by_repetition=False)
    assert 50 <= repeated <= 60


def test_a_repetition_that_helps_costs_nothing() -> None:
    budget = RepeatBudget()
    for _ in range(100):
        assert budget.take()
        budget.answered(by_repetition=True)
