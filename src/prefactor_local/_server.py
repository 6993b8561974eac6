"""uvicorn on a thread and an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp

__all__ = ["ServerThread"]

GRACE = 0.2
"""Seconds that requests in progress have to end when the server stops."""
BACKLOG = 2048


class ServerThread:
    """Serves an app from `start()` to `stop()`.

    Args:
        build: makes the app; it is given an event that is set, on the server's loop, when the server stops.
    """

    def __init__(self, build: Callable[[asyncio.Event], ASGIApp], host: str, port: int) -> None:
        self._build = build
        self._address = (host, port)
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    def start(self) -> int:
        """Listen, and return the port. Raises OSError if the address cannot be used."""
        listener = _listen(*self._address)
        port: int = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, args=(listener,), name="prefactor-local", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return port

    def stop(self) -> None:
        """Answer what is in progress, close all connections, end the thread."""
        # The loop may be gone already when the program is ending.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self, listener: socket.socket) -> None:
        try:
            asyncio.run(self._serve(listener))
        except BaseException as failure:  # raised again by start() or stop(), in the thread that waits
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self, listener: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        server = _Server(_config(self._build(self._closing)))
        await server.open(listener)
        self._ready.set()
        await self._closing.wait()
        await server.close()


class _Server(uvicorn.Server):
    """Without uvicorn's main loop: that ticks, logs, and takes 0.2 s to end."""

    async def open(self, listener: socket.socket) -> None:
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[listener])

    async def close(self) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE)
        for connection in list(self.server_state.connections):
            _transport(connection).abort()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE)


def _transport(connection: Any) -> asyncio.Transport:
    transport: asyncio.Transport = connection.transport
    return transport


def _config(app: ASGIApp) -> uvicorn.Config:
    # h11 and no lifespan, whatever else is installed: the same server everywhere.
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only then: without it every answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener
