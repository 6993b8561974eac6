"""An HTTP server for measurements, in a process of its own: it answers as the Prefactor API does, and fast.

`python -m tests.benchmarks.speed.sink` prints its port, and ends when its standard input does. It keeps no state of
the API, and accepts what other SDKs send to other paths. Requests below `/_sink/` set it up: see `Sink.control`.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any

__all__ = ["MARK", "Sink"]

MARK = re.compile(rb"#([sf]\d+)#")
"""What agents write into payloads: the start (s) or the finish (f) of a span, and its number."""

_LANGSMITH = b'{"version": "0.15.1", "instance_flags": {"zstd_compression_enabled": true}}'
_NOW = "2026-01-02T03:04:05Z"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_GZIP = re.compile(rb"\r\ncontent-encoding: *gzip", re.IGNORECASE)


class Sink:
    """What the server does with requests.

    Attributes:
        delay: seconds from a request to its answer.
        arrivals: when each mark arrived first, on the monotonic clock, which all processes share.
    """

    def __init__(self) -> None:
        self.delay = 0.0
        self.requests = 0
        self.arrivals: dict[str, float] = {}
        self.running = asyncio.Event()
        self.running.set()

    async def answer(self, path: str, body: bytes) -> bytes:
        if path.startswith("/_sink/"):
            return json.dumps(self.control(path.rpartition("/")[2], json.loads(body or b"null"))).encode()
        now = time.monotonic()
        self.requests += 1
        for mark in MARK.findall(body):
            self.arrivals.setdefault(mark.decode(), now)
        if self.delay:
            await asyncio.sleep(self.delay)
        await self.running.wait()
        if not path.startswith("/api/v1/"):
            return _LANGSMITH if path.endswith("/info") else b"{}" if "/runs" in path else b""
        return json.dumps(api_answer(path.removeprefix("/api/v1/"), json.loads(body or b"{}"))).encode()

    def control(self, what: str, value: Any) -> object:
        """`delay` sets the delay, `paused` whether answers wait, and `seen` returns what arrived."""
        if what == "delay":
            self.delay = float(value)
        elif what == "paused":
            (self.running.clear if value else self.running.set)()
        return {"requests": self.requests, "arrivals": self.arrivals if what == "seen" else {}}


def api_answer(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer of the API to a request."""
    if path == "bulk":
        return {"status": "success", "outputs": {item["idempotency_key"]: _output(item) for item in body["items"]}}
    resource, _, rest = path.partition("/")
    if resource == "agent_spans":
        return {"status": "success", "details": _span(body.get("details", {}), rest.partition("/")[0])}
    if resource == "agent_instance":
        return {"status": "success", "details": _instance(body, rest.partition("/")[0])}
    return {"status": "success", "details": {}}


def _output(item: dict[str, Any]) -> dict[str, Any]:
    if item["_type"].startswith("agent_spans/"):
        return {"status": "success", "details": _span(item.get("details", {}), item.get("agent_span_id", ""))}
    return {"status": "success", "details": _instance(item, item.get("agent_instance_id", "register"))}


def _span(details: dict[str, Any], span_id: str) -> dict[str, Any]:
    return {
        "type": "agent_span",
        "id": span_id or details.get("id") or _new_id(),
        "agent_instance_id": details.get("agent_instance_id", "0" * 32),
        "schema_name": details.get("schema_name", "agent:llm"),
        "status": details.get("status", "complete"),
        "started_at": _NOW,
    }


def _instance(body: dict[str, Any], instance_id: str) -> dict[str, Any]:
    others = ("account_id", "agent_id", "agent_version_id", "environment_id", "agent_deployment_id")
    return {
        "type": "agent_instance",
        "id": (body.get("id") or _new_id()) if instance_id == "register" else instance_id,
        "status": "active",
        "inserted_at": _NOW,
        "updated_at": _NOW,
        **dict.fromkeys(others, "0" * 32),
    }


def _new_id() -> str:
    """An ID of the form that the API gives: a time, a partition and random characters."""
    return "013xrzp12g3nqk8n" + "".join(random.choices(_ALPHABET, k=16))


class Connection(asyncio.Protocol):
    """Reads requests, one after the other, and answers each."""

    def __init__(self, answer: Callable[[str, bytes], Any]) -> None:
        self._answer = answer
        self._received = bytearray()
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head, start = bytes(self._received[:end]), end + 4
            if b"100-continue" in head:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            found = self._chunks(start) if _CHUNKED.search(head) else self._sized(head, start)
            if found is None:
                return
            body, end = found
            del self._received[:end]
            body = zlib.decompress(body, wbits=31) if _GZIP.search(head) else body
            task = asyncio.ensure_future(self._respond(head.split(b" ", 2)[1].decode(), body))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _sized(self, head: bytes, start: int) -> tuple[bytes, int] | None:
        length = _LENGTH.search(head)
        end = start + (int(length[1]) if length else 0)
        return (bytes(self._received[start:end]), end) if len(self._received) >= end else None

    def _chunks(self, start: int) -> tuple[bytes, int] | None:
        """The body that is sent in chunks, and where it ends; None if it has not arrived completely."""
        body = b""
        while (line := self._received.find(b"\r\n", start)) >= 0:
            size = int(self._received[start:line].split(b";")[0], 16)
            start = line + 2 + size + 2
            if len(self._received) < start:
                return None
            if size == 0:
                return body, start
            body += self._received[line + 2 : line + 2 + size]
        return None

    async def _respond(self, path: str, body: bytes) -> None:
        answer = await self._answer(path, body)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head.encode() + answer)


async def main() -> None:
    loop = asyncio.get_running_loop()
    sink = Sink()
    server = await loop.create_server(lambda: Connection(sink.answer), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
