"""`prefactor-local open`: a run in the browser."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
import threading
import webbrowser
from contextlib import closing, suppress
from pathlib import Path

from prefactor_local._terminal.errors import CommandError
from prefactor_local._terminal.source import RunSource, add_source_options, open_source, server_of
from prefactor_local._terminal.text import visible

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument(
        "wanted", metavar="RUN", nargs="?",
        help="ID of a run, the beginning of one, a link, or last (default: the list of all runs)",
    )  # fmt: skip
    add_source_options(parser)


def run(options: argparse.Namespace) -> None:
    """Opens the viewer of a running server, or serves a database file until Ctrl-C."""
    from prefactor_local._terminal.http_source import HttpSource

    if server := server_of(options):
        with closing(HttpSource(server)) as source:
            run_id, code = _run_id(source, options), source.one_time_code()
        _open(server.view_url(run_id), server.view_url(run_id, code=code))
    else:
        with open_source(options) as file:  # what is not there is reported before anything is served
            run_id = _run_id(file, options)
        _serve(Path(options.database), run_id)


def _run_id(source: RunSource, options: argparse.Namespace) -> str:
    return source.find_run(options.wanted) if options.wanted else ""


def _serve(database: Path, run_id: str) -> None:
    from prefactor_local import LocalApi

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with LocalApi(database=database, keep_requests=False) as api:
            page, _, token = api.view_url.partition("#")
            _open(f"{page}runs/{run_id}#{token}" if run_id else api.view_url, api.one_time_view_url(run_id))
            name = visible(str(database))
            sys.stderr.write(f"prefactor-local: no server with a viewer has {name}: serving it until Ctrl-C\n")
            stop.wait()
    except sqlite3.Error as error:
        hint = "`prefactor-local show` and `export` only read it"
        raise CommandError(f"cannot serve the database {database}: {error}; {hint}") from None
    except OSError as error:
        raise CommandError(f"cannot serve the database {database}: {error}") from None


def _open(link: str, one_time_link: str) -> None:
    """Prints the link, and has a browser, if there is one, open the other, which other users of the machine may see."""
    sys.stdout.write(f"{visible(link)}\n")
    sys.stdout.flush()
    is_open = False
    with suppress(webbrowser.Error):
        is_open = webbrowser.open(one_time_link)
    if not is_open:
        sys.stderr.write("prefactor-local: no browser was started: open the link in one\n")
