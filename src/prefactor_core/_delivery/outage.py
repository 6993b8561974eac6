"""Tells an outage of the API from an operation that fails by itself. No I/O, no clock."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from prefactor_core._delivery.retry_policy import RetryPolicy

__all__ = ["OutageMonitor", "Verdict"]

_OUTAGE_AFTER = 3
_MAX_PROBE_DELAY = 5.0
_MAX_HURRIED_PROBE_DELAY = 1.0
_MAX_RETRY_AFTER = 60.0  # shorter than for one operation: all operations wait for the next probe


class Verdict(NamedTuple):
    """What a failure means for its operation.

    Attributes:
        uses_retry: the operation itself is the problem, and has used up a retry; otherwise the API counts as
            unavailable.
        recent_failures: how often it failed before, since the last success of any operation.
    """

    uses_retry: bool
    recent_failures: int = 0


@dataclass(slots=True)
class OutageMonitor:
    """Decides when delivery pauses for an outage, and when it resumes.

    An outage begins when nothing has succeeded meanwhile and either

    1. a request got no connection, or no answer in time, also when it was repeated, or
    2. `_OUTAGE_AFTER` answers in a row asked to try again later. They may belong to different operations, or to one
       that is the only one that can be sent.

    During an outage, one operation at a time is sent as a probe, at growing intervals. Any success ends the outage.

    A failure uses up a retry only if another operation has succeeded since the last failure of this one, or while the
    request was running. Then the operation itself is the problem. Without such a success, nothing distinguishes the
    failure from an outage.

    Attributes:
        policy: the delays between probes.
        active: an outage was found and has not ended.
        successes: how many requests have succeeded.
    """

    policy: RetryPolicy
    active: bool = False
    successes: int = 0
    _failing: Counter[Hashable] = field(default_factory=Counter)
    _last_failure: dict[Hashable, int] = field(default_factory=dict)
    _probes: int = 0
    _probe_at: float = 0.0
    _probe: Hashable | None = None

    def may_send(self, now: float) -> bool:
        """Return whether an operation may be sent now."""
        return not self.active or (self._probe is None and now >= self._probe_at)

    def sent(self, key: Hashable) -> None:
        """Record that an operation is sent: during an outage it is the probe."""
        if self.active:
            self._probe = key

    def next_probe(self) -> float | None:
        """Return when the next probe may be sent; None if there is no outage, or a probe is in flight."""
        return self._probe_at if self.active and self._probe is None else None

    def probe_now(self) -> None:
        """Let the next probe be sent at once."""
        self._probe_at = 0.0

    def succeeded(self, key: Hashable) -> None:
        """Record that the API processed a request, even if it refused the operation for good."""
        self.successes += 1
        self._last_failure.pop(key, None)
        self._failing.clear()
        self.active = False
        self._probe = None
        self._probes = 0

    def failed(
        self, key: Hashable, now: float, *, successes_before: int, unreachable: bool, retry_after: float | None
    ) -> Verdict:
        """Record that an operation failed temporarily.

        Args:
            key: the operation.
            now: the time, in seconds.
            successes_before: the value of `successes` when the operation was sent.
            unreachable: there was no connection, or no answer in time; otherwise an answer asked to try again.
            retry_after: seconds that the API asked to wait.
        """
        nothing_succeeded = successes_before == self.successes
        recent_failures = self._failing[key]
        begins = self._begins(key, unreachable=unreachable and nothing_succeeded)
        previous, self._last_failure[key] = self._last_failure.get(key), self.successes
        if begins or (self.active and key == self._probe):
            self._schedule_probe(now, recent_failures if begins else 0)
        if self.active:
            wait = min(retry_after or 0.0, _MAX_RETRY_AFTER, self._longest_delay(now))
            self._probe_at = max(self._probe_at, now + wait)
        uses_retry = not nothing_succeeded or (previous is not None and previous != self.successes)
        return Verdict(uses_retry, recent_failures)

    def overdue(self, key: Hashable, now: float, *, successes_before: int) -> None:
        """Record that the answer to an operation is long overdue. The arguments are those of `failed()`."""
        if self.active:
            if key == self._probe:
                self._schedule_probe(now, 0)
        elif successes_before == self.successes:
            self.active = True
            self._schedule_probe(now, 0)

    def probe_repeated(self, now: float, at_least: float) -> None:
        """Record that an operation that has no answer yet was sent again, as a probe.

        Args:
            now: the time.
            at_least: the least number of seconds before the next probe.
        """
        self._schedule_probe(now, 0)
        self._probe_at = max(self._probe_at, now + at_least)

    def hurry(self, now: float) -> None:
        """Delivery ends soon, as the policy knows: probe more often."""
        self._probe_at = min(self._probe_at, now + self._longest_delay(now))

    def forget(self, key: Hashable) -> None:
        """Record that an operation ended without an answer that shows the API to be available."""
        self._last_failure.pop(key, None)
        if key == self._probe:
            self._probe = None

    def _begins(self, key: Hashable, *, unreachable: bool) -> bool:
        if self.active:
            return False
        self._failing[key] += 1
        self.active = unreachable or self._failing.total() >= _OUTAGE_AFTER
        return self.active

    def _schedule_probe(self, now: float, recent_failures: int) -> None:
        """The first probe waits at least as long as the operation would have waited for its next retry."""
        self._probe = None
        self._probes += recent_failures
        delay = min(self.policy.delay(self._probes), _MAX_PROBE_DELAY, self._longest_delay(now))
        self._probe_at = now + delay
        self._probes += 1

    def _longest_delay(self, now: float) -> float:
        return min(self.policy.longest(now), _MAX_HURRIED_PROBE_DELAY) if self.policy.hurried else math.inf
