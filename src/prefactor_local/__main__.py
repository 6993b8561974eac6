"""The command `prefactor-local`."""

from __future__ import annotations

import argparse
import logging
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence

from prefactor_local import MissingExtraError

__all__ = ["main"]

EXAMPLE = """\
example:
  prefactor-local serve --port 8765 --database runs.db

  Then give the printed URL and token to the client, for example as PREFACTOR_API_URL and PREFACTOR_API_TOKEN.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit code: 0 after a clean stop, 1 if it cannot serve, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        return _serve(options)
    except MissingExtraError as error:
        return _complain(str(error), 2)
    except OSError as error:
        return _complain(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}", 1)
    except sqlite3.Error as error:
        return _complain(f"cannot use the database {options.database}: {error}", 1)


def _parser() -> argparse.ArgumentParser:
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="prefactor-local",
        description="The Prefactor API on this machine: record what an agent does without an account.",
        epilog=EXAMPLE,
        formatter_class=formatter,
    )
    commands = parser.add_subparsers(required=True, metavar="serve")
    serve = commands.add_parser(
        "serve", help="serve until Ctrl-C", description="Serve until Ctrl-C.", epilog=EXAMPLE, formatter_class=formatter
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=_port, default=8765, help="0 for any free one (default: %(default)s)")
    serve.add_argument(
        "--database", metavar="FILE", default=":memory:", help="keep the state in this SQLite file (default: in memory)"
    )
    serve.add_argument("--token", help="account token to accept (default: a new one, kept with the database)")
    serve.add_argument("--strict-cancel", action="store_true", help="refuse to cancel what has started")
    serve.add_argument("--verbose", action="store_true", help="print every request")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    from prefactor_local import LocalApi  # noqa: PLC0415 - needs the extra

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if options.verbose:
        _print_requests()
    with LocalApi(
        host=options.host,
        port=options.port,
        database=options.database,
        token=options.token,
        strict_cancel=options.strict_cancel,
        keep_requests=False,
    ) as api:
        sys.stdout.write(f"url:   {api.url}\ntoken: {api.token}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


def _print_requests() -> None:
    logger = logging.getLogger("prefactor_local")
    logger.addHandler(logging.StreamHandler(sys.stdout))
    logger.setLevel(logging.INFO)


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"prefactor-local: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
