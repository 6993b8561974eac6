"""Telling an API that is away from an operation that fails.

Pure: the time and the random numbers come from outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from prefactor_core._retry_policy import RetryPolicy

__all__ = ["OutageMonitor", "Verdict"]

_AWAY_AFTER = 3
_MAX_PROBE_DELAY = 5.0
_MAX_ASKED_DELAY = 60.0  # of Retry-After: everything waits for one probe


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failure means for its operation.

    Attributes:
        burns_retry: it used up a retry; otherwise it was the weather.
        setbacks: how often it failed before with no success of any operation since.
    """

    burns_retry: bool
    setbacks: int = 0


@dataclass(slots=True)
class OutageMonitor:
    """Decides whether delivery runs or pauses.

    The API is away when a request got no connection or no answer in time and nothing else succeeded meanwhile, or when
    `_AWAY_AFTER` retryable answers came in a row: of different operations, or of the only one that can be sent. Then
    one operation at a time is sent as a probe, at growing intervals; any success ends the outage.

    An operation uses up a retry only when another one succeeded since its last failure, or while it was under way: then
    it is itself the problem. As long as nothing succeeds, nothing tells it from an API that is away.

    Attributes:
        successes: how many operations have succeeded; the epoch that `failed()` compares with.
    """

    policy: RetryPolicy
    successes: int = 0
    _failing: Counter[Hashable] = field(default_factory=Counter)
    _last_failure: dict[Hashable, int] = field(default_factory=dict)
    _away: bool = False
    _probes: int = 0
    _probe_at: float = 0.0
    _probe: Hashable | None = None

    @property
    def away(self) -> bool:
        """Delivery is paused."""
        return self._away

    def may_send(self, now: float) -> bool:
        """An operation may be sent now."""
        return not self._away or (self._probe is None and now >= self._probe_at)

    def sent(self, key: Hashable) -> None:
        """An operation is being sent: during an outage it is the probe."""
        if self._away:
            self._probe = key

    def next_probe(self) -> float | None:
        """When `may_send()` becomes true by time alone; None when time does not matter."""
        return self._probe_at if self._away and self._probe is None else None

    def succeeded(self, key: Hashable) -> None:
        """The API took an operation, or refused it for good: it is there."""
        self.successes += 1
        self._last_failure.pop(key, None)
        self._failing.clear()
        self._away = False
        self._probe = None
        self._probes = 0

    def failed(
        self, key: Hashable, now: float, *, sent_in: int, unreachable: bool, retry_after: float | None
    ) -> Verdict:
        """An operation failed in a way that may pass.

        Args:
            key: the operation.
            now: the time, in seconds.
            sent_in: `successes` when it was sent.
            unreachable: no connection or no answer in time, rather than an answer that asks to try again.
            retry_after: seconds that the API asked to wait.
        """
        alone = sent_in == self.successes
        setbacks = self._failing[key]
        begins = self._begins(key, unreachable=unreachable and alone)
        previous, self._last_failure[key] = self._last_failure.get(key), self.successes
        if begins or (self._away and key == self._probe):
            self._pause(now, setbacks if begins else 0)
        if self._away:
            self._probe_at = max(self._probe_at, now + min(retry_after or 0.0, _MAX_ASKED_DELAY))
        burns_retry = not alone or (previous is not None and previous != self.successes)
        return Verdict(burns_retry, setbacks)

    def forget(self, key: Hashable) -> None:
        """An operation is over without a success."""
        self._last_failure.pop(key, None)
        if key == self._probe:
            self._probe = None

    def _begins(self, key: Hashable, *, unreachable: bool) -> bool:
        if self._away:
            return False
        self._failing[key] += 1
        self._away = unreachable or self._failing.total() >= _AWAY_AFTER
        return self._away

    def _pause(self, now: float, setbacks: int) -> None:
        """Wait for the next probe; not for a shorter time than the operation would have waited by itself."""
        self._probe = None
        self._probes += setbacks
        self._probe_at = now + min(self.policy.delay(self._probes, None), _MAX_PROBE_DELAY)
        self._probes += 1
