"""Who may use the viewer, and what a browser may do with its answers.

A request for data has the viewer's token as bearer. There is no cookie: browsers send one to every port of the machine.
Names of other machines, and pages of other addresses, are refused whatever they know.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prefactor_local._server.allowed_hosts import AllowedHosts
from prefactor_local._view.server_connection import proof_of

__all__ = ["SafeAnswers", "ViewAccess"]

CODE_SECONDS = 60.0
"""How long a one-time code is valid."""
MOST_CODES = 100
"""How many codes may wait to be used. The oldest goes first."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class SafeAnswers:
    """Gives every answer of an application the headers that keep a browser from doing anything else with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_body = not {"content-length", "transfer-encoding"}.isdisjoint(Headers(scope=scope))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                if has_body:  # nobody reads it
                    headers["Connection"] = "close"
            await send(message)

        await self._app(scope, receive, answer)


class ViewAccess:
    """Decides who may use the viewer. Any thread may use it.

    Args:
        token: The token of the viewer.
        hosts: The names under which the server may be addressed.
        clock: The time in seconds.
    """

    def __init__(self, token: str, hosts: AllowedHosts, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token
        self._hosts = hosts
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, float] = {}
        """When each code ends to be valid."""

    def check_names(self, request: Request) -> None:
        """Raises HTTPException 403: the request is for, or of a page of, another machine or port."""
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if not self._hosts.allow_host(host):
            raise HTTPException(403, "This is not a name of this server. If it is yours, allow it with --allow-host.")
        if origin is not None and origin.lower() != f"http://{host}".lower():
            raise HTTPException(403, "Pages of another address may not use the viewer.")

    def check_page(self, request: Request) -> None:
        """Raises HTTPException 403: a page that is not the viewer's sends the request. Commands send no such header."""
        if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            raise HTTPException(403, "Only pages of the viewer may read its data.")

    def check_token(self, request: Request) -> None:
        """Raises HTTPException 401: the request does not have the token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secrets.compare_digest(token.strip().encode(), self._token.encode()):
            raise HTTPException(
                401,
                "This browser is not signed in to this server: open the link that `prefactor-local serve` has printed, "
                "or run `prefactor-local open`.",
            )

    def proof(self, nonce: str, port: int) -> str:
        """What proves to a command that the server on this port has the token."""
        return proof_of(self._token, nonce, port)

    def new_code(self) -> str:
        """A code that stands for the token once: other users see the link that a browser is started with."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            while len(self._codes) >= MOST_CODES:
                del self._codes[next(iter(self._codes))]
            self._codes[code] = self._clock() + CODE_SECONDS
        return code

    def token_for(self, code: str) -> str:
        """The token, for a code that is not valid any more then. Raises HTTPException 401: it is not valid."""
        with self._lock:
            end = self._codes.pop(code, None)
        if end is None or self._clock() >= end:
            raise HTTPException(
                401, "This link was used before, or is older than a minute: run `prefactor-local open` again."
            )
        return self._token
