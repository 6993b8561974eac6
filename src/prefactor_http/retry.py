"""Retries with exponential backoff and jitter."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from prefactor_http._log import logger_of
from prefactor_http.config import HttpClientConfig
from prefactor_http.exceptions import PrefactorHttpError, PrefactorRetryExhaustedError

__all__ = ["RetryHandler"]

P = ParamSpec("P")
T = TypeVar("T")

_logger = logger_of(__name__)


def _jitter() -> float:
    return random.uniform(0.75, 1.25)  # noqa: S311  # spreads the retries of many clients; no secret


class RetryHandler:
    """Retries operations as an `HttpClientConfig` says.

    The first delay is initial_retry_delay, and each one is retry_multiplier times as long as the one before, plus or
    minus 25 %. A delay is never shorter than the API's Retry-After and never longer than max_retry_delay: if the API
    asks for a longer one, there is no retry.

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
        jitter: Callable[[], float] = _jitter,
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
        backoff = self.config.initial_retry_delay
        attempts = 0
        while True:
            try:
                return await operation(*args, **kwargs)
            except Exception as error:
                if not is_retryable(error):
                    raise
                attempts += 1
                delay = self._delay_after(error, backoff)
                if delay is None or attempts > self.config.max_retries:
                    raise _exhausted(error, attempts) from error
                _logger.debug("attempt %d failed (%s); next one in %.2f s", attempts, error, delay)
            await self._sleep(delay)
            backoff = min(backoff * self.config.retry_multiplier, self.config.max_retry_delay)

    def _delay_after(self, error: Exception, backoff: float) -> float | None:
        """The delay before the next attempt, or None if the API asks for one that is too long."""
        longest = self.config.max_retry_delay
        requested = error.retry_after if isinstance(error, PrefactorHttpError) else None
        if requested is not None and requested > longest:
            return None
        return max(min(backoff * self._jitter(), longest), requested or 0.0)


def _exhausted(error: Exception, attempts: int) -> PrefactorRetryExhaustedError:
    exhausted = PrefactorRetryExhaustedError(
        f"gave up after {attempts} {'attempt' if attempts == 1 else 'attempts'}: {error}", error
    )
    exhausted.retry_after = error.retry_after if isinstance(error, PrefactorHttpError) else None
    return exhausted
