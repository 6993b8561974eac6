"""The source `mcp`: the tools of an MCP server, which is run, reached over HTTP, or asked before."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.importing.sources import SourceError, name_of_file

if TYPE_CHECKING:
    from prefactor_gen.importing.span_types import Imported
    from prefactor_gen.importing.tools.credentials import Variables
    from prefactor_gen.remote.mcp_session import ServerTools

__all__ = ["EXAMPLE", "PATHS", "SUMMARY", "add_arguments", "default_name", "read"]

SUMMARY: Final = "the tools of an MCP server"
EXAMPLE: Final = "mcp --name git -- uvx mcp-server-git"
PATHS: Final = ("file",)

_TIMEOUT: Final = 60.0
_LONGEST: Final = 3600
_EXPECTED: Final = "expected one of: --url URL, --file LIST.json, or -- COMMAND that runs the server"


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
        type=float,
        default=_TIMEOUT,
        metavar="SECONDS",
        help=f"to wait for the server (default {_TIMEOUT:g})",
    )
    parser.add_argument("server", nargs="*", metavar="-- COMMAND", help="the command that runs the server")


def default_name(options: Namespace) -> str | None:
    """That of the file; a command or an address says too little."""
    return name_of_file(options.file)


def read(options: Namespace, base: Path) -> Imported:  # noqa: ARG001  # other sources need it
    """Ask the server for its tools.

    Raises:
        SourceError: no server, or several are given; the file is no list of tools; the server cannot be reached.
    """
    given = [each for each in (options.url, options.file, options.server) if each]
    if len(given) != 1:
        raise SourceError(_EXPECTED)
    if options.header and not options.url:
        raise SourceError("--header needs --url")
    if options.file:
        return _saved(Path(options.file))
    if not 0 < options.timeout <= _LONGEST:
        raise SourceError(f"--timeout: expected a number of seconds up to {_LONGEST}, found {options.timeout:g}")
    from prefactor_gen.importing.span_types import Found
    from prefactor_gen.importing.tools.credentials import Variables, unclear_options
    from prefactor_gen.importing.tools.mcp_tools import imported_tools
    from prefactor_gen.remote.errors import RemoteError

    variables = Variables()
    try:
        listed = _listed(options, variables)
    except RemoteError as error:
        raise SourceError(variables.hidden(str(error))) from None
    imported = imported_tools(listed.tools, listed.server)
    kept = "in the command has a value that prefactor-imports.lock keeps; if it is a secret, name a variable: '$NAME'"
    unclear = [f"{option} {kept}" for option in unclear_options(options.server or [])]
    remarks = [Found("", remark) for remark in (*listed.remarks, *unclear)]
    return replace(imported, found=[*remarks, *imported.found])


def _listed(options: Namespace, variables: Variables) -> ServerTools:
    """What the server answers."""
    from prefactor_gen.remote.mcp_session import Deadline, list_tools

    deadline = Deadline(options.timeout)
    if options.url:
        from prefactor_gen.remote.mcp_http import connected_server

        url, headers = _address(options.url, variables), _headers(options.header or [], variables)
        with connected_server(url, headers, deadline) as server:
            return list_tools(server, deadline)
    from prefactor_gen.importing.tools.credentials import secret_in
    from prefactor_gen.remote.mcp_stdio import running_server

    if (secret := secret_in(options.server)) is not None:
        raise SourceError(
            f"{printable(secret)[:100]} in the command would be kept in prefactor-imports.lock; the server inherits "
            "the environment; where it needs an argument, name a variable, in single quotes: '$NAME'"
        )
    with running_server(variables.in_command(options.server), deadline) as program:
        return list_tools(program, deadline)


def _saved(path: Path) -> Imported:
    """The tools in a saved answer of `tools/list`: the whole message, its result, or the list alone."""
    from prefactor_gen.importing.json_input import read_json
    from prefactor_gen.importing.tools.mcp_tools import imported_tools

    shown = printable(path.as_posix())
    document = read_json(path, "an answer of tools/list")
    for key in ("result", "tools"):
        document = document.get(key, document) if isinstance(document, dict) else document
    if not isinstance(document, list):
        raise SourceError(f'{shown}: expected an answer of tools/list, such as {{"tools": […]}}')
    return imported_tools(document, path.name)


def _address(url: str, variables: Variables) -> str:
    """The address with the values of its variables."""
    from prefactor_gen.remote.secrets import secret_of_address

    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address:
        raise SourceError(f"--url: expected an address that begins with https://, found {printable(url)[:200]!r}")
    secret = secret_of_address(url)
    if parts.username is not None or parts.password is not None or secret is not None:
        what = secret or "a user or a password"
        advice = "put it in a variable: '…?key=$NAME'" if secret else "use --header 'Authorization: Basic $NAME'"
        raise SourceError(f"--url: {printable(what)} would be kept in prefactor-imports.lock; {advice}")
    return variables.expanded(url, "--url")


def _headers(given: Sequence[str], variables: Variables) -> Mapping[str, str]:
    """Headers by name, with the values of their variables."""
    from prefactor_gen.remote.secrets import has_token, is_secret_parameter

    headers = {}
    for each in given:
        name, colon, value = each.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name):
            raise SourceError("--header: expected 'NAME: VALUE'")
        if "$" not in value and (is_secret_parameter(name) or has_token(value)):
            raise SourceError(
                f"--header: the value of {name} would be kept in prefactor-imports.lock; put it in a variable: "
                f"'{name}: $NAME'"
            )
        headers[name] = variables.expanded(value.strip(), "--header")
    return headers
