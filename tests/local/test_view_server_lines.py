"""What `prefactor-local serve` prints: its addresses, and each run."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import httpx
import pytest
from tests.local.conftest import Http
from tests.support.waiting import wait_until

from prefactor_local._terminal.line_printer import MOST_WAITING, LinePrinter

HOSTILE = "My \x1b[31mAgent\u202e\nurl: http://evil.test"


def started(folder: Path, *options: str, stdout: int = subprocess.PIPE, **variables: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "prefactor_local", "serve", "--port", "0", *options]
    variables = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "TERM": "xterm", **variables}
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, env=variables)


def addresses(output: IO[bytes]) -> tuple[str, str, str]:
    """What follows `url:`, `token:` and `view:`, when all has been printed."""
    found = [output.readline().decode().split()[1] for _ in range(3)]
    assert output.readline().startswith(b"export ")
    return found[0], found[1], found[2]


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    process.terminate()
    _, errors = process.communicate(timeout=10)
    return process.returncode, errors.decode()


def record_a_run(http: Http) -> str:
    run_id = http.started(agent_version={"name": HOSTILE, "external_identifier": "v1"})
    http.finish_span(http.span(run_id)["details"]["id"], status="failed")
    http.span(run_id, payload={})
    http.post(f"/agent_instance/{run_id}/finish", {"status": "complete"})
    return run_id


@pytest.mark.slow
def test_each_run_has_a_line_when_it_begins_and_ends(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        assert process.stdout is not None
        url, token, _ = addresses(process.stdout)
        with closing(Http(url, token)) as http:
            run_id = record_a_run(http)
            begun, over = (process.stdout.readline().decode() for _ in range(2))
            process.stdout.close()
            record_a_run(http)
            record_a_run(http)
        (file,) = (tmp_path / "prefactor-local").iterdir()
        assert file.name == f"{httpx.URL(url).port}.json"
        assert ended(process) == (0, "")
    name = r"My \x1b[31mAgent\u202e\nurl: http://evil.test v1"
    assert begun == f"run {run_id}  {name}  registered  {url}/ui/runs/{run_id}\n"
    said = r"complete: 2 spans, 1 failed, 1 not finished, 1 mismatch, [\d.]+ m?s"
    assert re.fullmatch(rf"run {run_id}  {re.escape(name)}  {said}  {url}/ui/runs/{run_id}\n", over)
    assert not file.exists()


@pytest.fixture
def terminal() -> Iterator[tuple[int, IO[bytes]]]:
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as output:
        yield theirs, output


@pytest.mark.slow
def test_on_a_terminal_the_id_is_a_link_and_a_browser_opens(tmp_path: Path, terminal: tuple[int, IO[bytes]]) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\nprintf %s \"$1\" > '{opened}.part' && mv '{opened}.part' '{opened}'\n")
    browser.chmod(0o700)
    theirs, output = terminal
    with started(tmp_path, "--open", stdout=theirs, BROWSER=f"{browser} %s") as process:
        os.close(theirs)
        url, token, view = addresses(output)
        with closing(Http(url, token)) as http:
            run_id = http.register()["details"]["id"]
        line = output.readline().decode()
        wait_until(opened.exists)
        assert ended(process) == (0, "")
    page, _, token = view.partition("#t=")
    assert line == f"\x1b]8;;{page}runs/{run_id}\x1b\\run {run_id}\x1b]8;;\x1b\\  My Agent v1  registered\r\n"
    assert opened.read_text().startswith(f"{page}#c=")
    assert token not in opened.read_text()


def test_lines_that_nobody_reads_hold_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with open(reader, "rb") as output, open(writer, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        with LinePrinter() as printer:
            printer.start("first")
            assert output.readline() == b"first\n"
            for number in range(2 * MOST_WAITING):
                printer.put(f"{number} {'x' * 1000}")
        output.close()
