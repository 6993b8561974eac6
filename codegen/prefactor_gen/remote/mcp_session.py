"""Asks an MCP server for its tools: JSON-RPC messages over any transport (modelcontextprotocol.io)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol

from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.remote.agent_versions import RemoteError

__all__ = ["PROTOCOL_VERSIONS", "Deadline", "Message", "ServerTools", "Transport", "list_tools", "messages", "reply_to"]

Message = Mapping[str, object]

PROTOCOL_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""The versions of the protocol with `initialize`, the newest first. `tools/list` is the same in all of them."""

_NO_METHOD = -32601
_MAX_PAGES = 1_000
_MAX_TOOLS = 10_000
_MAX_SHOWN = 300


@dataclass(frozen=True)
class ServerTools:
    """What a server has.

    Attributes:
        server: its name and version, for people.
        tools: the entries of `tools/list`, as they are.
        remarks: what is unusual about the server.
    """

    server: str
    tools: list[object]
    remarks: list[str]


class Deadline:
    """A time until which everything has to be done."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """The seconds that are left.

        Raises:
            RemoteError: there are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise RemoteError(f"no answer within {self.seconds:g} seconds; --timeout allows more")
        return left


class Transport(Protocol):
    """Carries messages to a server and back."""

    def request(self, message: Message) -> Message:
        """Send a request; returns the answer to it.

        Raises:
            RemoteError: there is none.
        """

    def notify(self, message: Message) -> None:
        """Send a message that has no answer.

        Raises:
            RemoteError: it cannot be sent.
        """

    def use_version(self, protocol_version: str) -> None:
        """What server and client have agreed on."""


def list_tools(transport: Transport) -> ServerTools:
    """Ask a server for all of its tools.

    Raises:
        RemoteError: it does not answer, or answers something else.
    """
    session = _Session(transport)
    server, remarks = session.initialize()
    return ServerTools(server, list(session.tools()), remarks)


def messages(text: str) -> list[Message]:
    """The messages in a text: one, a list of them in the older form, or none if it is no JSON.

    Raises:
        RemoteError: it is nested too deeply.
    """
    try:
        found = json.loads(text)
    except RecursionError:
        raise RemoteError("the server sent a message that is nested too deeply") from None
    except ValueError:
        return []
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def reply_to(message: Message) -> Message | None:
    """The answer to a request of the server itself; None if the message is no such request."""
    method = message.get("method")
    if not isinstance(method, str) or message.get("id") is None:
        return None
    head = {"jsonrpc": "2.0", "id": message["id"]}
    if method == "ping":
        return {**head, "result": {}}
    return {**head, "error": {"code": _NO_METHOD, "message": "not supported"}}


class _ServerError(RemoteError):
    def __init__(self, method: str, error: object) -> None:
        members = error if isinstance(error, dict) else {}
        self.code = members.get("code")
        data = members.get("data")
        supported = data.get("supported") if isinstance(data, dict) else None
        self.supported = supported if isinstance(supported, list) else []
        text = printable(str(members.get("message", "")))[:_MAX_SHOWN]
        super().__init__(f"the server answers {method} with error {self.code}: {text}")


class _Session:
    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.number = 0

    def call(self, method: str, params: Message) -> Message:
        """The result of a request."""
        self.number += 1
        answer = self.transport.request({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        if "error" in answer:
            raise _ServerError(method, answer["error"])
        result = answer.get("result")
        if not isinstance(result, dict):
            raise RemoteError(f"the server answers {method} without a result")
        return result

    def initialize(self) -> tuple[str, list[str]]:
        """Agree on a version; returns the name and version of the server, and what is unusual about it."""
        try:
            result = self.call("initialize", _introduction(PROTOCOL_VERSIONS[0]))
        except _ServerError as error:
            common = [each for each in PROTOCOL_VERSIONS if each in error.supported]
            if not common:
                raise
            result = self.call("initialize", _introduction(common[0]))
        spoken = result.get("protocolVersion")
        known = isinstance(spoken, str) and spoken in PROTOCOL_VERSIONS
        remark = f"protocol version {printable(str(spoken))[:40]} is unknown; it is read as {PROTOCOL_VERSIONS[0]}"
        self.transport.use_version(spoken if isinstance(spoken, str) and known else PROTOCOL_VERSIONS[0])
        self.transport.notify({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return _named(result.get("serverInfo")), [] if known else [remark]

    def tools(self) -> Iterator[object]:
        """All tools, page by page."""
        cursors: set[str] = set()
        params: Message = {}
        count = 0
        for _ in range(_MAX_PAGES):
            page = self.page(params)
            tools = page.get("tools")
            if not isinstance(tools, list):
                raise RemoteError("the server answers tools/list without a list of tools")
            count += len(tools)
            if count > _MAX_TOOLS:
                raise RemoteError(f"the server has more than {_MAX_TOOLS:,} tools")
            yield from tools
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str) or not cursor:
                return
            if cursor in cursors:
                raise RemoteError("the pages of the list of tools never end: a cursor comes again")
            cursors.add(cursor)
            params = {"cursor": cursor}
        raise RemoteError(f"the list of tools has more than {_MAX_PAGES:,} pages")

    def page(self, params: Message) -> Message:
        try:
            return self.call("tools/list", params)
        except _ServerError as error:
            if error.code == _NO_METHOD:
                raise RemoteError("the server has no tools") from None
            raise


def _introduction(protocol_version: str) -> Message:
    client = {"name": "prefactor-gen", "version": version("prefactor-sdk")}
    return {"protocolVersion": protocol_version, "capabilities": {}, "clientInfo": client}


def _named(info: object) -> str:
    members = info if isinstance(info, dict) else {}
    words = [members.get(key) for key in ("name", "version")]
    return printable(" ".join(each for each in words if isinstance(each, str) and each))[:100] or "MCP server"
