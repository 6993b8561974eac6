"""Outages: when delivery pauses, whether an operation uses up a retry, and when delivery resumes. No real clock."""

from prefactor_core._delivery.outage import OutageMonitor
from prefactor_core._delivery.retry_policy import RetryPolicy


def monitor() -> OutageMonitor:
    return OutageMonitor(RetryPolicy(base=1.0, max_retries=3, jitter=lambda: 1.0))


def fail(outage: OutageMonitor, key: str, now: float = 0.0, *, unreachable: bool = False, **more: float) -> bool:
    """Begin a try and let it fail; return whether it used up a retry."""
    outage.sent(key)
    return outage.failed(
        key, now, successes_before=outage.successes, unreachable=unreachable, retry_after=more.get("retry_after")
    ).uses_retry


def test_delays_double_with_jitter_and_honour_the_api() -> None:
    low = RetryPolicy(1.0, 3, jitter=lambda: 0.75)
    high = RetryPolicy(1.0, 3, jitter=lambda: 1.25)
    assert [low.delay(retry, None) for retry in range(3)] == [0.75, 1.5, 3.0]
    assert [high.delay(retry, None) for retry in range(3)] == [1.25, 2.5, 5.0]
    assert low.delay(0, 7.0) == 7.0
    assert low.delay(10**6, None) == 45.0


def test_one_operation_that_fails_between_successes_is_no_outage() -> None:
    outage = monitor()
    used_up = []
    for _ in range(4):
        used_up.append(fail(outage, "a"))
        outage.succeeded("other")
        assert outage.may_send(0.0)
    assert used_up == [False, True, True, True]


def test_a_single_operation_uses_up_no_retry_and_pauses_delivery() -> None:
    outage = monitor()
    assert [fail(outage, "a") for _ in range(2)] == [False] * 2
    assert outage.may_send(0.0)
    assert fail(outage, "a", 3.0) is False
    assert outage.active
    assert outage.next_probe() == 7.0  # it would have waited 4 s as its third retry


def test_a_single_operation_is_the_probe_at_growing_intervals() -> None:
    outage = monitor()
    waits, now = [], 0.0
    for _ in range(3):
        fail(outage, "a", now)
    for _ in range(3):
        probe_at = outage.next_probe()
        assert probe_at is not None
        waits.append(probe_at - now)
        now = probe_at
        assert not fail(outage, "a", now)
    assert waits == [4.0, 5.0, 5.0]
    outage.succeeded("a")
    assert outage.may_send(now)


def test_no_answer_at_all_is_an_outage_at_once() -> None:
    outage = monitor()
    assert fail(outage, "a", 10.0, unreachable=True) is False
    assert outage.active
    assert outage.next_probe() == 11.0
    assert not outage.may_send(10.9)
    assert outage.may_send(11.0)


def test_three_operations_in_a_row_are_an_outage() -> None:
    outage = monitor()
    assert not fail(outage, "a")
    assert not fail(outage, "b")
    assert not outage.active
    assert not fail(outage, "c", 10.0)
    assert outage.active
    assert outage.next_probe() == 11.0


def test_three_operations_with_a_success_in_between_are_no_outage() -> None:
    outage = monitor()
    fail(outage, "a")
    fail(outage, "b")
    outage.succeeded("c")
    assert fail(outage, "a")
    assert not outage.active


def test_one_probe_at_a_time_at_growing_intervals() -> None:
    outage = monitor()
    fail(outage, "a", 0.0, unreachable=True)
    now, waits = 0.0, []
    for key in "bcdef":
        probe_at = outage.next_probe()
        assert probe_at is not None
        waits.append(probe_at - now)
        now = probe_at
        outage.sent(key)
        assert not outage.may_send(now + 100)
        assert outage.next_probe() is None
        fail(outage, key, now, unreachable=True)
    assert waits == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_operations_in_flight_at_its_beginning_do_not_prolong_an_outage() -> None:
    outage = monitor()
    for key in "abc":
        outage.sent(key)
    assert not fail(outage, "a", 0.0, unreachable=True)
    before = outage.next_probe()
    assert outage.failed("b", 0.1, successes_before=0, unreachable=True, retry_after=None).uses_retry is False
    assert outage.next_probe() == before


def test_any_success_ends_an_outage() -> None:
    outage = monitor()
    fail(outage, "a", unreachable=True)
    outage.succeeded("b")
    assert not outage.active
    assert outage.may_send(0.0)
    fail(outage, "a", 50.0, unreachable=True)
    assert outage.next_probe() == 51.0


def test_retry_after_postpones_the_probe() -> None:
    outage = monitor()
    for key in "abc":
        fail(outage, key, 0.0, retry_after=30.0)
    assert outage.next_probe() == 30.0


def test_retry_after_has_a_limit() -> None:
    outage = monitor()
    for key in "abc":
        fail(outage, key, 0.0, retry_after=99_999.0)
    assert outage.next_probe() == 60.0
    assert outage.policy.delay(0, 99_999.0) == 300.0


def test_an_operation_that_fails_while_others_succeed_uses_up_its_retries() -> None:
    outage = monitor()
    used_up = []
    for _ in range(4):
        used_up.append(fail(outage, "a", unreachable=True))
        outage.succeeded("other")
    assert used_up == [False, True, True, True]


def test_a_time_out_beside_successes_is_no_outage() -> None:
    outage = monitor()
    outage.sent("slow")
    outage.succeeded("other")
    assert outage.failed("slow", 30.0, successes_before=0, unreachable=True, retry_after=None).uses_retry
    assert not outage.active


def test_a_probe_that_is_given_up_makes_room_for_another() -> None:
    outage = monitor()
    fail(outage, "a", 0.0, unreachable=True)
    outage.sent("b")
    outage.forget("b")
    assert outage.may_send(1.0)


def test_an_answer_that_is_overdue_is_an_outage_if_nothing_succeeded_meanwhile() -> None:
    outage = monitor()
    outage.sent("a")
    outage.succeeded("b")
    outage.overdue("a", 2.0, successes_before=0)
    assert not outage.active
    outage.overdue("a", 4.0, successes_before=1)
    assert outage.active
    assert outage.next_probe() == 5.0


def test_a_probe_that_is_overdue_makes_room_for_the_next_one() -> None:
    outage = monitor()
    fail(outage, "a", 0.0, unreachable=True)
    outage.sent("b")
    outage.overdue("b", 3.0, successes_before=0)
    assert outage.next_probe() == 5.0
    outage.probe_repeated(5.0, at_least=1.0)
    assert outage.next_probe() == 9.0
    outage.probe_repeated(9.0, at_least=7.0)
    assert outage.next_probe() == 16.0


def test_when_delivery_ends_soon_it_probes_every_second() -> None:
    outage = monitor()
    for _ in range(5):
        fail(outage, "a", 0.0, unreachable=True, retry_after=60.0)
    outage.policy.hurry(10.0)
    outage.hurry(0.0)
    assert outage.next_probe() == 1.0
    fail(outage, "a", 1.0, unreachable=True, retry_after=60.0)
    assert outage.next_probe() == 2.0
    fail(outage, "a", 8.5, unreachable=True)
    assert outage.next_probe() == 9.0  # a third of what is left


def test_no_delay_is_longer_than_a_third_of_what_is_left() -> None:
    policy = RetryPolicy(1.0, 3, jitter=lambda: 1.0)
    policy.hurry(10.0)
    assert [policy.delay(retry, now=4.0) for retry in range(3)] == [1.0, 2.0, 2.0]
    assert policy.delay(0, 30.0, now=7.0) == 1.0
