"""Networks as companies have them, on loopback: a forward proxy, and servers with TLS."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias
from urllib.parse import urlsplit

__all__ = ["API_HOST", "Proxy", "answering_server", "proxy"]

API_HOST = "api.prefactor.test"
"""A host that only the proxy knows."""

Handler: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

PONG = b'HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{"status": "success"}'


class Proxy:
    """A forward proxy. It knows one host, `API_HOST`, which is this machine.

    Attributes:
        url: where it is.
        asked: the first line of each request.
    """

    def __init__(self, credentials: str | None = None) -> None:
        self.url = ""
        self.asked: list[str] = []
        self._authorization = None if credentials is None else base64.b64encode(credentials.encode()).decode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, _, headers = head.partition("\r\n")
        self.asked.append(line)
        if self._authorization is not None and f"Basic {self._authorization}" not in headers:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        method, target, _ = line.split()
        address = urlsplit(f"//{target}" if method == "CONNECT" else target)
        assert address.hostname == API_HOST
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", address.port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            upstream.write(f"{method} {address.path} HTTP/1.1\r\nConnection: close\r\n{headers}".encode())
        try:
            await asyncio.gather(_copy(reader, upstream), _copy(upstream_reader, writer))
        finally:
            await _close(upstream)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def _serving(serve: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server whose connections have all ended at the end of the block; yields its port."""
    connections: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await serve(reader, writer)
        await _close(writer)

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.create_task(run(reader, writer)))

    async with await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*connections)


@asynccontextmanager
async def proxy(credentials: str | None = None) -> AsyncIterator[Proxy]:
    """A running proxy; it asks for these credentials, `user:password`."""
    running = Proxy(credentials)
    async with _serving(running.serve) as port:
        running.url = f"http://127.0.0.1:{port}"
        yield running


@asynccontextmanager
async def answering_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that answers every request with success; yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(PONG)
            await writer.drain()

    async with _serving(serve, tls) as port:
        yield port
