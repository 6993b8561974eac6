"""The viewer over HTTP: its pages, and the data that they show. It only reads.

Faults do not apply to it, and it is not recorded: an agent under test has the server for itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from prefactor_http._text import one_line
from prefactor_local._server.operation_thread import OperationThread
from prefactor_local._server.view_access import SafeAnswers, ViewAccess
from prefactor_local._server.view_data import ViewData, json_answer
from prefactor_local._server.view_threads import ViewThreads
from prefactor_local._view import pages
from prefactor_local._view.reading import NoSuchRunError, Reader
from prefactor_local._view.server_connection import PROOF_PATH

__all__ = ["is_for_view", "view_app"]

_MESSAGE_CHARS = 500
_WITHOUT_TOKEN = frozenset({"/ui/api/token"})


def is_for_view(scope: Scope) -> bool:
    """Whether the viewer answers a request: for its pages and data, and for who opens the server's address."""
    path: str = scope["path"]
    return path in {"/ui", "/favicon.ico"} or path.startswith("/ui/") or (path == "/" and _wants_page(scope))


def view_app(
    reader: Reader, access: ViewAccess, *, database: str, operations: OperationThread, threads: ViewThreads
) -> ASGIApp:
    """Makes the application.

    Args:
        reader: Reads what is shown.
        access: Decides who may use it.
        database: What the server keeps its data in.
        operations: The thread that executes operations.
        threads: The threads that read for the viewer.
    """
    routes = [*_PAGES, *_access_routes(access), *ViewData(reader, operations, threads, database).routes()]
    return SafeAnswers(_Checked(Starlette(routes=routes, exception_handlers=_HANDLERS), access))


class _Checked:
    """Middleware that refuses who may not use the viewer."""

    def __init__(self, app: ASGIApp, access: ViewAccess) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        answer = self._app
        try:
            self._access.check_names(request)
            if scope["path"].startswith("/ui/api/"):
                self._access.check_page(request)
                if scope["path"] not in _WITHOUT_TOKEN:
                    self._access.check_token(request)
        except HTTPException as refusal:
            answer = await _refused(request, refusal)
        await answer(scope, receive, send)


def _access_routes(access: ViewAccess) -> list[Route]:
    async def code(_request: Request) -> Response:
        return json_answer({"code": access.new_code()})

    async def token(request: Request) -> Response:
        return json_answer({"token": access.token_for(request.query_params.get("code", ""))})

    async def proof(request: Request) -> Response:
        """Proves to a command that this is the server that has the token, before it sends the token."""
        port = request.scope["server"][1]
        return json_answer({"proof": access.proof(request.query_params.get("nonce", ""), port)})

    return [Route("/ui/api/code", code), Route("/ui/api/token", token), Route(PROOF_PATH, proof)]


def _page(text: Callable[[], str], media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_request: Request) -> Response:
        return Response(text(), media_type=media_type)

    return endpoint


async def _to_runs(_request: Request) -> Response:
    return RedirectResponse("/ui/")


_PAGES = [
    Route("/", _page(pages.front_page, "text/html")),
    Route("/favicon.ico", _page(pages.icon, "image/svg+xml")),
    Route("/ui", _to_runs),
    Route("/ui/", _page(pages.shell, "text/html")),
    Route("/ui/runs/{run}", _page(pages.shell, "text/html")),
    Route("/ui/compare", _page(pages.shell, "text/html")),
    Route("/ui/app.js", _page(pages.script, "text/javascript")),
    Route("/ui/app.css", _page(pages.style_sheet, "text/css")),
    Route("/ui/icon.svg", _page(pages.icon, "image/svg+xml")),
]


def _wants_page(scope: Scope) -> bool:
    """Whether a browser opens the address. Clients of the API send a token."""
    headers = dict(scope["headers"])
    return scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b"") and b"authorization" not in headers


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    if _wants_page(request.scope):
        said = "The viewer has no such page." if error.status_code == 404 else error.detail
        answer: Response = HTMLResponse(pages.refusal_page(said), error.status_code)
    else:
        answer = json_answer({"error": error.detail}, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


async def _no_such_run(_request: Request, error: Exception) -> Response:
    return json_answer({"error": one_line(error, _MESSAGE_CHARS)}, 404)


async def _no_database(_request: Request, error: Exception) -> Response:
    return json_answer({"error": f"The database cannot be read: {one_line(error, _MESSAGE_CHARS)}."}, 503)


async def _broken(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again after this answer, so that it is logged.
    return json_answer({"error": "The viewer has a bug; the server has logged it."}, 500)


_HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    HTTPException: _refused,
    NoSuchRunError: _no_such_run,
    sqlite3.DatabaseError: _no_database,
    Exception: _broken,
}
