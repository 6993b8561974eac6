"""The data of the viewer as JSON.

What is read in one short step is read by the thread that executes operations, between them. What may take longer is
read in other threads, whose transactions are short.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import get_args

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from prefactor_local._protocol.strings import is_identifier
from prefactor_local._server.operation_thread import OperationThread
from prefactor_local._server.view_query import (
    choice,
    flag,
    identifier,
    optional_choice,
    text,
    whole_number,
)
from prefactor_local._server.view_threads import ViewThreads
from prefactor_local._view.exports.formats import FORMATS, export_file, export_name
from prefactor_local._view.reading import Reader
from prefactor_local._view.runs import RunFilter
from prefactor_local._view.shapes import RowsPage, Status

__all__ = ["ViewData", "json_answer"]

ROWS_PER_STEP = 1000
"""How many rows are read while operations wait."""
MOST_ROWS = 10_000
"""How many rows an answer has."""

MOST_EXPORTS = 4
"""How many exports are made or sent at a time: each is as large as all payloads of its run."""
_PIECE = 256 * 1024

_encode = json.JSONEncoder(separators=(",", ":")).encode


def json_answer(body: object, status: int = 200) -> Response:
    # ASCII, because a payload may hold a lone surrogate, which UTF-8 cannot express.
    return Response(_encode(body), status, media_type="application/json")


def _encode_page(page: RowsPage) -> str:
    """As `json_answer`, but in pieces: while one is encoded, no other thread of the server goes on."""
    rows = page["rows"]
    pieces = [_encode(rows[at : at + ROWS_PER_STEP])[1:-1] for at in range(0, len(rows), ROWS_PER_STEP)]
    return _encode({**page, "rows": []}).replace('"rows":[]', f'"rows":[{",".join(pieces)}]', 1)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    """An answer in pieces: the server keeps two copies of what the client has not read yet."""
    for at in range(0, len(content), _PIECE):
        yield content[at : at + _PIECE]


class _InTurn:
    """Middleware that answers so many requests at a time. One is over when the client has read its whole answer."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._turns = asyncio.Semaphore(most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._turns:
            await self._app(scope, receive, send)


class ViewData:
    """Answers requests for data. An endpoint raises HTTPException for bad input, and `NoSuchRunError`.

    Args:
        reader: Reads the data.
        operations: The thread that executes operations.
        threads: The threads that read for the viewer.
        database: What the server keeps its data in, for who asks which server this is.
    """

    def __init__(self, reader: Reader, operations: OperationThread, threads: ViewThreads, database: str) -> None:
        self._reader = reader
        self._operations = operations
        self._threads = threads
        self._database = database

    def routes(self) -> list[Route]:
        run = "/runs/{run}"
        return [
            Route(f"/ui/api{path}", endpoint)
            for path, endpoint in (
                ("/server", self._server),
                ("/runs", self._runs),
                (run, self._run),
                (f"{run}/neighbours", self._neighbours),
                (f"{run}/spans", self._spans),
                (f"{run}/search", self._search),
                (f"{run}/findings", self._findings),
                ("/spans/{span}", self._span),
                ("/compare", self._compare),
                ("/differences", self._differences),
            )
        ] + [Route(f"/ui/api{run}/export", self._export, middleware=[Middleware(_InTurn, MOST_EXPORTS)])]

    async def _server(self, _request: Request) -> Response:
        return json_answer({"database": self._database})

    async def _runs(self, request: Request) -> Response:
        before, chosen = whole_number(request, "before"), _filter(request)
        return await self._threads.run(lambda: json_answer(self._reader.runs(before=before, **chosen)))

    async def _neighbours(self, request: Request) -> Response:
        run_id, chosen = await self._run_id(request), _filter(request)
        return await self._threads.run(lambda: json_answer(self._reader.neighbours(run_id, **chosen)))

    async def _run(self, request: Request) -> Response:
        run_id = await self._run_id(request)
        return await self._threads.run(lambda: json_answer(self._reader.run(run_id)))

    async def _spans(self, request: Request) -> Response:
        after = whole_number(request, "after") or 0
        page = await self._rows(await self._run_id(request), after)
        return await self._threads.run(lambda: Response(_encode_page(page), media_type="application/json"))

    async def _rows(self, run_id: str, after: int) -> RowsPage:
        page = await self._step(run_id, after)
        while page["more"] and len(page["rows"]) < MOST_ROWS:
            following = await self._step(run_id, page["change"])
            if following["origin"] != page["origin"]:  # the starts of these rows count from another time
                break
            page = {**following, "rows": page["rows"] + following["rows"]}
        return page

    async def _step(self, run_id: str, after: int) -> RowsPage:
        return await self._operations.run_step(self._reader.rows, run_id, after=after, limit=ROWS_PER_STEP)

    async def _span(self, request: Request) -> Response:
        span_id, full = request.path_params["span"], flag(request, "full")
        return await self._threads.run(lambda: json_answer(self._reader.span(span_id, full=full)))

    async def _search(self, request: Request) -> Response:
        run_id, wanted = await self._run_id(request), text(request, "q")
        return await self._threads.run_long(request, lambda: json_answer({"seqs": self._reader.search(run_id, wanted)}))

    async def _findings(self, request: Request) -> Response:
        run_id = await self._run_id(request)
        return await self._threads.run_long(request, lambda: json_answer({"findings": self._reader.findings(run_id)}))

    async def _export(self, request: Request) -> Response:
        run_id, form = await self._run_id(request), choice(request, "format", FORMATS)
        content = await self._threads.run_long(request, lambda: export_file(self._reader, run_id, form))
        disposition = f'attachment; filename="{export_name(run_id, form)}"'
        media_type = FORMATS[form].media_type
        headers = {"Content-Disposition": disposition, "Content-Length": str(len(content))}
        return StreamingResponse(_pieces(content), media_type=media_type, headers=headers)

    async def _compare(self, request: Request) -> Response:
        a, b = [await self._operations.run_step(self._reader.find_run, identifier(request, name)) for name in "ab"]
        return await self._threads.run_long(request, lambda: json_answer(self._reader.compare(a, b)))

    async def _differences(self, request: Request) -> Response:
        a, b = (identifier(request, name) for name in "ab")
        return await self._threads.run_long(
            request, lambda: json_answer({"differences": self._reader.differences(a, b)})
        )

    async def _run_id(self, request: Request) -> str:
        wanted: str = request.path_params["run"]
        if not is_identifier(wanted):
            raise HTTPException(404, "There is no such run.")
        return await self._operations.run_step(self._reader.find_run, wanted)


def _filter(request: Request) -> RunFilter:
    """Which runs are listed."""
    return {
        "query": text(request, "q"),
        "status": optional_choice(request, "status", get_args(Status)),
        "agent": text(request, "agent") or None,
    }
