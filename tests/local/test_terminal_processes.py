"""The commands that run until Ctrl-C, and what a terminal shows."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.support.local_commands import command, interrupted, use_own_folders

from prefactor_local import LocalApi

if TYPE_CHECKING:
    from tests.local.conftest import Http

pytestmark = pytest.mark.slow
DATA = ("tail", "--json", "--status", "failed", "--status", "cancelled", "--type", "x", "--type", "agent:*")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_own_folders(tmp_path, monkeypatch)


def test_tail_prints_what_finishes_from_now_on(tmp_path: Path, connect: Callable[..., Http]) -> None:
    file = tmp_path / "runs.db"
    with LocalApi(database=file, announce=True) as api:
        http = connect(api)
        first = http.started()
        http.finish_span(http.span(first)["details"]["id"], status="complete")
        waiting = http.span(first)["details"]["id"]
        with command("tail") as lines, command(*DATA, "--database", str(file)) as data:
            for process in (lines, data):
                assert process.stderr is not None
                assert "Ctrl-C" in process.stderr.readline()
            error = {"error": {"type": "ValueError", "message": "too\nlong"}, "response": "\x1b[2J"}
            http.finish_span(waiting, status="failed", result_payload=error)
            assert lines.stdout is not None
            assert lines.stdout.readline() == f"My Agent v1  run {first}\n"
            line = re.sub(r"\S+ m?s\b", "… ms", lines.stdout.readline())
            assert line == "  ✗ agent:llm  failed, … ms  gpt-4: Hello → \\x1b[2J: ValueError: too\\nlong\n"
            second = http.started()
            http.finish_span(http.span(second)["details"]["id"], status="complete")
            assert lines.stdout.readline() == f"My Agent v1  run {second}\n"
            assert lines.stdout.readline().startswith("  ✓ agent:llm")
            http.post(f"/agent_instance/{second}/finish", {"status": "complete"})
            assert lines.stdout.readline().startswith("  the run is over: complete: 1 span, ")
            assert data.stdout is not None
            assert json.loads(data.stdout.readline())["id"] == waiting
            assert interrupted(lines) == (0, "", "")
            assert interrupted(data) == (0, "", "")


def test_tail_misses_no_run_however_many_there_are(tmp_path: Path, connect: Callable[..., Http]) -> None:
    """More runs than a page of the list has begin and end between two looks; others begin, and end after the next."""
    file = tmp_path / "runs.db"
    with LocalApi(database=file, announce=True) as api, command("tail") as lines:
        http = connect(api)
        assert lines.stderr is not None
        assert "Ctrl-C" in lines.stderr.readline()
        lines.send_signal(signal.SIGSTOP)
        begun = [http.started() for _ in range(60)]
        ended = [http.started() for _ in range(60)]
        for run_id in ended:
            http.post(f"/agent_instance/{run_id}/finish", {"status": "complete"})
        lines.send_signal(signal.SIGCONT)
        assert runs_over(lines, len(ended)) == ended
        for run_id in begun:
            http.post(f"/agent_instance/{run_id}/finish", {"status": "complete"})
        assert runs_over(lines, len(begun)) == begun
        assert interrupted(lines) == (0, "", "")


def test_tail_waits_until_its_server_is_back(tmp_path: Path, connect: Callable[..., Http]) -> None:
    """It misses and repeats nothing, and does not wait for another server."""
    file = tmp_path / "runs.db"
    with ExitStack() as block:
        with LocalApi(database=file, announce=True) as api:
            http, port = connect(api), httpx.URL(api.url).port or 0
            run_id = http.started()
            spans = [http.span(run_id, schema_name=name)["details"]["id"] for name in ("one", "two", "three")]
            lines = block.enter_context(command("tail"))
            assert lines.stdout is not None
            assert lines.stderr is not None
            assert "Ctrl-C" in lines.stderr.readline()
            http.finish_span(spans[0], status="complete")
            assert lines.stdout.readline().split()[-1] == run_id
            assert lines.stdout.readline().split()[1] == "one"
            lines.send_signal(signal.SIGSTOP)
            http.finish_span(spans[1], status="complete")
        lines.send_signal(signal.SIGCONT)
        assert lines.stderr.readline().endswith("; waiting for it\n")
        with LocalApi(database=file, port=port) as api:
            assert lines.stdout.readline().split()[1] == "two"
            connect(api).finish_span(spans[2], status="complete")
            assert lines.stdout.readline().split()[1] == "three"
        assert lines.stderr.readline().endswith("; waiting for it\n")
        with LocalApi(port=port):
            out, err = lines.communicate(timeout=20)
    assert (out, lines.returncode) == ("", 1)
    assert err.endswith(" does not answer: another server, or another program, has its port\n")


def runs_over(lines: subprocess.Popen[str], count: int) -> list[str]:
    """The next runs of which it is said that they are over."""
    assert lines.stdout is not None
    found: list[str] = []
    for _ in range(count):
        found.append(lines.stdout.readline().split()[-1])
        assert "the run is over" in lines.stdout.readline()
    return found


def assert_signs_in_once(opened: str, *, link: str) -> None:
    """The browser was started with a code that gives the token of the printed link, once."""
    page, _, code = opened.strip().partition("#c=")
    wanted, _, token = link.strip().partition("#t=")
    assert page == wanted
    assert token not in opened
    url = httpx.URL(page).join(f"/ui/api/token?code={code}")
    first, second = (httpx.get(url, trust_env=False, verify=False) for _ in range(2))
    assert first.json() == {"token": token}
    assert second.status_code == 401


def test_open_leads_to_the_run(tmp_path: Path, connect: Callable[..., Http], monkeypatch: pytest.MonkeyPatch) -> None:
    browser, opened, file = tmp_path / "browser", tmp_path / "opened", tmp_path / "runs.db"
    works = f'#!/bin/sh\necho "$1" > {opened}\n'
    browser.write_text(works)
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))
    with LocalApi(database=file, announce=True) as api:
        run_id = connect(api).started()
        with command("open", "last", "--database", str(file)) as process:  # which the server has
            out, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert out == api.view_url.replace("#", f"runs/{run_id}#") + "\n"
        assert_signs_in_once(opened.read_text(), link=out)
        browser.write_text("#!/bin/sh\nexit 1\n")
        with LocalApi(announce=True) as later, command("open") as process:
            out, err = process.communicate(timeout=20)
            assert out == f"{later.view_url}\n"
        assert (err.count("2 servers run"), err.count("no browser was started")) == (1, 1)
        browser.write_text(works)
    with LocalApi(database=file, view=False), command("open", "--database", str(file)) as process:
        assert process.stdout is not None
        link = process.stdout.readline()
        assert process.stderr is not None
        said = f"prefactor-local: no server with a viewer has {file}: serving it until Ctrl-C\n"
        assert process.stderr.readline() == said  # after the browser was started
        assert_signs_in_once(opened.read_text(), link=link)
        assert interrupted(process)[0] == 0


def test_on_a_terminal_there_are_colours_and_a_line_for_each_span(tmp_path: Path, connect: Callable[..., Http]) -> None:
    file = tmp_path / "runs.db"
    with LocalApi(database=file) as api:
        http = connect(api)
        http.span(http.started(), payload={"model": "gpt-4", "prompt": "日本語 " * 100})
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as stream, command("show", "--database", str(file), stdout=stream) as show:
        show.wait(timeout=20)
    printed = b""
    try:
        while part := os.read(ours, 10_000):
            printed += part
    except OSError:  # how Linux reports the end
        pass
    os.close(ours)
    last = printed.decode().splitlines()[-1]
    assert "\x1b[36m●\x1b[0m agent:llm" in last
    assert last.endswith("…")


def test_a_closed_pipe_is_no_error_and_a_full_disk_is_one(tmp_path: Path, connect: Callable[..., Http]) -> None:
    file = tmp_path / "runs.db"
    with LocalApi(database=file) as api:
        http = connect(api)
        http.span(http.started())
    with command("show", "--database", str(file)) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.wait(timeout=20)
        assert process.stderr is not None
        assert (process.returncode, process.stderr.read()) == (0, "")
    with open("/dev/full", "w") as full, command("show", "--database", str(file), stdout=full) as process:
        _, err = process.communicate(timeout=20)
        assert (process.returncode, len(err.splitlines())) == (1, 1)
