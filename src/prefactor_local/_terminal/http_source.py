"""Reads runs from a running server, with the token of its viewer."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from prefactor_local._terminal.errors import CommandError
from prefactor_local._terminal.text import visible
from prefactor_local._view.reading import NoSuchRunError
from prefactor_local._view.running_servers import RunningServer
from prefactor_local._view.shapes import Finding, RowsPage, RunDetails, RunsPage, SpanDetails, SpanRow

__all__ = ["HttpSource"]

_ANSWER_SECONDS = 60.0


class HttpSource:
    """The viewer's API of a server, as a `RunSource`."""

    def __init__(self, server: RunningServer) -> None:
        self._url = server.url
        self._client = httpx.Client(
            base_url=f"{server.url}/ui/api",
            headers={"Authorization": f"Bearer {server.token}"},
            trust_env=False,  # no proxy stands before this machine
            verify=False,  # noqa: S501 - no TLS here, and loading certificates takes 20 ms
            timeout=_ANSWER_SECONDS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()

    def find_run(self, wanted: str) -> str:
        return self.run(wanted)["run"]["id"]

    def runs(self, *, status: str | None = None) -> RunsPage:
        page: RunsPage = self._get("/runs", {"status": status} if status else {})
        return page

    def run(self, run_id: str) -> RunDetails:
        details: RunDetails = self._get(f"/runs/{_quoted(run_id)}")
        return details

    def rows(self, run_id: str, *, after: int = 0) -> RowsPage:
        page: RowsPage = self._get(f"/runs/{_quoted(run_id)}/spans", {"after": str(after)})
        return {**page, "rows": [SpanRow(*row) for row in page["rows"]]}

    def span(self, span_id: str, *, full: bool = False) -> SpanDetails:
        details: SpanDetails = self._get(f"/spans/{_quoted(span_id)}", {"full": "1"} if full else {})
        return details

    def findings(self, run_id: str) -> list[Finding]:
        found: list[Finding] = self._get(f"/runs/{_quoted(run_id)}/findings")["findings"]
        return found

    def export(self, run_id: str, form: str) -> bytes:
        return self._answer(f"/runs/{_quoted(run_id)}/export", {"format": form}).content

    def one_time_code(self) -> str:
        """What signs a browser in once, in the place of the token."""
        return str(self._get("/code")["code"])

    def _get(self, path: str, query: dict[str, str] | None = None) -> Any:
        try:
            return self._answer(path, query).json()
        except ValueError:
            raise CommandError(f"the server at {self._url} does not answer with JSON") from None

    def _answer(self, path: str, query: dict[str, str] | None) -> httpx.Response:
        try:
            answer = self._client.get(path, params=query)
        except httpx.HTTPError as error:
            raise CommandError(f"the server at {self._url} does not answer: {error or type(error).__name__}") from None
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise NoSuchRunError(_problem(answer))
        if answer.status_code != httpx.codes.OK:
            raise CommandError(f"the server at {self._url} answers with {answer.status_code}: {_problem(answer)}")
        return answer


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _problem(answer: httpx.Response) -> str:
    """The sentence of an answer that is an error."""
    try:
        return visible(str(answer.json()["error"]))
    except (ValueError, TypeError, LookupError):
        return "it says no more"
