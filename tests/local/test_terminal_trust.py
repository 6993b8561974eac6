"""Commands believe nobody: not who has a server's port, not what a server says, not what a file holds."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.local_commands import use_own_folders

from prefactor_local import LocalApi
from prefactor_local.__main__ import main
from prefactor_local._terminal.file_source import FileSource
from prefactor_local._view import server_connection
from prefactor_local._view.running_servers import RunningServer, announced, running_servers
from prefactor_local._view.server_connection import proof_of

if TYPE_CHECKING:
    from tests.local.conftest import Http

    from prefactor_local._view.shapes import RunsPage

TOKEN = "the-secret-token"
ESCAPE = "\x1b]0;title\x07"
RUN = {
    "seq": 1,
    "id": "r1",
    "agent_id": "a",
    "agent_name": f"agent{ESCAPE}",
    "version": "1",
    "environment_id": "e",
    "purpose": "live",
    "status": "complete",
    "external_identifier": None,
    "inserted_at": "2026-01-01T00:00:00Z",
    "started_at": f"{ESCAPE}2026",
    "finished_at": None,
    "duration_ms": 1e999,
    "changed_at": f"{ESCAPE}2026",
    "termination_reason": None,
    "spans": 1,
    "failed": 0,
    "open": 0,
    "mismatches": 0,
    "headline": ESCAPE,
}
DETAILS = {"run": RUN, "origin": "2026", "runtime": {}, "quality": {}, "span_types": {}}
ROW = [1, f"s{ESCAPE}", None, f"t{ESCAPE}", "complete", 0, 1e999, "summary", 0]
PAGE = {"change": 1, "more": False, "origin": "2026", "status": "complete", "finished_at": None, "rows": [ROW]}


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_own_folders(tmp_path, monkeypatch)


@contextmanager
def other_program(
    answer: Callable[[str], object], *, token: str = "", pid: int = os.getpid()
) -> Iterator[tuple[Path, list[str]]]:
    """A program with the port of an announced server: its file, and the requests that it gets.

    With a token it proves that it has it, and then answers as it likes.
    """
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            requests.append(f"{self.path}\n{self.headers}")
            url = urlsplit(self.path)
            said: object = answer(url.path)
            if url.path == "/ui/proof" and token:
                said = {"proof": proof_of(token, parse_qs(url.query)["nonce"][0], server.server_port)}
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            is_cut = url.path.endswith("/export")
            self.send_response(200)
            self.send_header("Content-Length", str(len(content) + is_cut))
            self.end_headers()
            self.close_connection = is_cut
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            with announced(RunningServer(url, TOKEN, pid, ":memory:", 1.0)) as file:
                assert file is not None
                yield file, requests
        finally:
            server.shutdown()
            thread.join()


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """What a command returns and prints."""
    code = main(arguments)
    return (code, *capsys.readouterr())


@pytest.mark.parametrize("answer", [{}, {"proof": "x"}, {"proof": "é"}, [], b"[" * 1000, b" " * 5000])
def test_a_program_with_the_port_of_a_server_gets_no_token(answer: object, capsys: pytest.CaptureFixture[str]) -> None:
    with other_program(lambda _: answer) as (file, requests):
        code, out, err = said(capsys, "show")
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert [TOKEN in request for request in requests] in ([False], [False, False])
        assert file.exists() == (answer == b" " * 5000)  # that may be a server that is busy


def test_nobody_is_asked_in_the_place_of_a_process_that_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    with other_program(lambda _: {}, pid=2**22 + 1) as (file, requests):
        assert said(capsys, "show")[0] == 1
        assert (file.exists(), requests) == (False, [])


def test_an_answer_that_never_begins_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_connection, "_PROOF_SECONDS", 0.1)

    def goes_on(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with closing(connection), suppress(OSError):  # the other side closes it
            while True:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=goes_on, args=(listener,))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with announced(RunningServer(url, TOKEN, os.getpid(), ":memory:", 1.0)):
            assert running_servers() == []
        thread.join()


@pytest.mark.parametrize("answer", [b"[1, 2, 3]", b"[" * 100_000, b"{", {**DETAILS, "run": {**RUN, "id": "x/../y"}}])
def test_a_server_that_answers_in_another_form_is_named(answer: object, capsys: pytest.CaptureFixture[str]) -> None:
    with other_program(lambda _: answer, token=TOKEN):
        for arguments in (["show"], ["open", "last"], ["export", "--format", "json"]):
            code, out, err = said(capsys, *arguments)
            assert (code, out) == (1, "")
            assert re.fullmatch(r"prefactor-local: the server at \S+ answers in a form that .*\n", err)


def test_nothing_that_a_server_says_controls_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    answers = {"/ui/api/runs/last": DETAILS, "/ui/api/runs/r1": DETAILS, "/ui/api/runs/r1/spans": PAGE}
    with other_program(lambda path: answers.get(path, {"findings": []}), token=TOKEN):
        code, out, err = said(capsys, "show")
    assert (code, err) == (0, "")
    assert out.replace("\n", "").isprintable()
    assert r"agent\x1b]0;title\x07 1  run r1" in out


def test_half_an_export_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.json"
    with other_program(lambda _: DETAILS, token=TOKEN):
        code, _, err = said(capsys, "export", "--format", "json", "-o", str(file))
    assert (code, file.exists()) == (1, False)
    assert "does not answer: its answer ended too early" in err


def test_a_server_that_does_not_answer_is_said_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    with LocalApi(announce=True) as api:
        port = urlsplit(api.url).port
        with api.away():
            code, _, err = said(capsys, "show")
    assert code == 1
    assert f"your server on port {port} (in memory) runs, but does not answer" in err


@pytest.fixture
def database(tmp_path: Path, connect: Callable[..., Http]) -> Path:
    """A file with a run."""
    file = tmp_path / "runs.db"
    with LocalApi(database=file) as api:
        http = connect(api)
        run_id = http.started()
        http.finish_span(http.span(run_id)["details"]["id"], status="complete", result_payload={})
    return file


def changed(database: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE agent_span SET started_at = ?", "yesterday"),
        ("UPDATE agent_span SET payload = ?", "{"),
        ("UPDATE agent_span SET payload = ?", "[" * 100_000),
        ("UPDATE agent_schema_version SET span_types = ?", "[]"),
        ("UPDATE agent_instance SET status = ?", f"complete{ESCAPE}"),
        ("UPDATE agent_instance SET id = ?", "../x"),
    ],
)
def test_a_damaged_database_is_named(
    database: Path, statement: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(database, statement, value)
    code, _, err = said(capsys, "show", "--full", "--database", str(database))
    assert code == 1
    assert re.fullmatch(
        rf"prefactor-local: cannot read the database {re.escape(str(database))}: it is damaged: .*\n", err
    )


@pytest.mark.parametrize("key", ["partition", "uncomputed"])
def test_a_damaged_database_is_not_served(database: Path, key: str) -> None:
    changed(database, "INSERT OR REPLACE INTO meta VALUES (?, 'x')", key)
    with pytest.raises(sqlite3.DatabaseError, match="it is damaged"), LocalApi(database=database):
        pass


def test_a_file_shows_what_a_later_server_writes(database: Path, connect: Callable[..., Http]) -> None:
    with closing(FileSource(database)) as source:
        assert len(source.runs()["runs"]) == 1
        with LocalApi(database=database) as api:
            run_id = connect(api).started()
            assert source.runs()["runs"][0]["id"] == run_id
        with LocalApi(database=database) as api:
            run_id = connect(api).started()
        assert source.runs()["runs"][0]["id"] == run_id


def test_tail_misses_no_run_that_is_over_before_the_active_ones_are_listed(
    database: Path, connect: Callable[..., Http], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run after it is in the list of the active ones already."""
    looks = 0
    list_runs = FileSource.runs

    def list_and_record(source: FileSource, *, before: int | None = None, status: str | None = None) -> RunsPage:
        nonlocal looks
        page = list_runs(source, before=before, status=status)
        looks += status is None
        if looks == 2 and status is None:
            over = http.started()
            http.finish_span(http.span(over, schema_name="short")["details"]["id"])
            http.post(f"/agent_instance/{over}/finish", {"status": "complete"})
            http.span(http.started(), schema_name="later")
        if looks == 4:
            raise KeyboardInterrupt
        return page

    monkeypatch.setattr(FileSource, "runs", list_and_record)
    with LocalApi(database=database) as api:
        http = connect(api)
        code, out, _ = said(capsys, "tail", "--database", str(database))
    assert (code, "short" in out) == (0, True)


