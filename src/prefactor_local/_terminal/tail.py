"""`prefactor-local tail`: a line for each span that finishes, and for each run that ends, until Ctrl-C."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from prefactor_local._terminal.option_types import run_name, some_text
from prefactor_local._terminal.source import RunSource, add_source_options, changed_rows, open_source
from prefactor_local._terminal.text import escaped_json

if TYPE_CHECKING:
    from rich.text import Text

    from prefactor_local._terminal.lines import Line
    from prefactor_local._view.shapes import RunSummary, SpanRow

__all__ = ["add_options", "run"]

_SECONDS_BETWEEN_LOOKS: Final = 0.5
_FINISHED: Final = ("complete", "failed", "cancelled")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument(
        "--type", metavar="TYPE", type=some_text, help="only spans of this type; * stands for any characters"
    )
    parser.add_argument("--status", choices=_FINISHED, help="only spans with this status")
    parser.add_argument("--run", metavar="RUN", dest="wanted", type=run_name, help="only spans of this run")
    parser.add_argument("--json", action="store_true", help="a JSON object for each span, with params and result")
    add_source_options(parser)


def run(options: argparse.Namespace) -> None:
    """Prints spans as they finish, until Ctrl-C."""
    try:
        with open_source(options) as source:
            watch = _Watch(source, source.find_run(options.wanted) if options.wanted else None)
            sys.stderr.write("prefactor-local: waiting for spans that finish; Ctrl-C ends\n")
            _follow(watch, _JsonLines(source) if options.json else _TextLines(source), options)
    except KeyboardInterrupt:
        return


def _follow(watch: _Watch, printer: _Printer, options: argparse.Namespace) -> None:
    while True:
        for each in watch.finished():
            if _is_wanted(each.row, options):
                printer.print(each)
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _is_wanted(row: SpanRow | None, options: argparse.Namespace) -> bool:
    if row is None:
        return not (options.status or options.type or options.json)
    return options.status in (None, row.status) and (options.type is None or fnmatchcase(row.type, options.type))


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
        self._newest_before = math.inf
        self.finished()
        self._newest_before = max((run["seq"] for run in self._runs() if run["id"] in self._changes), default=0)

    def finished(self) -> list[_Finished]:
        """What has finished meanwhile: run by run, its spans in the order in which they did, and then the run."""
        found: list[_Finished] = []
        for run in self._runs():
            if self._has_changed(run):
                found += [_Finished(run, row) for row in self._changed_rows(run) if row.status in _FINISHED]
            if run["finished_at"] is not None and run["id"] not in self._ended:
                self._ended.add(run["id"])
                found.append(_Finished(run, None))
        return found

    def _runs(self) -> Iterator[RunSummary]:
        """The newest runs, and those that were registered earlier and were still active at the last look."""
        if self._watched is not None:
            yield self._source.run(self._watched)["run"]
            return
        pages = (self._source.runs(), self._source.runs(status="active"))
        runs = {run["id"]: run for page in pages for run in reversed(page["runs"])}
        left = [self._source.run(run_id)["run"] for run_id in sorted(self._active - runs.keys())]
        self._active = {run["id"] for run in runs.values() if run["status"] == "active"}
        yield from (*left, *runs.values())

    def _has_changed(self, run: RunSummary) -> bool:
        """Whether there may be changed spans. What changes a span changes one of these numbers."""
        state = (run["spans"], run["failed"], run["open"], run["mismatches"])
        seen, self._seen[run["id"]] = self._seen.get(run["id"]), state
        return seen != state

    def _changed_rows(self, run: RunSummary) -> list[SpanRow]:
        """Nothing if it is an earlier run that is seen for the first time: what it has was there before."""
        is_known = run["id"] in self._changes or run["seq"] > self._newest_before
        after = self._changes.get(run["id"], 0)
        self._changes[run["id"]], rows = changed_rows(self._source, run["id"], after)
        return rows if is_known else []


class _Printer(Protocol):
    def print(self, finished: _Finished) -> None: ...


class _JsonLines:
    """A `SpanDetails` on a line for each span."""

    def __init__(self, source: RunSource) -> None:
        self._source = source

    def print(self, finished: _Finished) -> None:
        from prefactor_local._view.exports.json_text import json_text

        if finished.row is None:
            return
        text = json_text(self._source.span(finished.row.id, full=True))
        sys.stdout.buffer.write(f"{escaped_json(text)}\n".encode())
        sys.stdout.flush()


class _TextLines:
    """A line for each span, one before them for each run, and one when the run ends."""

    def __init__(self, source: RunSource) -> None:
        self._source = source
        self._run_id = ""

    def print(self, finished: _Finished) -> None:
        from prefactor_local._terminal.lines import print_lines

        print_lines(self._lines(finished))

    def _lines(self, finished: _Finished) -> Iterator[Line]:
        from rich.text import Text

        from prefactor_local._terminal.lines import Line
        from prefactor_local._terminal.run_lines import title_text
        from prefactor_local._terminal.server_lines import state_text

        if self._run_id != finished.run["id"]:
            self._run_id = finished.run["id"]
            yield Line(title_text(finished.run))
        if finished.row is None:
            yield Line(Text(f"  the run is over: {state_text(finished.run)}"))
        else:
            yield Line(Text.assemble("  ", self._span_text(finished.row)), cut=True)

    def _span_text(self, row: SpanRow) -> Text:
        from prefactor_local._terminal.brief import brief_span
        from prefactor_local._terminal.span_lines import span_text

        says_enough = row.summary and row.status != "failed"
        return span_text(row, brief_span(row.summary, None if says_enough else self._source.span(row.id)))
