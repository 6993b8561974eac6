"""Connections to one server, directly or through a proxy.

Tools for tests (respx, pytest-httpx, vcrpy) and for tracing (OpenTelemetry, Sentry) replace methods of httpx's clients
and transports, and of httpcore's pools. They are about the program's requests: one of ours must not be answered by a
mock, listed in a trace, or written to httpx's log. A connection of our own is also much cheaper: an agent's process has
most of its time for the agent. httpcore makes the connections through proxies.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from prefactor_http._address import Address
from prefactor_http._body import Body
from prefactor_http._http11 import Header, Http11Connection

__all__ = ["Connections", "Response"]

_WITH_A_BODY = {"POST", "PUT", "PATCH"}


class Response(NamedTuple):
    """An answer.

    Attributes:
        status_code: HTTP status.
        headers: The headers, by their names in lower case.
        body: The body, as far as it could be read.
    """

    status_code: int
    headers: dict[str, str]
    body: Body


class Connection(Protocol):
    """One connection; see `Http11Connection`."""

    async def send(
        self, method: bytes, target: bytes, headers: Sequence[Header], content: bytes | None
    ) -> tuple[int, dict[str, str]]:
        """Sends a request, and returns the status and the headers of the answer."""
        ...

    async def read(self) -> bytes:
        """The next piece of the answer's body; empty at its end."""
        ...

    async def end_request(self) -> bool:
        """The request is over. Returns whether there may be another one; otherwise the connection is closed."""
        ...

    @property
    def is_usable(self) -> bool:
        """Another request can be sent."""
        ...

    async def close(self) -> None:
        """Closes the connection; a request that is running fails."""
        ...


class Connections:
    """Connections to a server, as many as there are requests at a time.

    Args:
        address: Where the server is.
        headers: The headers of every request.
        tls: For an https address.
        proxy: The URL of a proxy for all connections.
        connect_timeout: Seconds that one may take to open; a proxy and TLS may take as long again.
        keep: Whether a connection is kept for the next request.

    Attributes:
        has_answered: The server has begun to answer a request.
    """

    def __init__(
        self,
        address: Address,
        *,
        headers: Sequence[Header],
        tls: ssl.SSLContext | None,
        proxy: str | None,
        connect_timeout: float,
        keep: bool = True,
    ) -> None:
        self.has_answered = False
        self._address = address
        self._headers = headers
        self._tls = tls
        self._proxy = proxy
        self._connect_timeout = connect_timeout
        self._keep = keep
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()

    async def request(
        self, method: str, target: bytes, *, content: bytes | None, headers: Sequence[Header], limit: int
    ) -> Response:
        """Sends a request.

        Args:
            method: HTTP method.
            target: Path and query.
            content: The body.
            headers: More headers.
            limit: The most bytes of the answer's body.

        Raises:
            InvalidRequestError: The request is not valid.
            NoAnswerError: There is no answer, or no complete one.
        """
        if content is None and method in _WITH_A_BODY:
            content = b""
        connection = await self._take()
        self._busy.add(connection)
        try:
            status, answer_headers = await connection.send(
                method.encode("ascii"), target, [*self._headers, *headers], content
            )
            self.has_answered = True
            # Decompressed by Body, piece by piece: a few KB may become gigabytes.
            body = Body(answer_headers.get("content-encoding", ""), limit)
            while not body.problem and (piece := await connection.read()):
                body.add(piece)
            return Response(status, answer_headers, body)
        finally:
            await self._give_back(connection)

    async def aclose(self) -> None:
        """Closes all connections, also those that are in use."""
        connections = [*self._idle, *self._busy]
        self._idle.clear()
        self._busy.clear()
        for connection in connections:
            await connection.close()

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
            await connection.close()
        if self._proxy is None:
            return await Http11Connection.open(self._address, tls=self._tls, timeout=self._connect_timeout)
        # It imports httpx and httpcore, which takes longer than everything else.
        from prefactor_http._proxied import ProxiedConnection  # noqa: PLC0415

        return ProxiedConnection(self._address, self._proxy, tls=self._tls, timeout=self._connect_timeout)

    async def _give_back(self, connection: Connection) -> None:
        still_open = connection in self._busy
        self._busy.discard(connection)
        if await connection.end_request() and still_open and self._keep:
            self._idle.append(connection)
        else:
            await connection.close()
