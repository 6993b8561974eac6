"""Receives requests: what is in the head is checked before the body is read, and the body is bounded."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from prefactor_http._text import one_line
from prefactor_local._protocol.errors import LocalApiError, forbidden
from prefactor_local._server.allowed_hosts import AllowedHosts
from prefactor_local._server.operation_thread import OperationThread
from prefactor_local._state.account import Account
from prefactor_local._state.callers import Caller

__all__ = ["MAX_BODY_BYTES", "Arrival", "Reception", "arrival_of"]

MAX_BODY_BYTES = 16 * 1024 * 1024
BODY_SECONDS = 60.0
"""How long a client may take to send a body."""
_DRAINED_BYTES = 4 * MAX_BODY_BYTES
"""The longest body that is received, and forgotten, after its request was refused, so that its client reads why."""
_SHOWN_CHARS = 100
_KEY = "prefactor_local.arrival"


@dataclass
class Arrival:
    """A request that has arrived.

    Attributes:
        caller: Who sends it; the account, if it is refused.
        content: The body; empty if it is refused.
        refusal: Why it is refused.
        must_close: Whether the connection is closed after the answer, because the rest of the body is not received.
    """

    caller: Caller = field(default_factory=Caller)
    content: bytes = b""
    refusal: LocalApiError | None = None
    must_close: bool = False

    @cached_property
    def json(self) -> Any:
        """The parsed JSON; None if there is no body or it is not JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None

    async def replay(self) -> Message:
        """Takes the place of the connection's `receive`."""
        return {"type": "http.request", "body": self.content, "more_body": False}


def arrival_of(scope: Scope) -> Arrival:
    """The arrival of a request that `Reception` has received."""
    arrival: Arrival = scope[_KEY]
    return arrival


class Reception:
    """Receives requests.

    Args:
        hosts: The names under which the server may be addressed.
        account: Knows whose a token is.
        operations: The thread in which the account may use the database.
    """

    def __init__(self, hosts: AllowedHosts, account: Account, operations: OperationThread) -> None:
        self._hosts = hosts
        self._account = account
        self._operations = operations

    async def receive(self, scope: Scope, receive: Receive) -> Arrival | None:
        """Receives a request, and keeps it in the scope. None: the client has disconnected."""
        headers = Headers(scope=scope)
        try:
            self._check_names(headers)
            caller = await self._caller(headers.get("authorization"))
            content = await _body(headers, receive)
        except LocalApiError as refusal:
            arrival = Arrival(refusal=refusal, must_close=not _can_drain(headers))
        else:
            if content is None:
                return None
            arrival = Arrival(caller, content)
        scope[_KEY] = arrival
        return arrival

    def _check_names(self, headers: Headers) -> None:
        host, origin = headers.get("host"), headers.get("origin")
        if host is not None and not self._hosts.allow_host(host):
            raise forbidden(
                f"The host {one_line(host, _SHOWN_CHARS)} is not a name of this server. If it is yours, allow it with "
                "--allow-host or LocalApi(allowed_hosts=...)."
            )
        if origin is not None and not self._hosts.allow_origin(origin, host or ""):
            raise forbidden(f"Pages of {one_line(origin, _SHOWN_CHARS)} may not use this server.")

    async def _caller(self, authorization: str | None) -> Caller:
        known = self._account.known_caller(authorization)
        if known is not None:
            return known
        return await self._operations.run(self._account.caller, authorization)


async def _body(headers: Headers, receive: Receive) -> bytes | None:
    """The body. None: the client has disconnected.

    Raises:
        LocalApiError: 413: it is too large. 408: it takes too long.
    """
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        return b""
    if int(length or 0) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(receive)
    except TimeoutError:
        raise LocalApiError(408, "request_timeout", f"The body took more than {BODY_SECONDS:g} seconds.") from None


async def _read(receive: Receive) -> bytes | None:
    content = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        content += message.get("body", b"")
        if len(content) > MAX_BODY_BYTES:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(content)


def _too_large() -> LocalApiError:
    return LocalApiError(413, "payload_too_large", f"The body is larger than {MAX_BODY_BYTES // 2**20} MiB.")


def _can_drain(headers: Headers) -> bool:
    """Whether uvicorn can receive and forget the body: its length is known, and the client does not wait for a word."""
    if "expect" in headers or "transfer-encoding" in headers:
        return False
    return int(headers.get("content-length") or 0) <= _DRAINED_BYTES
