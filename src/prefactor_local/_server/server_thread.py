"""uvicorn on its own thread and event loop."""

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

from prefactor_local._server.connections import Connections
from prefactor_local._server.http_protocol import HttpProtocol, most_connections

__all__ = ["ServerThread"]

GRACE = 0.2
"""How many seconds the server waits for requests in progress when it stops."""
BACKLOG = 2048
"""How many connections wait to be accepted. The system has a limit of its own."""
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open. Clients close theirs earlier, so none is closed while in use."""


class ServerThread:
    """Serves an application from `start()` to `stop()`.

    Args:
        build: Makes the application for the server's connections.
        host: Address to listen on.
        port: Port to listen on; 0 for any free port.
    """

    def __init__(self, build: Callable[[Connections], ASGIApp], host: str, port: int) -> None:
        self._build = build
        self._address = (host, port)
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    def start(self) -> int:
        """Listens, and returns the port.

        Raises:
            OSError: The address cannot be used.
        """
        listener = _listen(*self._address)
        port: int = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, args=(listener,), name="prefactor-local", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return port

    def stop(self) -> None:
        """Answers the requests in progress, closes all connections, and ends the thread."""
        # The loop may be closed already if the program is ending.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def go_away(self, seconds: float | None = None) -> None:
        """Refuses connections and resets the open ones, for so many seconds or until `come_back()`."""
        self._on_loop(lambda: self._server.go_away(seconds))

    def come_back(self) -> None:
        """Listens again, on the same port."""
        self._on_loop(self._server.come_back)

    def release(self) -> None:
        """Ends the waits of requests that a fault delays."""
        self._on_loop(self._server.release)

    def _on_loop(self, step: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await step()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def _run(self, listener: socket.socket) -> None:
        try:
            asyncio.run(self._serve(listener))
        except BaseException as failure:  # start() or stop() raises it again in the caller's thread
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
    """uvicorn without its main loop, which polls, logs, and takes 0.2 s to end."""

    def __init__(self, build: Callable[[Connections], ASGIApp]) -> None:
        state = ServerState()
        self._connections = Connections(state.connections)
        super().__init__(_config(build(self._connections)))
        self.server_state = state
        self._reserved: socket.socket | None = None
        self._return_task: asyncio.Task[None] | None = None
        self._listening_lock = asyncio.Lock()  # held while listening begins or ends

    async def open(self, listener: socket.socket) -> None:
        self._address = listener.getsockname()[:2]
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self._listen(listener)

    async def go_away(self, seconds: float | None) -> None:
        async with self._listening_lock:
            self._cancel_return()
            if self._reserved is None:
                await self._stop_listening()
                # A bound port that does not listen refuses connections, and no other program can bind it.
                self._reserved = _bound(*self._address)
                self._connections.away = True
                self._connections.reset_all()
                self._connections.interrupt("gone")
            if seconds is not None:
                self._return_task = asyncio.create_task(self._come_back_after(seconds))

    async def come_back(self) -> None:
        async with self._listening_lock:
            self._cancel_return()
            await self._listen_again()

    async def release(self) -> None:
        self._connections.interrupt("cleared")

    async def close(self) -> None:
        async with self._listening_lock:
            self._cancel_return()
            if self._reserved is not None:
                self._reserved.close()
            await self._stop_listening()
        self._connections.interrupt("closing")
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._wait_for_requests()
        for connection in list(self.server_state.connections):
            _transport(connection).abort()
        await self._wait_for_requests()

    async def _stop_listening(self) -> None:
        """Stops accepting connections. asyncio does not close connections that it accepts while its server closes."""
        for server in self.servers:
            for listener in server.sockets:
                asyncio.get_running_loop().remove_reader(listener)
        for _ in range(3):  # accepting task, connection_made, end of the task
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        self.servers.clear()

    async def _wait_for_requests(self) -> None:
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE)
        await asyncio.sleep(0)  # uvicorn is notified of lost connections

    async def _come_back_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        async with self._listening_lock:
            self._return_task = None
            await self._listen_again()

    async def _listen_again(self) -> None:
        if self._reserved is None:
            return
        listener, self._reserved = self._reserved, None
        self._connections.away = False
        await self._listen(listener)

    async def _listen(self, listener: socket.socket) -> None:
        await self.startup(sockets=[listener])
        listener.listen(BACKLOG)  # asyncio has made it what it accepts at once

    def _cancel_return(self) -> None:
        if self._return_task is not None:
            self._return_task.cancel()
            self._return_task = None


def _transport(connection: Any) -> asyncio.Transport:
    transport: asyncio.Transport = connection.transport
    return transport


def _config(app: ASGIApp) -> uvicorn.Config:
    # Fixed choices, so that the server is the same whatever else is installed.
    return uvicorn.Config(
        app,
        http=HttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        backlog=max(1, most_connections() // 8),  # at once: those that are too many are closed a few steps later
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
    # asyncio sets TCP_NODELAY only if the protocol is given; without it every answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener
