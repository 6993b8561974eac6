"""The open connections, and the waits of requests that the server may interrupt."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, Literal, TypeAlias

from starlette.types import Scope

__all__ = ["Connections", "Interruption"]

Interruption: TypeAlias = Literal["cleared", "gone", "closing"]
"""Why a wait ends early: the faults were cleared, the server went away, or the server stops."""


class _Wait:
    """The event that all current waits share."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.reason: Interruption | None = None


class Connections:
    """The open connections of the server. Use it on the server's event loop only.

    Args:
        protocols: uvicorn's protocol objects, one for every open connection.

    Attributes:
        away: Whether the server handles no requests, because of `go_away()`.
    """

    def __init__(self, protocols: set[Any]) -> None:
        self.away = False
        self._protocols = protocols
        self._wait = _Wait()

    def interrupt(self, reason: Interruption) -> None:
        """Ends all current waits. `closing` also ends those that begin later."""
        ended = self._wait
        if ended.reason == "closing":
            return
        ended.reason = reason
        ended.over.set()
        if reason != "closing":
            self._wait = _Wait()

    async def pause(self, seconds: float | None) -> Interruption | None:
        """Waits so many seconds, or without limit if None. Returns why the wait ended early, or None."""
        if seconds is not None and seconds <= 0:
            return None
        wait = self._wait
        try:
            await asyncio.wait_for(wait.over.wait(), seconds)
        except TimeoutError:
            return None
        return wait.reason

    def transport(self, scope: Scope) -> asyncio.Transport | None:
        """The transport of the request's connection; None if it is closed."""
        for protocol in self._protocols:
            if protocol.client == scope["client"]:
                transport: asyncio.Transport = protocol.transport
                return transport
        return None

    def reset_all(self) -> None:
        for protocol in list(self._protocols):
            _reset(protocol.transport)

    @staticmethod
    async def reset(transport: asyncio.Transport | None) -> None:
        """Resets a connection, and returns when uvicorn knows of it."""
        if transport is None:
            return
        _reset(transport)
        await asyncio.sleep(0)  # uvicorn is notified in the loop's next iteration


def _reset(transport: asyncio.Transport) -> None:
    """Closes with RST instead of FIN: SO_LINGER with a time of 0 makes the kernel send it."""
    sock = transport.get_extra_info("socket")
    if sock is not None and not transport.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
