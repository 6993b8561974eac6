"""uvicorn on a thread and an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from prefactor_local._lifeline import Lifeline

__all__ = ["ServerThread"]

GRACE = 0.2
"""Seconds that requests in progress have to end when the server stops."""
BACKLOG = 2048
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than with clients, so that none is closed as it is used."""


class ServerThread:
    """Serves an app from `start()` to `stop()`.

    Args:
        build: makes the app, which learns through the lifeline what becomes of the server.
    """

    def __init__(self, build: Callable[[Lifeline], ASGIApp], host: str, port: int) -> None:
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

    def go_away(self, seconds: float | None = None) -> None:
        """Refuse connections and drop those that are open, for so long, or until come_back()."""
        self._on_loop(lambda: self._server.go_away(seconds))

    def come_back(self) -> None:
        """Listen again, on the same port."""
        self._on_loop(self._server.come_back)

    def release(self) -> None:
        """Let the requests that a fault holds go on."""
        self._on_loop(self._server.release)

    def _on_loop(self, step: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await step()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result()

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
        self._server = _Server(self._build)
        await self._server.open(listener)
        self._ready.set()
        await self._closing.wait()
        await self._server.close()


class _Server(uvicorn.Server):
    """Without uvicorn's main loop: that ticks, logs, and takes 0.2 s to end."""

    def __init__(self, build: Callable[[Lifeline], ASGIApp]) -> None:
        state = ServerState()
        self._line = Lifeline(state.connections)
        super().__init__(_config(build(self._line)))
        self.server_state = state
        self._reserved: socket.socket | None = None
        self._return: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()  # of those who begin or end to listen

    async def open(self, listener: socket.socket) -> None:
        self._address = listener.getsockname()[:2]
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[listener])

    async def go_away(self, seconds: float | None) -> None:
        async with self._turn:
            self._forget_return()
            if self._reserved is None:
                await self._stop_listening()
                # A port that is bound and does not listen refuses connections, and nobody else can take it.
                self._reserved = _bound(*self._address)
                self._line.away = True
                self._line.reset_all()
                self._line.interrupt("gone")
            if seconds is not None:
                self._return = asyncio.create_task(self._come_back_after(seconds))

    async def come_back(self) -> None:
        async with self._turn:
            self._forget_return()
            await self._listen_again()

    async def release(self) -> None:
        self._line.interrupt("cleared")

    async def close(self) -> None:
        async with self._turn:
            self._forget_return()
            if self._reserved is not None:
                self._reserved.close()
            await self._stop_listening()
        self._line.interrupt("closing")
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._rest()
        for connection in list(self.server_state.connections):
            _transport(connection).abort()
        await self._rest()

    async def _stop_listening(self) -> None:
        """Take no more connections. asyncio forgets to close what it accepts while its server closes."""
        for server in self.servers:
            for listener in server.sockets:
                asyncio.get_running_loop().remove_reader(listener)
        for _ in range(3):  # the task that accepted; connection_made; the task ends
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        self.servers.clear()

    async def _rest(self) -> None:
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE)
        await asyncio.sleep(0)  # uvicorn learns of the loss of its connections

    async def _come_back_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        async with self._turn:
            self._return = None
            await self._listen_again()

    async def _listen_again(self) -> None:
        if self._reserved is None:
            return
        listener, self._reserved = self._reserved, None
        listener.listen(BACKLOG)
        self._line.away = False
        await self.startup(sockets=[listener])

    def _forget_return(self) -> None:
        if self._return is not None:
            self._return.cancel()
            self._return = None


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
        timeout_keep_alive=KEEP_ALIVE,
    )


def _listen(host: str, port: int) -> socket.socket:
    listener = _bound(host, port)
    try:
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only then: without it every answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener
