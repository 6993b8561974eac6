"""Runs an HTTP server of a test in a thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import HTTPServer

__all__ = ["serving"]


@contextlib.contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """The URL of the server, which answers meanwhile."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
