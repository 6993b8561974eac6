"""The command `prefactor-local`."""

from __future__ import annotations

import argparse
import logging
import math
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prefactor_local import MissingExtraError

if TYPE_CHECKING:
    from prefactor_local import Fault

__all__ = ["main"]

EXAMPLE = """\
examples:
  prefactor-local serve --port 8765 --database runs.db
  prefactor-local serve --latency 0.1 --jitter 0.2 --error-rate 0.1 --error-status 503 --error-status 429 \\
      --retry-after 2 --reset-rate 0.02

  Then give the printed URL and token to the client, for example as PREFACTOR_API_URL and PREFACTOR_API_TOKEN.
"""


STOP_SECONDS = 1.5
"""How long the server may take to stop. What it has answered is stored by then; the rest may be cut off."""


class _UsageError(Exception):
    """The options contradict each other."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Returns:
        The exit code: 0 after a normal stop, 1 if the server cannot start, 2 for wrong usage.
    """
    options = _parser().parse_args(arguments)
    try:
        return _serve(options)
    except _UsageError as error:
        return _fail(str(error), 2)
    except MissingExtraError as error:
        return _fail(str(error), 2)
    except OSError as error:
        return _fail(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}", 1)
    except sqlite3.Error as error:
        return _fail(f"cannot use the database {options.database}: {error}", 1)


def _parser() -> argparse.ArgumentParser:
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="prefactor-local",
        description="The Prefactor API on this machine: record agent runs without an account.",
        epilog=EXAMPLE,
        formatter_class=formatter,
    )
    commands = parser.add_subparsers(required=True, metavar="serve")
    serve = commands.add_parser(
        "serve", help="serve until Ctrl-C", description="Serve until Ctrl-C.", epilog=EXAMPLE, formatter_class=formatter
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument(
        "--port", type=_port, default=8765, help="port to listen on, 0 for any free port (default: %(default)s)"
    )
    serve.add_argument(
        "--database", metavar="FILE", default=":memory:", help="SQLite file that keeps the state (default: in memory)"
    )
    serve.add_argument("--token", help="account token to accept (default: a new token, kept with the database)")
    serve.add_argument(
        "--allow-host", metavar="NAME", action="append", default=[],
        help="another name under which clients address this server (may be given several times)",
    )  # fmt: skip
    serve.add_argument("--strict-cancel", action="store_true", help="refuse to cancel active instances and spans")
    serve.add_argument("--verbose", action="store_true", help="print every request")
    _add_faults(serve)
    return parser


def _add_faults(serve: argparse.ArgumentParser) -> None:
    group = serve.add_argument_group(
        "faults",
        "Rates are shares of all requests, from 0 to 1; their sum is at most 1.\n"
        "While the server runs, POST /_local/faults adds faults; it needs the account token.",
    )
    for option, meaning in (
        ("--latency", "delay before every request is handled"),
        ("--jitter", "additional random delay, up to this long"),
    ):
        group.add_argument(option, type=_seconds, default=0.0, metavar="SECONDS", help=meaning)
    for option, meaning in (
        ("--error-rate", "answer with an error instead of handling the request"),
        ("--reset-rate", "reset the connection before the request is handled"),
        ("--reset-after-rate", "reset the connection after the request is handled"),
        ("--hang-rate", "do not answer"),
        ("--garble-rate", "handle the request, but answer with broken JSON or JSON of a wrong shape"),
    ):
        group.add_argument(option, type=_rate, default=0.0, metavar="RATE", help=meaning)
    group.add_argument(
        "--error-status", type=_status, action="append", metavar="STATUS",
        help="status of the errors; of several, each is a random choice (default: 503)",
    )  # fmt: skip
    group.add_argument("--retry-after", type=_whole_seconds, metavar="SECONDS", help="Retry-After header of the errors")
    group.add_argument("--refuse-ids", action="store_true", help="refuse create requests with an ID from the client")
    group.add_argument(
        "--bulk", choices=("on", "missing", "other-form"), default="on",
        help="no bulk endpoint, or one that answers in an undocumented form (default: %(default)s)",
    )  # fmt: skip
    group.add_argument("--seed", type=int, default=0, help="seed of the randomness (default: %(default)s)")


def _seconds(text: str) -> float:
    return _number(text, "a number of seconds, 0 or more", math.inf)


def _rate(text: str) -> float:
    return _number(text, "a number from 0 to 1", 1)


def _number(text: str, wanted: str, highest: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (0 <= number <= highest and math.isfinite(number)):
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text!r}")
    return number


def _whole_seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"must be a whole number of seconds, not {text!r}")
    return int(text)


def _status(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 400 <= int(text) <= 599):
        raise argparse.ArgumentTypeError(f"must be a status from 400 to 599, not {text!r}")
    return int(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    from prefactor_local import LocalApi  # noqa: PLC0415 - needs the extra

    faults = _faults(options)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if options.verbose:
        _print_requests()
    last_moment = threading.Timer(STOP_SECONDS, os._exit, (0,))
    last_moment.daemon = True
    with LocalApi(
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
    ) as api:
        sys.stdout.write(f"url:   {api.url}\ntoken: {api.token}\n")
        sys.stdout.flush()
        stop.wait()
        last_moment.start()
    last_moment.cancel()
    return 0


def _faults(options: argparse.Namespace) -> list[Fault]:
    from prefactor_local import Fault  # noqa: PLC0415 - needs the extra
    from prefactor_local._faults.mixture import mixture  # noqa: PLC0415 - needs the extra

    statuses = options.error_status or [503]
    headers = {} if options.retry_after is None else {"Retry-After": str(options.retry_after)}
    shares = [
        *((options.error_rate / len(statuses), Fault(status=each, headers=headers, times=None)) for each in statuses),
        (options.reset_rate, Fault(reset="before", times=None)),
        (options.reset_after_rate, Fault(reset="after", times=None)),
        (options.hang_rate, Fault(hang=True, times=None)),
        (options.garble_rate / 2, Fault(garble="malformed", times=None)),
        (options.garble_rate / 2, Fault(garble="shape", times=None)),
    ]
    slow = options.latency or options.jitter
    latency = [Fault(delay=options.latency, jitter=options.jitter, times=None)] if slow else []
    try:
        return [*latency, *mixture(shares)]
    except ValueError as error:
        raise _UsageError(str(error)) from None


def _print_requests() -> None:
    logger = logging.getLogger("prefactor_local")
    logger.addHandler(logging.StreamHandler(sys.stdout))
    logger.setLevel(logging.INFO)


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"prefactor-local: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
