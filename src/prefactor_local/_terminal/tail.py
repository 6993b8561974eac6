"""`prefactor-local tail`: a line for each span that finishes, and for each run that ends, until Ctrl-C."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from prefactor_local._terminal.option_types import some_text
from prefactor_local._terminal.source import RunSource, add_source_options, changed_rows, open_source
from prefactor_local._terminal.text import escaped_json

if TYPE_CHECKING:
    from prefactor_local._view.shapes import RunSummary, SpanDetails, SpanRow

__all__ = ["add_options", "run"]

_SECONDS_BETWEEN_LOOKS: Final = 0.5
_MOST_PAGES: Final = 10
"""Of active runs: in an old file there may be thousands whose agents were killed."""
_FINISHED: Final = ("complete", "failed", "cancelled")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument(
        "--type",
        metavar="TYPE",
        action="append",
        type=some_text,
        help="only spans of this type (may be given several times); * stands for any characters",
    )
    parser.add_argument(
        "--status", action="append", choices=_FINISHED, help="only spans with this status (may be given several times)"
    )
    parser.add_argument("--run", metavar="RUN", dest="wanted", help="only spans of this run")
    parser.add_argument("--json", action="store_true", help="a JSON object for each span, with params and result")
    add_source_options(parser)


def run(options: argparse.Namespace) -> None:
    """Prints spans as they finish, until Ctrl-C."""
    try:
        with open_source(options, patient=True) as source:
            _follow(source, options)
    except KeyboardInterrupt:
        return


def _follow(source: RunSource, options: argparse.Namespace) -> None:
    watch = _Watch(source, source.find_run(options.wanted) if options.wanted else None)
    sys.stderr.write("prefactor-local: waiting for spans that finish; Ctrl-C ends\n")
    run_id = ""  # of the line before
    while True:
        for run, row in watch.finished():
            if not _is_wanted(row, options):
                continue
            if row is not None and options.json:
                _print_json(source.span(row.id, full=True))
            else:
                _print(source, run, row, is_first=run["id"] != run_id)
                run_id = run["id"]
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _is_wanted(row: SpanRow | None, options: argparse.Namespace) -> bool:
    if row is None:
        return not (options.status or options.type or options.json)
    is_of_type = not options.type or any(fnmatchcase(row.type, pattern) for pattern in options.type)
    return is_of_type and (not options.status or row.status in options.status)


class _Finished(NamedTuple):
    """A span that has finished, or a run.

    Attributes:
        row: the span; None if it is the run.
    """

    run: RunSummary
    row: SpanRow | None


class _Watch:
    """Looks for spans and runs that have finished since the last look. The first one is when it is made.

    Args:
        source: Where the runs are.
        watched: The ID of the only run to look at, or None.
    """

    def __init__(self, source: RunSource, watched: str | None) -> None:
        self._source = source
        self._watched = watched
        self._seen: dict[str, tuple[object, ...]] = {}
        self._changes: dict[str, int] = {}
        self._active: set[str] = set()
        self._ended: set[str] = set()
        self._newest = math.inf
        self.finished()

    def finished(self) -> list[_Finished]:
        """What has finished meanwhile: run by run, its spans in the order in which they did, and then the run."""
        found: list[_Finished] = []
        newest = self._newest
        for run in self._runs():
            if self._has_changed(run):
                found += [_Finished(run, row) for row in self._changed_rows(run, newest) if row.status in _FINISHED]
            if run["finished_at"] is not None and run["id"] not in self._ended:
                self._ended.add(run["id"])
                found.append(_Finished(run, None))
        return found

    def _runs(self) -> list[RunSummary]:
        """The newest runs with all new ones, those that are active, and those that still were at the last look."""
        if self._watched is not None:
            return [self._source.run(self._watched)["run"]]
        listed = [*self._listed(self._newest)]
        # Not of the active ones, which are asked for later: a run that has ended meanwhile is in neither list.
        self._newest = max((run["seq"] for run in listed), default=0)
        listed += self._listed(0, status="active", most_pages=_MOST_PAGES)
        runs = {run["id"]: run for run in sorted(listed, key=lambda run: run["seq"])}
        left = [self._source.run(run_id)["run"] for run_id in sorted(self._active - runs.keys())]
        self._active = {run["id"] for run in runs.values() if run["status"] == "active"}
        return [*left, *runs.values()]

    def _listed(
        self, down_to: float, *, status: str | None = None, most_pages: int = sys.maxsize
    ) -> Iterator[RunSummary]:
        """The runs from the newest one on, to the end of a page: at least those that are newer than `down_to`."""
        before: int | None = None
        for _ in range(most_pages):
            page = self._source.runs(before=before, status=status)
            yield from page["runs"]
            before = page["before"]
            if before is None or before <= down_to:
                return

    def _has_changed(self, run: RunSummary) -> bool:
        """Whether there may be changed spans. What changes a span changes one of these numbers."""
        state = (run["spans"], run["failed"], run["open"], run["mismatches"])
        seen, self._seen[run["id"]] = self._seen.get(run["id"]), state
        return seen != state

    def _changed_rows(self, run: RunSummary, newest: float) -> list[SpanRow]:
        """Nothing if it is an earlier run that is seen for the first time: what it has was there before.

        Args:
            run: The run.
            newest: The number of the newest run at the last look.
        """
        is_known = run["id"] in self._changes or run["seq"] > newest
        after = self._changes.get(run["id"], 0)
        self._changes[run["id"]], rows = changed_rows(self._source, run["id"], after)
        return rows if is_known else []


def _print_json(span: SpanDetails) -> None:
    from prefactor_local._view.exports.json_text import json_text

    sys.stdout.buffer.write(f"{escaped_json(json_text(span))}\n".encode())
    sys.stdout.flush()


def _print(source: RunSource, run: RunSummary, row: SpanRow | None, *, is_first: bool) -> None:
    """A line for a span, or that the run is over; before the first one of a run, which run it is."""
    from rich.text import Text

    from prefactor_local._terminal.brief import brief_span
    from prefactor_local._terminal.lines import Line, print_lines
    from prefactor_local._terminal.run_lines import title_text
    from prefactor_local._terminal.server_lines import state_text
    from prefactor_local._terminal.span_lines import span_text

    lines = [Line(title_text(run))] if is_first else []
    if row is None:
        lines.append(Line(Text(f"  the run is over: {state_text(run)}")))
    else:
        says_enough = row.summary and row.status != "failed"
        summary = brief_span(row.summary, None if says_enough else source.span(row.id))
        lines.append(Line(Text.assemble("  ", span_text(row, summary)), cut=True))
    print_lines(lines)
