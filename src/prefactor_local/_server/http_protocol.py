"""HTTP/1.1 for the server: uvicorn's, with limits to how many clients there are, and how long they may take to ask."""

from __future__ import annotations

import asyncio
import logging
import sys
from weakref import WeakSet

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

__all__ = ["HttpProtocol", "most_connections"]

logger = logging.getLogger("prefactor_local")

HEAD_SECONDS = 30.0
"""How long a connection may take from its first byte, or from its beginning, to the end of a request's headers."""

_told: WeakSet[ServerState] = WeakSet()
"""The servers that have logged that there are too many connections."""


def most_connections() -> int:
    """How many connections may be open. The other half of the files that a process may open is for all else."""
    if sys.platform == "win32":
        return 10_000
    import resource  # noqa: PLC0415 - not on Windows

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 10_000 if files == resource.RLIM_INFINITY else max(files // 2, 1)


class HttpProtocol(H11Protocol):
    """Closes connections that are too many, or do not complete the head of a request in time. uvicorn keeps them."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            self._refuse()
        else:
            self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._expect_head()
        else:
            self._stop_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _should_upgrade(self) -> bool:
        """Any page may ask for a WebSocket, and uvicorn would print each time how to install them."""
        return False

    def _refuse(self) -> None:
        if self.server_state not in _told:
            _told.add(self.server_state)
            logger.warning("more than %s connections are open: further ones are closed at once", most_connections())
        self.transport.abort()

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
