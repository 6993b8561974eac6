"""`prefactor-local export`: a run in a file, for a browser or another program."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from prefactor_local._state.file_access import write_private
from prefactor_local._terminal.errors import CommandError, UsageError
from prefactor_local._terminal.option_types import file_name
from prefactor_local._terminal.source import add_source_options, open_source
from prefactor_local._terminal.text import escaped_json, visible

__all__ = ["add_options", "run"]

_STANDARD_OUTPUT = "-"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument(
        "wanted", metavar="RUN", nargs="?", default="last",
        help="ID of a run, the beginning of one, or a link (default: last, the run that was registered last)",
    )  # fmt: skip
    parser.add_argument(
        "--format", required=True,
        help="html: a page of its own; json: all that is known; otlp, otlp-protobuf: for OpenTelemetry; "
        "chrome: for Perfetto",
    )  # fmt: skip
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=file_name,
        help="file to write, - for standard output (default: named after the run and the format, such as "
        "run-ID.html, here)",
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    add_source_options(parser)


def run(options: argparse.Namespace) -> None:
    """Writes a run to a file, or to standard output."""
    from prefactor_local._view.exports.formats import FORMATS, export_name

    if options.format not in FORMATS:
        raise UsageError(f"there is no format {options.format!r}: choose one of {', '.join(FORMATS)}")
    if options.output and options.output != _STANDARD_OUTPUT:
        _check(Path(options.output), options)  # before much is read
    with open_source(options) as source:
        run_id = source.find_run(options.wanted)
        content = source.export(run_id, options.format)
    if options.output == _STANDARD_OUTPUT:
        _print(content, FORMATS[options.format].media_type)
        return
    file = Path(options.output or export_name(run_id, options.format))
    _check(file, options)
    try:
        write_private(Path(os.path.realpath(file)), content)  # for it holds payloads; a link stays one
    except OSError as error:
        raise CommandError(f"cannot write {file}: {error.strerror}") from None
    sys.stdout.write(f"{visible(str(file))}\n")


def _print(content: bytes, media_type: str) -> None:
    if sys.stdout.isatty():
        if media_type == "application/x-protobuf":
            raise CommandError("the format is binary, which a terminal cannot show: name a file with -o")
        content = escaped_json(content.decode()).encode()  # what is payload in the other formats is JSON
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _check(file: Path, options: argparse.Namespace) -> None:
    """Raises `CommandError` if the file must not be written."""
    try:
        exists, is_file = os.path.lexists(file), file.is_file()
    except OSError as error:
        raise CommandError(f"cannot write {file}: {error.strerror}") from None
    if exists and not is_file:
        raise CommandError(f"{file} is not a file: name one with -o, or - for standard output")
    if exists and not options.force:
        raise CommandError(f"{file} exists: name another file with -o, or replace it with --force")
