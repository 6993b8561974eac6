"""Who may use the viewer, and what a browser may do with its answers.

A cookie proves that the browser was logged in, but not which page asks: pages of other ports of this machine send it,
too. So a request for data also needs the header `Sec-Fetch-Site: same-origin`, which browsers send and no page can set,
or it has the viewer's token as bearer, as commands do. Names of other machines are refused as everywhere else.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prefactor_local._server.allowed_hosts import AllowedHosts
from prefactor_local._view.server_connection import proof_of

__all__ = ["SafeAnswers", "ViewAccess"]

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
    """Decides who may use the viewer.

    Args:
        token: The token of the viewer.
        hosts: The names under which the server may be addressed.
    """

    def __init__(self, token: str, hosts: AllowedHosts) -> None:
        self._token = token
        self._hosts = hosts

    def check_names(self, request: Request) -> None:
        """Raises HTTPException 403: the request is for, or of a page of, another machine or port."""
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if not self._hosts.allow_host(host):
            raise HTTPException(403, "This is not a name of this server. If it is yours, allow it with --allow-host.")
        if origin is not None and _address(origin) != host.lower():
            raise HTTPException(403, "Pages of another address may not use the viewer.")

    def check_reader(self, request: Request) -> None:
        """Raises HTTPException: 401: the request proves nothing. 403: a page that is not the viewer's sends it."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(token.strip()):
            return
        if not self.is_token(request.cookies.get(_cookie(request), "")):
            raise HTTPException(
                401,
                "The browser is not logged in to this server: open the link that `prefactor-local serve` has printed, "
                "or run `prefactor-local open`.",
            )
        site = request.headers.get("sec-fetch-site")
        if site is None:
            raise HTTPException(
                403,
                "The browser does not say which page asks. It does so at http://localhost and http://127.0.0.1: "
                "open the viewer there, from another machine through a forwarded port.",
            )
        if site != "same-origin":
            raise HTTPException(403, "Only pages of the viewer may read its data.")

    def is_token(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self._token.encode())

    def proof(self, nonce: str, port: int) -> str:
        """What proves to a command that the server on this port has the token."""
        return proof_of(self._token, nonce, port)

    def cookie(self, request: Request) -> str:
        """The header that logs the browser in. Without `Secure`: some browsers keep no such cookie over HTTP."""
        return f"{_cookie(request)}={self._token}; HttpOnly; SameSite=Strict; Path=/ui"


def _cookie(request: Request) -> str:
    """The name of the cookie. Ports share their cookies, so it has the port that the browser uses."""
    try:
        port = urlsplit(f"//{request.headers.get('host', '')}").port
    except ValueError:
        port = None
    return f"prefactor_view_{port or 80}"


def _address(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
