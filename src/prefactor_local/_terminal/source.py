"""Where the commands read runs: from a running server, or from a database file."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from prefactor_local._terminal.errors import CommandError
from prefactor_local._terminal.option_types import file_name, server_port

if TYPE_CHECKING:
    from prefactor_local._view.running_servers import FoundServers, RunningServer
    from prefactor_local._view.shapes import Finding, RowsPage, RunDetails, RunsPage, SpanDetails, SpanRow

__all__ = ["RunSource", "add_source_options", "changed_rows", "open_source", "server_of"]


class RunSource(Protocol):
    """What runs are read from: the methods of `Reader` that the commands need, and exports.

    They raise `CommandError` if the server does not answer, and `NoSuchRunError`.
    """

    def find_run(self, wanted: str) -> str: ...
    def runs(self, *, before: int | None = None, status: str | None = None) -> RunsPage: ...
    def run(self, run_id: str) -> RunDetails: ...
    def rows(self, run_id: str, *, after: int = 0) -> RowsPage: ...
    def span(self, span_id: str, *, full: bool = False) -> SpanDetails: ...
    def findings(self, run_id: str) -> list[Finding]: ...
    def export(self, run_id: str, form: str) -> bytes: ...
    def close(self) -> None: ...


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say where runs are read."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--database",
        metavar="FILE",
        type=file_name,
        help="read this file of `serve --database` (default: ask a running server)",
    )
    group.add_argument(
        "--port", type=server_port, help="port of the server, if several run (default: the last one started)"
    )


def open_source(options: argparse.Namespace, *, patient: bool = False) -> closing[RunSource]:
    """A block that reads runs from where the options say. A file is not changed.

    Args:
        options: What `add_source_options` has added.
        patient: Whether it waits for a server that does not answer any more.

    Raises:
        CommandError: No server runs, or the file cannot be read. Its text says what was tried.
    """
    if options.database is not None:
        from prefactor_local._terminal.file_source import FileSource

        return closing(FileSource(Path(options.database)))
    from prefactor_local._terminal.http_source import HttpSource

    return closing(HttpSource(_chosen_server(options), patient=patient))


def server_of(options: argparse.Namespace) -> RunningServer | None:
    """The server that shows what the options say; None if it is a file that no server has.

    Raises:
        CommandError: The options name no file, and no server runs.
    """
    from prefactor_local._view.running_servers import running_servers

    if options.database is None:
        return _chosen_server(options)
    return next((server for server in running_servers() if _is_same(server.database, options.database)), None)


def changed_rows(source: RunSource, run_id: str, after: int = 0) -> tuple[int, list[SpanRow]]:
    """The spans that are new or have changed since `after`, by their numbers, and where the next changes begin."""
    rows: dict[int, SpanRow] = {}
    more = True
    while more:
        page = source.rows(run_id, after=after)
        rows |= {row.seq: row for row in page["rows"]}
        after, more = page["change"], page["more"]
    return after, list(rows.values())


def _is_same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return False


def _chosen_server(options: argparse.Namespace) -> RunningServer:
    """The server with the port of the options, or that of PREFACTOR_API_URL, or the one that was started last.

    Raises:
        CommandError: There is none.
    """
    from prefactor_local._view.running_servers import find_servers

    servers = find_servers()
    of_environment = _port_of_environment([*servers.answering, *servers.silent])
    wanted = options.port or getattr(options.wanted, "port", None) or of_environment
    found = [server for server in servers.answering if wanted in (None, server.port)]
    if not found:
        raise CommandError(_not_found(servers, wanted))
    if len(found) > 1:
        sys.stderr.write(
            f"prefactor-local: {len(found)} servers run, on {_ports(found)}; "
            f"this is the one that was started last, {found[0].url}; --port chooses another\n"
        )
    return found[0]


def _not_found(servers: FoundServers, wanted: int | None) -> str:
    """Why there is no server to ask, and what to do."""
    from prefactor_local._view.server_folders import described_folders

    if silent := [server for server in servers.silent if wanted in (None, server.port)]:
        return (
            f"your server on {_ports(silent)} runs, but does not answer: it is busy or stopped. "
            "Try again, or name its file with --database"
        )
    asked = f"on port {wanted}" if wanted else f"(looked into {described_folders()})"
    others = f"; servers run on {_ports(servers.answering)}" if servers.answering else ""
    return (
        f"no server of yours with a viewer runs {asked}{others}: "
        "start `prefactor-local serve`, or name a file with --database"
    )


def _ports(servers: Sequence[RunningServer]) -> str:
    return ", ".join(f"port {server.port} ({_kept_in(server)})" for server in servers)


def _kept_in(server: RunningServer) -> str:
    return "in memory" if server.database == ":memory:" else server.database


def _port_of_environment(servers: Sequence[RunningServer]) -> int | None:
    """The port in PREFACTOR_API_URL, if it leads to one of the servers."""
    try:
        address = urlsplit(os.environ.get("PREFACTOR_API_URL", ""))
        is_here = address.hostname == "localhost" or ipaddress.ip_address(address.hostname or "").is_loopback
        port = address.port
    except ValueError:
        return None
    return port if is_here and any(server.port == port for server in servers) else None
