"""What `serve` prints: how to reach the server, and each run that begins and ends."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prefactor_local._terminal.text import counted, duration_text, visible

if TYPE_CHECKING:
    from prefactor_local import LocalApi
    from prefactor_local._view.shapes import RunSummary

__all__ = ["address_lines", "counts_text", "run_line", "state_text"]


def address_lines(api: LocalApi, view_url: str) -> Iterator[str]:
    """Where the server is, and a line for a shell.

    Args:
        api: The server.
        view_url: The link to the viewer; empty if there is none.
    """
    yield f"url:   {api.url}"
    yield f"token: {api.token}"
    if view_url:
        yield f"view:  {view_url}"
    yield f"export PREFACTOR_API_URL={shlex.quote(api.url)} PREFACTOR_API_TOKEN={shlex.quote(api.token)}"


def run_line(run: RunSummary, view_url: str) -> str:
    """A run that was registered or has ended, with a link to it: a terminal shows it as one, elsewhere it is text.

    Args:
        run: The run.
        view_url: The link to the viewer; empty if there is none.
    """
    run_id = visible(run["id"])  # a file may hold anything
    name = f"run {run_id}"
    agent = f"{run['agent_name']} {run['version']}".strip()
    line = f"{visible(agent)}  {state_text(run)}"
    if not view_url:
        return f"{name}  {line}"
    # Without the token: a log is read by others, and so is the command by which a terminal opens a link.
    link = f"{view_url.partition('#')[0]}runs/{run_id}"
    return f"{_link(name, link)}  {line}" if _shows_links() else f"{name}  {line}  {link}"


def state_text(run: RunSummary) -> str:
    """The status of a run, and in numbers what it did if it has ended."""
    if run["finished_at"] is None:
        return "registered"
    took = "" if run["duration_ms"] is None else f", {duration_text(run['duration_ms'])}"
    return f"{visible(run['status'])}: {counts_text(run)}{took}"


def counts_text(run: RunSummary) -> str:
    """How many spans there are, and how many of them ended in another way than they should."""
    said = [counted(run["spans"], "span")]
    said += [f"{run['failed']:,} failed"] if run["failed"] else []
    said += [f"{run['open']:,} not finished"] if run["open"] else []
    said += [counted(run["mismatches"], "mismatch")] if run["mismatches"] else []
    return ", ".join(said)


def _shows_links() -> bool:
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _link(text: str, url: str) -> str:
    """The escape sequence OSC 8."""
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"
