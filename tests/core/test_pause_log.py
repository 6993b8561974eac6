"""What the log says of an API that fails again and again. The clock is the test's."""

from __future__ import annotations

import logging

import pytest

from prefactor_core._delivery.pause_log import PauseLog

PAUSED = "the API is unavailable, delivery is paused: busy (operations are kept, and sent when it is available)"
RESUMED = "the API is available again, delivery has resumed"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(caplog: pytest.LogCaptureFixture) -> Clock:
    caplog.set_level(logging.INFO, "prefactor_core")
    return Clock()


def pause(log: PauseLog, clock: Clock, seconds: float) -> None:
    log.paused(ConnectionError("busy."))
    clock.now += seconds
    log.check()
    log.resumed()


def test_short_pauses_that_follow_each_other_are_counted(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    log = PauseLog(clock)
    for _ in range(20):
        pause(log, clock, 1.0)
    assert caplog.messages == [PAUSED, RESUMED]
    log.total()
    log.total()
    assert caplog.messages[2:] == ["delivery was paused 19 more times, each time for less than 5 seconds"]


def test_a_long_pause_is_logged_whenever_it_comes(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    log = PauseLog(clock)
    pause(log, clock, 1.0)
    pause(log, clock, 1.0)
    pause(log, clock, 6.0)
    assert caplog.messages == [PAUSED, RESUMED, f"{PAUSED}; short pauses before this one: 1", RESUMED]


def test_a_pause_that_comes_later_is_news(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    log = PauseLog(clock)
    pause(log, clock, 1.0)
    clock.now += 60.0
    pause(log, clock, 1.0)
    log.total()
    assert caplog.messages == [PAUSED, RESUMED, PAUSED, RESUMED]
