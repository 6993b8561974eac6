"""Reads runs from a running server, with the token of its viewer."""

from __future__ import annotations

import json
import sys
import time
from typing import NoReturn, TypeVar
from urllib.parse import quote, urlencode

from pydantic import TypeAdapter

from prefactor_local._state.damage import UNEXPECTED
from prefactor_local._terminal.answers import CODE, DETAILS, FINDINGS, ROWS, RUNS, SPAN, checked_id
from prefactor_local._terminal.errors import CommandError
from prefactor_local._view.errors import NoSuchRunError
from prefactor_local._view.running_servers import RunningServer
from prefactor_local._view.server_connection import Answer, NoAnswerError, OtherServerError
from prefactor_local._view.shapes import Finding, Json, RowsPage, RunDetails, RunsPage, SpanDetails

__all__ = ["HttpSource"]

_OK, _NOT_FOUND = 200, 404
_MOST_CHARS = 500
"""How much of an error is shown."""
_SECONDS_BETWEEN_TRIES = 0.5
_Shape = TypeVar("_Shape")


class HttpSource:
    """The viewer's API of a server, as a `RunSource`.

    Args:
        server: The server.
        patient: Whether it waits while the server does not answer, which it says once.
    """

    def __init__(self, server: RunningServer, *, patient: bool = False) -> None:
        self._url = server.url
        self._patient = patient
        self._connection = server.connect()

    def close(self) -> None:
        self._connection.close()

    def find_run(self, wanted: str) -> str:
        found = self.run(wanted)["run"]["id"]
        try:
            return checked_id(found)
        except ValueError:
            self._refuse()

    def runs(self, *, before: int | None = None, status: str | None = None) -> RunsPage:
        query = {"before": before, "status": status}
        return self._get(RUNS, "/runs", {name: str(value) for name, value in query.items() if value is not None})

    def run(self, run_id: str) -> RunDetails:
        return self._get(DETAILS, f"/runs/{_quoted(run_id)}")

    def rows(self, run_id: str, *, after: int = 0) -> RowsPage:
        return self._get(ROWS, f"/runs/{_quoted(run_id)}/spans", {"after": str(after)})

    def span(self, span_id: str, *, full: bool = False) -> SpanDetails:
        return self._get(SPAN, f"/spans/{_quoted(span_id)}", {"full": "1"} if full else {})

    def findings(self, run_id: str) -> list[Finding]:
        return self._get(FINDINGS, f"/runs/{_quoted(run_id)}/findings", member="findings")

    def export(self, run_id: str, form: str) -> bytes:
        return self._answer(f"/runs/{_quoted(run_id)}/export", {"format": form})

    def one_time_code(self) -> str:
        """What signs a browser in once, in the place of the token."""
        return self._get(CODE, "/code", member="code")

    def _get(
        self, shape: TypeAdapter[_Shape], path: str, query: dict[str, str] | None = None, *, member: str = ""
    ) -> _Shape:
        try:
            said = json.loads(self._answer(path, query or {}))
            return shape.validate_python(said[member] if member else said)
        except NoSuchRunError:
            raise
        except UNEXPECTED:
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise CommandError(
            f"the server at {self._url} answers in a form that this version does not know: "
            "start it again with this version of prefactor-local"
        )

    def _answer(self, path: str, query: dict[str, str]) -> bytes:
        status, content = self._asked(f"/ui/api{path}?{urlencode(query)}")
        if status == _NOT_FOUND:
            raise NoSuchRunError(_problem(content))
        if status != _OK:
            raise CommandError(f"the server at {self._url} answers with {status}: {_problem(content)}")
        return content

    def _asked(self, address: str) -> Answer:
        has_said = False
        while True:
            try:
                return self._connection.get(address)
            except NoAnswerError as error:
                silence = f"the server at {self._url} does not answer: {error}"
                if not self._patient or isinstance(error, OtherServerError):
                    raise CommandError(silence) from None
                if not has_said:
                    sys.stderr.write(f"prefactor-local: {silence}; waiting for it\n")
                has_said = True
            time.sleep(_SECONDS_BETWEEN_TRIES)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _problem(content: bytes) -> str:
    """The sentence of an answer that is an error."""
    try:
        said: Json = json.loads(content)
    except (ValueError, RecursionError):
        said = None
    error = said.get("error") if isinstance(said, dict) else None
    return error[:_MOST_CHARS] if isinstance(error, str) else "it says no more"
