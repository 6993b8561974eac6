"""Asks a server of this machine, which proves first that it is the one that the token is for.

A port is not a name: when a server has ended without removing its file, anybody's program may have its port. So the
server signs what is asked at random with its token, and only then gets the token, over the same connection. Its answers
are bounded in size and in time.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

__all__ = ["PROOF_PATH", "Answer", "NoAnswerError", "OtherServerError", "ServerConnection", "proof_of"]

PROOF_PATH = "/ui/proof"
MOST_BYTES = 1024 * 1024 * 1024
"""How long an answer may be: exports hold whole runs."""
_MOST_PROOF_BYTES = 1024
_PROOF_SECONDS = 2.0
_ANSWER_SECONDS = 60.0
_BLOCK = 1024 * 1024


class NoAnswerError(Exception):
    """The server does not answer in time, or not as it should. The text says why."""


class _ClosedError(NoAnswerError):
    """The server has closed the connection."""


class OtherServerError(NoAnswerError):
    """Another program has the port."""


class Answer(NamedTuple):
    """The answer to a request."""

    status: int
    content: bytes


def proof_of(token: str, nonce: str, port: int) -> str:
    """What proves that a server has the token. It has the port, so that nobody can get it from a server elsewhere."""
    return hmac.new(token.encode(), f"{nonce}:{port}".encode(), hashlib.sha256).hexdigest()


class ServerConnection:
    """A connection, made when it is first needed, and again if the server has closed it meanwhile.

    Uses http.client, for it is quickly imported, uses no proxy, and asks for no compression.

    Args:
        host: The address of the server.
        port: Its port.
        token: The token of its viewer.
    """

    def __init__(self, host: str, port: int, token: str) -> None:
        self._token = token
        self._http = http.client.HTTPConnection(host, port, timeout=_PROOF_SECONDS)

    def close(self) -> None:
        self._http.close()

    def prove(self) -> None:
        """Connects, and has the server prove that it is the one.

        Raises:
            NoAnswerError: It does not answer.
            OtherServerError: It is another one.
        """
        nonce = secrets.token_hex(16)
        with self._in_time(_PROOF_SECONDS):
            self._http.close()
            self._http.connect()
            answer = self._exchange(f"{PROOF_PATH}?nonce={nonce}", {}, _MOST_PROOF_BYTES)
        expected = proof_of(self._token, nonce, self._http.port)
        if answer.status >= 500:
            raise NoAnswerError(f"it answers with {answer.status}")
        if not hmac.compare_digest(_proof_in(answer.content).encode(), expected.encode()):
            self._http.close()
            raise OtherServerError("another server, or another program, has its port")

    def get(self, path: str) -> Answer:
        """The answer to a request, with the token.

        Raises:
            NoAnswerError: There is none in time, or it is too long, or another program has the port by now.
        """
        if self._http.sock is not None:
            with suppress(_ClosedError):  # servers close what is idle
                return self._get(path)
        self.prove()
        return self._get(path)

    def _get(self, path: str) -> Answer:
        with self._in_time(_ANSWER_SECONDS):
            if self._http.sock is None:
                raise _ClosedError("it has closed the connection")
            self._http.sock.settimeout(_ANSWER_SECONDS)
            return self._exchange(path, {"Authorization": f"Bearer {self._token}"}, MOST_BYTES)

    def _exchange(self, path: str, headers: dict[str, str], most_bytes: int) -> Answer:
        self._http.request("GET", path, headers=headers)
        response = self._http.getresponse()
        blocks: list[bytes] = []
        length = 0
        while block := response.read(_BLOCK):
            blocks.append(block)
            length += len(block)
            if length > most_bytes:
                self._http.close()
                raise NoAnswerError(f"its answer is longer than {most_bytes:,} bytes")
        if response.length:  # `read` with a size does not mind
            self._http.close()
            raise NoAnswerError("its answer ended too early")
        return Answer(response.status, b"".join(blocks))

    @contextmanager
    def _in_time(self, seconds: float) -> Iterator[None]:
        """A block that ends in time: a server that sends a byte now and then never runs into the socket's timeout."""
        is_late = threading.Event()

        def end() -> None:
            is_late.set()
            with suppress(OSError, AttributeError):  # it may be closed meanwhile
                self._http.sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield
            if is_late.is_set():  # an answer without a length ends with the connection
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._http.close()
            if is_late.is_set() or isinstance(error, TimeoutError):
                raise NoAnswerError(f"no answer in {seconds:g} s") from None
            kind = _ClosedError if isinstance(error, ConnectionError) else NoAnswerError
            raise kind(_reason(error)) from None
        finally:
            timer.cancel()


def _reason(error: Exception) -> str:
    """Why there is no answer, without what a server has sent."""
    if isinstance(error, OSError):
        return error.strerror or "it has closed the connection"
    return "it does not answer with HTTP"


def _proof_in(content: bytes) -> str:
    try:
        return str(json.loads(content)["proof"])
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
