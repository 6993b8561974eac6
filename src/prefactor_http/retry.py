"""Retries of awaited calls: exponential back-off with jitter."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from prefactor_http._log import logger_of
from prefactor_http.config import HttpClientConfig
from prefactor_http.exceptions import PrefactorHttpError, PrefactorRetryExhaustedError

__all__ = ["Backoff", "RetryHandler", "random_jitter"]

P = ParamSpec("P")
T = TypeVar("T")

_logger = logger_of(__name__)


def random_jitter() -> float:
    """Returns a factor from 0.75 to 1.25."""
    return random.uniform(0.75, 1.25)  # noqa: S311  # spreads the retries of many clients; no secret


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off with jitter.

    Attributes:
        first: Seconds before the first retry.
        longest: The most seconds, before jitter.
        multiplier: How much longer each next delay is.
        jitter: Gives a factor for each delay; 0.75 to 1.25 by default.
    """

    first: float
    longest: float
    multiplier: float = 2.0
    jitter: Callable[[], float] = random_jitter

    def delay(self, retry: int) -> float:
        """Seconds before retry number `retry`, counted from 0."""
        try:
            delay = self.first * self.multiplier**retry
        except OverflowError:
            delay = self.longest if self.first else 0.0
        return min(delay, self.longest) * self.jitter()


class RetryHandler:
    """Repeats an operation that fails, as an `HttpClientConfig` says.

    The first wait is initial_retry_delay, each next one retry_multiplier times as long, all give or take 25 %, and
    never shorter than the API's Retry-After. No wait is longer than max_retry_delay: when the API asks for a longer
    one, there is no retry.

    Args:
        config: The numbers.
        sleep: Waits for a number of seconds.
        jitter: Gives a factor for each wait.
    """

    def __init__(
        self,
        config: HttpClientConfig,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[], float] = random_jitter,
    ) -> None:
        self.config = config
        self._sleep = sleep
        self._jitter = jitter

    async def execute(
        self,
        operation: Callable[P, Awaitable[T]],
        is_retryable: Callable[[Exception], bool],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Calls `operation(*args, **kwargs)` until it succeeds.

        Raises:
            PrefactorRetryExhaustedError: The last allowed try failed; `last_error` is its error.
            Exception: What the operation raised, if `is_retryable` says no to it.
        """
        tries = 0
        while True:
            try:
                return await operation(*args, **kwargs)
            except Exception as error:
                if not is_retryable(error):
                    raise
                wait = self._wait_after(error, tries)
                tries += 1
                if wait is None or tries > self.config.max_retries:
                    raise _exhausted(error, tries) from error
                _logger.debug("try %d failed (%s); next one in %.2f s", tries, error, wait)
            await self._sleep(wait)

    def _wait_after(self, error: Exception, retry: int) -> float | None:
        """Returns None when the API asks for a longer wait than is allowed."""
        config, longest = self.config, self.config.max_retry_delay
        backoff = Backoff(config.initial_retry_delay, longest, config.retry_multiplier, self._jitter)
        asked = error.retry_after if isinstance(error, PrefactorHttpError) else None
        if asked is not None and asked > longest:
            return None
        return max(min(backoff.delay(retry), longest), asked or 0.0)


def _exhausted(error: Exception, tries: int) -> PrefactorRetryExhaustedError:
    exhausted = PrefactorRetryExhaustedError(
        f"gave up after {tries} {'try' if tries == 1 else 'tries'}: {error}", error
    )
    exhausted.retry_after = error.retry_after if isinstance(error, PrefactorHttpError) else None
    return exhausted