def test_tail_leaves_a_file_of_an_earlier_version_as_it_is(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(database, "PRAGMA user_version = 3")
    content = database.read_bytes()
    code, _, err = said(capsys, "tail", "--database", str(database))
    assert (code, database.read_bytes() == content) == (1, True)
    assert "an earlier version of prefactor-sdk wrote it" in err


def test_show_says_that_summaries_are_not_computed_yet(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(database, "INSERT INTO meta VALUES ('uncomputed', '1')")
    code, out, _ = said(capsys, "show", "--database", str(database))
    assert (code, "1 span without summary and mismatches: an earlier version" in out) == (0, True)


def test_names_that_are_too_long(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "n" * 300
    arguments = ("export", "--format", "json", "--database", str(database), "-o", name)
    assert said(capsys, *arguments) == (1, "", f"prefactor-local: cannot write {name}: File name too long\n")
    longest = str(database.with_name("n" * 255))
    assert said(capsys, *arguments[:-1], longest) == (0, f"{longest}\n", "")
    with pytest.raises(SystemExit, match="2"):
        main(["show", "a" * 3000])


def test_a_folder_that_leads_to_itself(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loop = database.with_name("loop")
    loop.symlink_to(loop)
    code, _, err = said(capsys, "export", "--format", "json", "--database", str(database), "-o", str(loop / "run.json"))
    assert (code, err) == (1, f"prefactor-local: cannot write {loop / 'run.json'}: Too many levels of symbolic links\n")
