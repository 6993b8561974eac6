"""`prefactor-local export`: a run in a file, for a browser or another program."""

from __future__ import annotations

import argparse

from prefactor_local._terminal.option_types import run_name
from prefactor_local._terminal.source import add_source_options

__all__ = ["add_options", "run"]

_STANDARD_OUTPUT = "-"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument(
        "wanted", metavar="RUN", nargs="?", type=run_name, default="last",
        help="ID of a run, or the beginning of one (default: last, the run that was registered last)",
    )  # fmt: skip
    parser.add_argument(
        "--format", choices=("html", "otlp", "chrome", "json"), required=True,
        help="html: a page of its own; otlp: OpenTelemetry, as JSON; chrome: for Perfetto; json: all that is known",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="file to write, - for standard output (default: RUN.FORMAT, here)"
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    add_source_options(parser)
