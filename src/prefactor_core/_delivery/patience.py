"""How long to wait for an answer before its request is repeated, and how often that is allowed. No I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Patience", "RepeatBudget"]

_FIRST_SECONDS = 3.0
_MIN_SECONDS = 1.0
_HURRIED_SECONDS = 1.0
_BYTES_PER_SECOND = 128 * 1024  # a slow line, such as a phone's

_MAX_TOKENS = 10.0
_TOKENS_PER_ANSWER = 0.05


@dataclass(slots=True)
class Patience:
    """How long answers take at most, as a rule. It follows the answers as RFC 6298 does for TCP.

    Attributes:
        longest: the maximum, in seconds: a request ends by itself then.
    """

    longest: float
    _mean: float | None = None
    _deviation: float = 0.0

    def seconds(self, size: int, *, hurried: bool = False) -> float:
        """After how many seconds an answer is overdue.

        Args:
            size: the size of the request's payloads, in bytes: it must not be sent again while it is still on its way.
            hurried: no longer than a second for the rest.
        """
        usual = _FIRST_SECONDS if self._mean is None else max(self._mean + 4 * self._deviation, _MIN_SECONDS)
        if hurried:
            usual = min(usual, _HURRIED_SECONDS)
        return min(usual + size / _BYTES_PER_SECOND, self.longest)

    def learn(self, seconds: float) -> None:
        """Record how long an answer took."""
        if self._mean is None:
            self._mean, self._deviation = seconds, seconds / 2
            return
        self._deviation += (abs(seconds - self._mean) - self._deviation) / 4
        self._mean += (seconds - self._mean) / 8


@dataclass(slots=True)
class RepeatBudget:
    """Limits how many requests are repeated because their answers are overdue.

    It is a bucket of tokens, as in the retry throttling of gRPC. A repetition takes one, and each answer gives a small
    part of one. So where the API is only slow, the repetitions are a few per cent of the requests. A repetition that is
    answered before the first try gives its token back: there, tries got lost.
    """

    _tokens: float = _MAX_TOKENS

    def take(self) -> bool:
        """Return whether a request may be repeated now, and count it."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def answered(self, *, by_repetition: bool) -> None:
        """Record an answer."""
        self._tokens = min(self._tokens + (1 if by_repetition else _TOKENS_PER_ANSWER), _MAX_TOKENS)
