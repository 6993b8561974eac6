"""The registration of agent instances while the agent waits for it, which takes a second at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from prefactor_core.utils import generate_idempotency_key
from prefactor_http._log import logger_of
from prefactor_http.client import PrefactorHttpClient
from prefactor_http.endpoints.instance_writes import InstanceWrites
from prefactor_http.exceptions import (
    PrefactorConnectionError,
    PrefactorHttpError,
    PrefactorResponseContractError,
    PrefactorRetryExhaustedError,
    PrefactorValidationError,
    is_transient_http_error,
)
from prefactor_http.retry import RetryHandler

if TYPE_CHECKING:
    from prefactor_http.endpoints import AgentInstanceClient

__all__ = ["Registrar", "Registration", "may_start_without_api"]

_MAX_SECONDS = 1.0
_FIRST_RETRY_SECONDS = 0.1
_PATIENCE_SECONDS = 3.0  # then the connection may be dead, and delivery goes on with it

logger = logger_of("prefactor_core")


@dataclass(slots=True)
class Registration:
    """An agent instance that is to be registered.

    Attributes:
        details: the fields of the request.
        idempotency_key: the key of the request.
        minted: this client made the id in `details`.
        asked: a request was sent, and may have reached the API.
        running: the request that has no answer yet. It gives the id.
    """

    details: dict[str, Any]
    idempotency_key: str
    minted: bool = False
    asked: bool = False
    running: asyncio.Task[str] | None = None

    def leave_id_to_api(self) -> None:
        """Take the id out. It is not documented what the API does with a known key and another body."""
        self.details = {**self.details, "id": None}
        self.idempotency_key = generate_idempotency_key()
        self.minted = False


class Registrar:
    """Registers agent instances. Runs on the delivery thread, but for `expects_answer()`.

    Args:
        http: makes the requests, with its number of retries.
        successes: how many requests of delivery have succeeded.
    """

    def __init__(self, http: PrefactorHttpClient, successes: Callable[[], int]) -> None:
        self._connections = http
        self._successes = successes
        self._silent_at: int | None = None

    @cached_property
    def _instances(self) -> InstanceWrites | AgentInstanceClient:
        """Repeats a request several times within the second that the agent waits."""
        http = self._connections
        if not isinstance(http, PrefactorHttpClient):  # a test of the program has replaced it
            return http.agent_instances
        delay = min(http.config.initial_retry_delay, _FIRST_RETRY_SECONDS)
        return InstanceWrites(http.with_retries(RetryHandler(replace(http.config, initial_retry_delay=delay))))

    def expects_answer(self) -> bool:
        """Whether an answer can be expected in time: the last one came, or delivery has had an answer since."""
        return self._silent_at is None or self._silent_at != self._successes()

    async def register(self, registration: Registration) -> str | None:
        """Register an instance now.

        If the API refuses an id that this client made, it is registered without. If the API does not answer in time,
        the request goes on, as `registration.running`.

        Returns:
            Its id; None if the API does not answer in time, or asks to try again later.

        Raises:
            PrefactorHttpError: the API refuses the instance.
        """
        request = asyncio.create_task(self._ask_within_patience(registration))
        try:
            await asyncio.wait({request}, timeout=_MAX_SECONDS)
        except asyncio.CancelledError:
            request.cancel()
            raise
        if not request.done():
            self._silent_at = self._successes()
            registration.running = request
            request.add_done_callback(_note_error)
            logger.debug(
                "the API has not answered the registration of an agent instance within %g s, which goes on in the "
                "background",
                _MAX_SECONDS,
            )
            return None
        self._silent_at = None
        try:
            return request.result()
        except PrefactorHttpError as error:
            if not is_transient_http_error(error):
                raise
            logger.debug("the registration of an agent instance is sent again later: %s", error)
            return None

    async def _ask_within_patience(self, registration: Registration) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._ask(registration)
        except TimeoutError as error:
            raise PrefactorConnectionError(
                f"an agent instance could not be registered within {_PATIENCE_SECONDS:g} s"
            ) from error

    async def _ask(self, registration: Registration) -> str:
        registration.asked = True
        try:
            return await self._send(registration)
        except PrefactorValidationError:
            if not registration.minted:
                raise
        registration.leave_id_to_api()
        return await self._send(registration)

    async def _send(self, registration: Registration) -> str:
        try:
            answer = await self._instances.register(
                **registration.details, idempotency_key=registration.idempotency_key
            )
        except PrefactorRetryExhaustedError as error:
            raise error.last_error or error from None
        return answer.id


def _note_error(request: asyncio.Task[str]) -> None:
    """Nobody may ask for the error, if the client closes first; asyncio would log that."""
    if not request.cancelled():
        request.exception()


def may_start_without_api(error: PrefactorHttpError) -> bool:
    """Whether a client starts after this failure of its first request, with `require_api_at_start=False`."""
    return is_transient_http_error(error) and not isinstance(error, PrefactorResponseContractError)
