"""A server on this machine that has schemas, and that can misbehave."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.codegen.contract.serving import serving

__all__ = ["Answer", "SchemaServer", "schema_server"]


@dataclass(frozen=True)
class Answer:
    """What the server answers to a path: `never` answers nothing, until the server stops. `before` is called first."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    never: bool = False
    before: Callable[[], None] = lambda: None


@dataclass
class SchemaServer:
    """The answers by path, and the paths and the passwords that it was asked with."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    passwords: list[str | None] = field(default_factory=list)

    def put(self, path: str, content: object, *, status: int = 200, **headers: str) -> str:
        """Answer with a document, or with text or bytes; returns its URL."""
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        data = text if isinstance(text, bytes) else text.encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = Answer(gzip.compress(data) if "content-encoding" in named else data, status, named)
        return self.url + path


@contextlib.contextmanager
def schema_server() -> Iterator[SchemaServer]:
    """A running server."""
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            server.passwords.append(self.headers.get("authorization"))
            answer = server.answers.get(self.path, Answer(status=404))
            answer.before()
            if answer.never:
                stopped.wait()
                return
            self.send_response(answer.status)
            for name, value in {"content-length": str(len(answer.content)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):  # the client has had enough
                self.wfile.write(answer.content)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        server = SchemaServer(url)
        try:
            yield server
        finally:
            stopped.set()
