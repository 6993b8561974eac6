"""Retries with exponential backoff and jitter."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from prefactor_http._log import logger_of
from prefactor_http.config import HttpClientConfig
from prefactor_http.exceptions import PrefactorConnectionError, PrefactorHttpError, PrefactorRetryExhaustedError

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
    """Retries operations as an `HttpClientConfig` says.

    The first delay is initial_retry_delay, and each one is retry_multiplier times as long as the one before, plus or
    minus 25 %. A delay is never shorter than the API's Retry-After and never longer than max_retry_delay: if the API
    asks for a longer one, there is no retry. After a lost connection the first retry follows at once, because a server
    may close a connection that was idle just when a request is sent on it.

    Args:
        config: Number of retries and delays.
        sleep: Waits for a number of seconds.
        jitter: Returns a factor for each delay.
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
            PrefactorRetryExhaustedError: The last attempt failed; `last_error` is its error.
            Exception: The operation raised an error for which `is_retryable` returns False.
        """
        attempts = 0
        while True:
            try:
                return await operation(*args, **kwargs)
            except Exception as error:
                if not is_retryable(error):
                    raise
                delay = self._delay_after(error, attempts)
                attempts += 1
                if delay is None or attempts > self.config.max_retries:
                    raise _exhausted(error, attempts) from error
                _logger.debug("attempt %d failed (%s); next one in %.2f s", attempts, error, delay)
            await self._sleep(delay)

    def _delay_after(self, error: Exception, retry: int) -> float | None:
        """The delay before the next attempt, or None if the API asks for one that is too long."""
        if retry == 0 and isinstance(error, PrefactorConnectionError) and error.connection_lost:
            return 0.0
        config, longest = self.config, self.config.max_retry_delay
        backoff = Backoff(config.initial_retry_delay, longest, config.retry_multiplier, self._jitter)
        requested = error.retry_after if isinstance(error, PrefactorHttpError) else None
        if requested is not None and requested > longest:
            return None
        return max(min(backoff.delay(retry), longest), requested or 0.0)


def _exhausted(error: Exception, attempts: int) -> PrefactorRetryExhaustedError:
    exhausted = PrefactorRetryExhaustedError(
        f"gave up after {attempts} {'attempt' if attempts == 1 else 'attempts'}: {error}", error
    )
    exhausted.retry_after = error.retry_after if isinstance(error, PrefactorHttpError) else None
    return exhausted
