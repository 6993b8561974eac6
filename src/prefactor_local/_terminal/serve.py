"""`prefactor-local serve`: the API, until Ctrl-C."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import signal
import sqlite3
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from prefactor_local._terminal.errors import CommandError, UsageError
from prefactor_local._terminal.fault_options import add_fault_options, faults_of
from prefactor_local._terminal.line_printer import LinePrinter, LogLines
from prefactor_local._terminal.option_types import file_name, host_name, port, token
from prefactor_local._terminal.server_lines import address_lines, run_line

__all__ = ["add_options", "run"]

STOP_SECONDS = 1.5
"""How long the server may take to stop. What it has answered is stored by then; the rest may be cut off."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=port, default=8765, help="port to listen on, 0 for any free port (default: %(default)s)"
    )
    parser.add_argument(
        "--database",
        metavar="FILE",
        type=file_name,
        default=":memory:",
        help="SQLite file that keeps the state (default: in memory)",
    )
    parser.add_argument(
        "--token", type=token, help="account token to accept (default: a new token, kept with the database)"
    )
    parser.add_argument(
        "--allow-host", metavar="NAME", action="append", type=host_name, default=[],
        help="another name under which clients address this server (may be given several times)",
    )  # fmt: skip
    parser.add_argument("--strict-cancel", action="store_true", help="refuse to cancel active instances and spans")
    parser.add_argument("--open", action="store_true", help="open the viewer in the browser")
    parser.add_argument(
        "--no-view", action="store_true", help="serve no viewer, and nothing for show, tail, open and export"
    )
    parser.add_argument("--verbose", action="store_true", help="print every request")
    add_fault_options(parser)


def run(options: argparse.Namespace) -> None:
    """Serves until SIGINT or SIGTERM.

    Raises:
        CommandError: The address or the database cannot be used.
        UsageError: Options contradict each other.
    """
    try:
        _serve(options)
    except OSError as error:
        free = ": choose another --port, or 0 for any that is free" if error.errno == errno.EADDRINUSE else ""
        reason = f"{error.strerror or error}{free}"
        raise CommandError(f"cannot listen on {options.host}:{options.port}: {reason}") from None
    except sqlite3.Error as error:
        raise CommandError(f"cannot use the database {options.database}: {error}") from None


def _serve(options: argparse.Namespace) -> None:
    from prefactor_local import LocalApi

    if options.open and options.no_view:
        raise UsageError("--open needs the viewer: leave out --no-view")
    faults = faults_of(options)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    last_moment = threading.Timer(STOP_SECONDS, os._exit, (0,))
    last_moment.daemon = True
    view_url = ""
    with (
        LinePrinter() as printer,
        _verbose(printer) if options.verbose else nullcontext(),
        LocalApi(
            host=options.host,
            port=options.port,
            database=options.database,
            token=options.token,
            strict_cancel=options.strict_cancel,
            keep_requests=False,
            faults=faults,
            seed=options.seed,
            refuse_ids=options.refuse_ids,
            bulk=options.bulk.replace("-", "_"),
            allowed_hosts=options.allow_host,
            view=not options.no_view,
            announce=True,
            on_run=lambda run: printer.put(run_line(run, view_url)),
        ) as api,
    ):
        view_url = "" if options.no_view else api.view_url
        printer.start(*address_lines(api, view_url))
        if options.open:
            # A browser in the terminal ends when the user leaves it.
            threading.Thread(target=webbrowser.open, args=(api.one_time_view_url(),), daemon=True).start()
        stop.wait()
        last_moment.start()
    last_moment.cancel()


@contextmanager
def _verbose(printer: LinePrinter) -> Iterator[None]:
    logger, lines = logging.getLogger("prefactor_local"), LogLines(printer)
    logger.setLevel(logging.INFO)
    logger.addHandler(lines)
    try:
        yield
    finally:
        logger.removeHandler(lines)
