"""`prefactor-local show`: a run, on the terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prefactor_local._terminal.source import RunSource, add_source_options, changed_rows, open_source
from prefactor_local._terminal.text import escaped_json

if TYPE_CHECKING:
    from prefactor_local._terminal.lines import Line
    from prefactor_local._terminal.span_lines import TreeLine
    from prefactor_local._view.shapes import RunDetails, SpanRow

__all__ = ["add_options", "run"]

_MOST_ASKED = 500
"""So many spans are shown with their first params or why they failed: each takes a request."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument(
        "wanted", metavar="RUN", nargs="?", default="last",
        help="ID of a run, the beginning of one, or a link (default: last, the run that was registered last)",
    )  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--full", action="store_true", help="also params and results, field by field")
    form.add_argument("--json", action="store_true", help="all of the run as JSON")
    add_source_options(parser)


def run(options: argparse.Namespace) -> None:
    """Prints a run."""
    with open_source(options) as source:
        run_id = source.find_run(options.wanted)
        if options.json:
            _print_json(source, run_id)
        else:
            from prefactor_local._terminal.lines import print_lines

            print_lines(_lines(source, run_id, full=options.full))


def _print_json(source: RunSource, run_id: str) -> None:
    text = source.export(run_id, "json").decode()
    sys.stdout.buffer.write(escaped_json(text).encode())
    sys.stdout.buffer.flush()


def _lines(source: RunSource, run_id: str, *, full: bool) -> Iterator[Line]:
    from rich.text import Text

    from prefactor_local._terminal.lines import Line
    from prefactor_local._terminal.run_lines import header_lines, problem_lines
    from prefactor_local._terminal.span_lines import tree_lines

    details = source.run(run_id)
    tree = list(tree_lines(changed_rows(source, run_id)[1]))
    rows = [line.row for line in tree]
    yield from map(Line, header_lines(details))
    yield from map(Line, problem_lines(source, details["span_types"], rows, source.findings(run_id)))
    if tree:
        yield Line(Text())
    yield from _tree(source, details, tree, full=full)


def _tree(source: RunSource, details: RunDetails, tree: Sequence[TreeLine], *, full: bool) -> Iterator[Line]:
    from rich.text import Text

    from prefactor_local._terminal.brief import brief_span
    from prefactor_local._terminal.lines import Line
    from prefactor_local._terminal.payload_lines import payload_lines
    from prefactor_local._terminal.span_lines import span_text

    left_to_ask = _MOST_ASKED
    for line in tree:
        ask = full or (_says_too_little(line.row) and left_to_ask > 0)
        span = source.span(line.row.id) if ask else None
        left_to_ask -= ask
        summary = line.row.summary if full else brief_span(line.row.summary, span)
        yield Line(Text.assemble((line.before, "dim"), span_text(line.row, summary)), cut=True)
        if span and full:
            fields = payload_lines(span, details["span_types"].get(span["type"]))
            yield from (Line(Text.assemble((line.below, "dim"), field)) for field in fields)


def _says_too_little(row: SpanRow) -> bool:
    return not row.summary or row.status == "failed"
