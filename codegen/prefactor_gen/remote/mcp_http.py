"""Exchanges messages with an MCP server over HTTP ("Streamable HTTP"): answers are JSON, or a stream of events."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urljoin, urlsplit

import httpx

from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.remote.errors import RemoteError, environment_error, reason_of
from prefactor_gen.remote.mcp_session import Deadline, Message, messages, reply_to

__all__ = ["connected_server"]

_MAX_BYTES = 64 * 1024 * 1024
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({307, 308})
_SECONDS_TO_END, _SECONDS_TO_PROBE = 2.0, 5.0
_EVENTS = "text/event-stream"
_MAYBE_OLD = frozenset({400, 404, 405})
"""What a server with the older transport answers where its events are."""
_UNAUTHORIZED = frozenset({401, 403})
_MAX_PROBED_LINES = 20


@contextlib.contextmanager
def connected_server(url: str, headers: Mapping[str, str], deadline: Deadline) -> Iterator[_Server]:
    """A session with the server at an address, which ends afterwards.

    Args:
        url: the address. Messages show it without its query, which may hold credentials.
        headers: sent with each request, beside those of the protocol.
        deadline: when everything has to be done.

    Raises:
        RemoteError: the address is none, or a header cannot be sent.
    """
    own = {"Accept": f"application/json, {_EVENTS}", "User-Agent": "prefactor-gen"}
    try:
        client = httpx.Client(headers={**own, **headers})
    except UnicodeEncodeError:
        raise RemoteError("a header cannot be sent: expected ASCII characters") from None
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        raise environment_error(error) from None
    with client:
        server = _Server(client, url, deadline)
        try:
            yield server
        finally:
            server.end()


class _Server:
    """The transport to a server at an address."""

    def __init__(self, client: httpx.Client, url: str, deadline: Deadline) -> None:
        self.client = client
        self.url = url
        self.deadline = deadline
        self.has_answered = False

    @property
    def shown(self) -> str:
        """The address without its query."""
        return printable(self.url.partition("?")[0])

    def use_version(self, protocol_version: str) -> None:
        """Name the version in all further requests."""
        self.client.headers["MCP-Protocol-Version"] = protocol_version

    def request(self, message: Message) -> Message:
        """Send a request; returns the answer to it."""
        with self.translated_errors(), self.posted(message) as response:
            for found in self.answers(response) if response.is_success else self.refusals(response, message):
                if (reply := reply_to(found)) is not None:
                    self.notify(reply)
                elif "method" not in found and str(found.get("id")) == str(message["id"]):
                    return found
        raise RemoteError(f"{self.shown} sent no answer to {message['method']}; is it the address of an MCP server?")

    def notify(self, message: Message) -> None:
        """Send a message that has no answer."""
        with self.translated_errors(), self.posted(message) as response:
            self.check(response)

    def end(self) -> None:
        """End the session, if there is one. It makes no difference whether that succeeds."""
        if "Mcp-Session-Id" in self.client.headers:
            with contextlib.suppress(httpx.HTTPError):
                self.client.delete(self.url, timeout=_SECONDS_TO_END)

    @contextlib.contextmanager
    def posted(self, message: Message) -> Iterator[httpx.Response]:
        for _ in range(_MAX_REDIRECTS + 1):
            timeout = self.deadline.remaining()
            # Servers without sessions route by this header.
            headers = {"Mcp-Method": str(message["method"])} if "method" in message else {}
            with self.client.stream("POST", self.url, json=message, headers=headers, timeout=timeout) as response:
                if response.status_code in _REDIRECTS:
                    self.follow(response)
                    continue
                self.has_answered = self.has_answered or response.is_success
                if "Mcp-Session-Id" in response.headers:
                    self.client.headers["Mcp-Session-Id"] = response.headers["Mcp-Session-Id"]
                yield response
                return
        raise RemoteError(f"{self.shown} redirects more than {_MAX_REDIRECTS} times")

    def follow(self, response: httpx.Response) -> None:
        """Go on at another address of the same server; credentials go to no other."""
        target = urljoin(self.url, response.headers.get("Location", ""))
        if urlsplit(target)[:2] != urlsplit(self.url)[:2]:
            shown = printable(target.partition("?")[0])
            raise RemoteError(f"{self.shown} redirects to {shown}; if that is the server, give its address as --url")
        self.url = target

    def check(self, response: httpx.Response) -> None:
        """Refuse an answer that is an error.

        Raises:
            RemoteError: it is one; the message says what to do.
        """
        status = response.status_code
        if response.is_success:
            return
        if status in _MAYBE_OLD and not self.has_answered and self.is_old():
            raise RemoteError(
                f"{self.shown} speaks the older transport HTTP+SSE, which is not read; give the address of Streamable "
                "HTTP (often /mcp), or run the server as a command"
            )
        hint = {
            401: "; it asks for authorization: --header 'Authorization: Bearer $TOKEN'",
            403: "; the authorization is not enough",
            404: "; is the address right? Often it ends with /mcp",
            405: "; is the address right? Often it ends with /mcp",
        }
        raise RemoteError(f"{self.shown} answers with HTTP {status}{hint.get(status, '')}")

    def is_old(self) -> bool:
        """Whether the address is that of the events of the older transport."""
        timeout = min(_SECONDS_TO_PROBE, self.deadline.remaining())
        try:
            with self.client.stream("GET", self.url, headers={"Accept": _EVENTS}, timeout=timeout) as response:
                lines = _lines(response.iter_bytes(), self.deadline)
                probed = (line for _, line in zip(range(_MAX_PROBED_LINES), lines, strict=False))
                return _is(response, _EVENTS) and any(line.replace(" ", "") == "event:endpoint" for line in probed)
        except (httpx.HTTPError, RemoteError):
            return False

    def refusals(self, response: httpx.Response, message: Message) -> Iterator[Message]:
        """The message in an answer that is an error, as the answer to a request.

        Raises:
            RemoteError: it is an error of HTTP alone, or asks for authorization.
        """
        if response.status_code not in _UNAUTHORIZED and _is(response, "application/json"):
            lines = _lines(response.iter_bytes(), self.deadline)
            for each in messages("\n".join(lines)):
                if isinstance(each.get("error"), dict):
                    yield {**each, "id": message["id"]}
        self.check(response)

    def answers(self, response: httpx.Response) -> Iterator[Message]:
        """The messages of an answer, as they come."""
        lines = _lines(response.iter_bytes(), self.deadline)
        if _is(response, _EVENTS):
            for data in _event_data(lines):
                yield from messages(data)
        elif _is(response, "application/json") or "Content-Type" not in response.headers:
            yield from messages("\n".join(lines))
        else:
            found = printable(response.headers["Content-Type"])[:100]
            raise RemoteError(f"{self.shown} answers with {found}; is it the address of an MCP server?")

    @contextlib.contextmanager
    def translated_errors(self) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException:
            self.deadline.remaining()
            raise RemoteError(f"{self.shown} did not answer in time; --timeout allows more") from None
        except (httpx.LocalProtocolError, httpx.InvalidURL):  # its text may have a header, and so a token
            raise RemoteError(
                f"cannot ask {self.shown}: a header or the address has a character that cannot be sent"
            ) from None
        except httpx.HTTPError as error:
            raise RemoteError(f"cannot reach {self.shown}: {reason_of(error)}") from None


def _is(response: httpx.Response, media_type: str) -> bool:
    given: str = response.headers.get("Content-Type", "")
    return given.partition(";")[0].strip().lower() == media_type


def _event_data(lines: Iterable[str]) -> Iterator[str]:
    """The data of each event of a stream (the format `text/event-stream` of HTML)."""
    data: list[str] = []
    for line in lines:
        field, _, value = line.partition(":")
        if not line and data:
            yield "\n".join(data)
            data = []
        elif field == "data":
            data.append(value.removeprefix(" "))
    if data:
        yield "\n".join(data)


def _lines(chunks: Iterable[bytes], deadline: Deadline) -> Iterator[str]:
    """The lines of a body, as they come.

    Raises:
        RemoteError: it is too long, or takes too long.
    """
    begun: list[bytes] = []
    size = 0
    for chunk in chunks:
        deadline.remaining()
        size += len(chunk)
        if size > _MAX_BYTES:
            raise RemoteError(f"the server sent more than {_MAX_BYTES:,} bytes")
        first, *others = chunk.split(b"\n")
        begun.append(first)
        for line in others:
            yield b"".join(begun).decode("utf-8", errors="replace").removesuffix("\r")
            begun = [line]
    yield b"".join(begun).decode("utf-8", errors="replace").removesuffix("\r")
