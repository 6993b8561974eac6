"""What the requests in progress share with the server that runs them: its connections, and news of its end."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, Literal, TypeAlias

from starlette.types import Scope

__all__ = ["Interruption", "Lifeline"]

Interruption: TypeAlias = Literal["cleared", "gone", "closing"]
"""Why a request need not wait longer: no more faults, the server went away, the server stops."""


class _Wait:
    """What all requests that wait at one time wait for."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.reason: Interruption | None = None


class Lifeline:
    """Belongs to the server's loop.

    Args:
        connections: uvicorn's protocols, one for every open connection.

    Attributes:
        away: no request is handled.
    """

    def __init__(self, connections: set[Any]) -> None:
        self.away = False
        self._connections = connections
        self._wait = _Wait()

    def interrupt(self, reason: Interruption) -> None:
        """End all that waits; `closing` also what is going to wait."""
        ended = self._wait
        if ended.reason == "closing":
            return
        ended.reason = reason
        ended.over.set()
        if reason != "closing":
            self._wait = _Wait()

    async def pause(self, seconds: float | None) -> Interruption | None:
        """Wait so long, None for ever. Returns why it ended earlier."""
        if seconds is not None and seconds <= 0:
            return None
        wait = self._wait
        try:
            await asyncio.wait_for(wait.over.wait(), seconds)
        except TimeoutError:
            return None
        return wait.reason

    def transport(self, scope: Scope) -> asyncio.Transport | None:
        """Of the request's connection, None if that is closed."""
        for connection in self._connections:
            if connection.client == scope["client"]:
                transport: asyncio.Transport = connection.transport
                return transport
        return None

    def reset_all(self) -> None:
        for connection in list(self._connections):
            _reset(connection.transport)

    @staticmethod
    async def reset(transport: asyncio.Transport | None) -> None:
        """Reset a connection, and return when uvicorn knows."""
        if transport is None:
            return
        _reset(transport)
        await asyncio.sleep(0)  # the loss is announced in the loop's next round


def _reset(transport: asyncio.Transport) -> None:
    """Close without a goodbye: no time to linger makes the kernel send RST."""
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
