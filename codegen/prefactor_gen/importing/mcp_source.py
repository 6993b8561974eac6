"""The source `mcp`: the tools of an MCP server, which is run, reached over HTTP, or asked before."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.importing.json_input import read_json
from prefactor_gen.importing.mcp_tools import imported_tools
from prefactor_gen.importing.sources import SourceError
from prefactor_gen.importing.span_types import Found, Imported

__all__ = ["EXAMPLE", "PATHS", "SUMMARY", "add_arguments", "default_name", "read"]

SUMMARY: Final = "the tools of an MCP server"
EXAMPLE: Final = "mcp --name git -- uvx mcp-server-git"
PATHS: Final = ("file",)

_TIMEOUT: Final = 60
_EXPECTED: Final = "expected one of: --url URL, --file LIST.json, or -- COMMAND that runs the server"
_VARIABLE: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)
_SECRET: Final = re.compile(r"auth|cookie|key|password|secret|token", re.IGNORECASE)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments: one of three ways to the server, and what goes with it."""
    parser.add_argument("--url", metavar="URL", help="address of a server with Streamable HTTP; $NAME is a variable")
    parser.add_argument(
        "--header",
        action="append",
        metavar="HEADER",
        help="with --url, several times: 'Authorization: Bearer $TOKEN' sends the variable TOKEN",
    )
    parser.add_argument("--file", metavar="LIST.json", help="a saved answer of tools/list")
    parser.add_argument(
        "--timeout",
        type=int,
        default=_TIMEOUT,
        metavar="SECONDS",
        help=f"to wait for the server (default {_TIMEOUT})",
    )
    parser.add_argument("server", nargs="*", metavar="-- COMMAND", help="the command that runs the server")


def default_name(options: Namespace) -> str | None:
    """That of the file; a command or an address says too little."""
    return Path(options.file).stem if options.file else None


def read(options: Namespace, base: Path) -> Imported:  # noqa: ARG001  # other sources need it
    """Ask the server for its tools.

    Raises:
        SourceError: no server, or several are given; the file is no list of tools.
        RemoteError: the server cannot be reached.
    """
    given = [each for each in (options.url, options.file, options.server) if each]
    if len(given) != 1:
        raise SourceError(_EXPECTED)
    if options.header and not options.url:
        raise SourceError("--header needs --url")
    if options.file:
        return _saved(Path(options.file))
    if options.timeout <= 0:
        raise SourceError(f"--timeout: expected a number of seconds, found {options.timeout}")
    from prefactor_gen.remote.mcp_session import Deadline, list_tools  # loads httpx, which `--help` does not need

    deadline = Deadline(options.timeout)
    if options.url:
        from prefactor_gen.remote.mcp_http import connected_server

        with connected_server(_address(options.url), _headers(options.header or []), deadline) as server:
            listed = list_tools(server)
    else:
        from prefactor_gen.remote.mcp_stdio import running_server

        with running_server(options.server, deadline) as program:
            listed = list_tools(program)
    imported = imported_tools(listed.tools, listed.server)
    remarks = [Found("", remark) for remark in listed.remarks]
    return Imported(source=imported.source, span_types=imported.span_types, found=[*remarks, *imported.found])


def _saved(path: Path) -> Imported:
    """The tools in a saved answer of `tools/list`: the whole message, its result, or the list alone."""
    shown = printable(path.as_posix())
    document = read_json(path, "an answer of tools/list")
    for key in ("result", "tools"):
        document = document.get(key, document) if isinstance(document, dict) else document
    if not isinstance(document, list):
        raise SourceError(f'{shown}: expected an answer of tools/list, such as {{"tools": […]}}')
    return imported_tools(document, path.name)


def _address(url: str) -> str:
    """The address with the values of its variables."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address:
        raise SourceError(f"--url: expected an address that begins with https://, found {printable(url)[:200]!r}")
    secrets = [name for name, value in parse_qsl(parts.query) if _SECRET.search(name) and "$" not in value]
    if parts.username is not None or parts.password is not None or secrets:
        what = f"the value of {secrets[0]!r}" if secrets else "a user or a password"
        raise SourceError(
            f"--url: {printable(what)} would be kept in prefactor-imports.lock; put it in a variable: '…?key=$NAME'"
        )
    return _expanded(url, "--url")


def _headers(given: Sequence[str]) -> Mapping[str, str]:
    """Headers by name, with the values of their variables."""
    headers = {}
    for each in given:
        name, colon, value = each.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name):
            raise SourceError("--header: expected 'NAME: VALUE'")
        if _SECRET.search(name) and "$" not in value:
            raise SourceError(
                f"--header: the value of {name} would be kept in prefactor-imports.lock; put it in a variable: "
                f"'{name}: $NAME'"
            )
        headers[name] = _expanded(value.strip(), "--header")
    return headers


def _expanded(text: str, option: str) -> str:
    """The text with the values of variables of the environment in place of `$NAME`; `$$` is a `$`."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name is None:
            return "$"
        if name not in os.environ:
            raise SourceError(f"{option}: the environment has no variable {name}")
        return os.environ[name]

    return _VARIABLE.sub(value, text)
