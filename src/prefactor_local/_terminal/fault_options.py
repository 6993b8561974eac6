"""The options of `serve` that make requests go wrong."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from prefactor_local._terminal.errors import UsageError
from prefactor_local._terminal.option_types import rate, seconds, status, whole_seconds

if TYPE_CHECKING:
    from prefactor_local import Fault

__all__ = ["add_fault_options", "faults_of"]


def add_fault_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "faults",
        "Rates are shares of all requests, from 0 to 1; their sum is at most 1.\n"
        "While the server runs, POST /_local/faults adds faults; it needs the account token.",
    )
    for option, meaning in (
        ("--latency", "delay before every request is handled"),
        ("--jitter", "additional random delay, up to this long"),
    ):
        group.add_argument(option, type=seconds, default=0.0, metavar="SECONDS", help=meaning)
    for option, meaning in (
        ("--error-rate", "answer with an error instead of handling the request"),
        ("--reset-rate", "reset the connection before the request is handled"),
        ("--reset-after-rate", "reset the connection after the request is handled"),
        ("--hang-rate", "do not answer"),
        ("--garble-rate", "handle the request, but answer with broken JSON or JSON of a wrong shape"),
    ):
        group.add_argument(option, type=rate, default=0.0, metavar="RATE", help=meaning)
    group.add_argument(
        "--error-status", type=status, action="append", metavar="STATUS",
        help="status of the errors; of several, each is a random choice (default: 503)",
    )  # fmt: skip
    group.add_argument("--retry-after", type=whole_seconds, metavar="SECONDS", help="Retry-After header of the errors")
    group.add_argument("--refuse-ids", action="store_true", help="refuse create requests with an ID from the client")
    group.add_argument(
        "--bulk", choices=("on", "missing", "other-form"), default="on",
        help="no bulk endpoint, or one that answers in an undocumented form (default: %(default)s)",
    )  # fmt: skip
    group.add_argument("--seed", type=int, default=0, help="seed of the randomness (default: %(default)s)")


def faults_of(options: argparse.Namespace) -> list[Fault]:
    from prefactor_local import Fault
    from prefactor_local._faults.mixture import mixture

    if not options.error_rate and (options.error_status or options.retry_after is not None):
        raise UsageError("--error-status and --retry-after are about errors, of which there are none: add --error-rate")
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
        raise UsageError(str(error)) from None
