"""The database file: who may read it, two servers on one file, files of other programs, a full disk."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.local.conftest import Http

from prefactor_local import LocalApi

SERVE = [sys.executable, "-m", "prefactor_local", "serve", "--port", "0", "--token", "a-token"]


def test_only_its_owner_can_read_what_is_stored(tmp_path: Path, connect: Callable[..., Http]) -> None:
    file = tmp_path / "runs.db"
    for _ in range(2):
        with LocalApi(database=file) as api:
            connect(api).started()
            assert modes(tmp_path) == {"runs.db": 0o600, "runs.db-wal": 0o600, "runs.db-shm": 0o600}
        file.chmod(0o644)  # as earlier versions left it


@pytest.mark.parametrize("name", ["runs.db", "runs.db-wal"])  # SQLite would use both
def test_a_file_of_another_user_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).touch()
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    with pytest.raises(sqlite3.Error, match="belongs to another user"), LocalApi(database=tmp_path / "runs.db"):
        pass
    assert (tmp_path / name).read_bytes() == b""


def test_nothing_is_stored_in_a_file_that_nobody_finds(tmp_path: Path, connect: Callable[..., Http]) -> None:
    file, moved = tmp_path / "runs.db", tmp_path / "moved.db"
    with LocalApi(database=file) as api:
        http = connect(api)
        run_id = http.started()
        file.rename(moved)
        assert "was deleted or replaced" in str(http.span(run_id, expect=503))
        file.touch()
        assert "was deleted or replaced" in str(http.span(run_id, expect=503))
        moved.rename(file)
        http.span(run_id)


@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_files_of_other_programs_are_not_touched(tmp_path: Path, version: int) -> None:
    foreign = tmp_path / "other.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE agent (id)")
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    foreign.chmod(0o644)
    before = foreign.read_bytes()
    with pytest.raises(sqlite3.Error, match="another program"), LocalApi(database=foreign):
        pass
    assert (modes(tmp_path), foreign.read_bytes()) == ({"other.db": 0o644}, before)


def test_files_of_earlier_versions_are_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute("CREATE TABLE answered (operation, key)")
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(sqlite3.Error, match="layout 2"), LocalApi(database=tmp_path / "runs.db"):
        pass


def test_two_servers_use_one_file(tmp_path: Path, connect: Callable[..., Http]) -> None:
    with LocalApi(database=tmp_path / "runs.db") as one, LocalApi(database=tmp_path / "runs.db") as two:
        assert one.token == two.token
        instance_id = connect(one).started()

        def record(http: Http) -> None:
            for _ in range(40):
                http.span(instance_id)

        threads = [threading.Thread(target=record, args=(connect(api),)) for api in (one, two, one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(one.spans()) == len(two.spans()) == 160


def test_servers_that_start_at_once_on_a_new_file_agree(tmp_path: Path) -> None:
    tokens = []

    def start() -> None:
        with LocalApi(database=tmp_path / "runs.db") as api:
            tokens.append(api.token)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(tokens), len(set(tokens))) == (6, 1)


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 8_192])
def test_a_disk_that_is_full_at_the_start_is_said_in_one_line(tmp_path: Path, room: int) -> None:
    with served(tmp_path / "runs.db", room) as process:
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert err.startswith(f"prefactor-local: cannot use the database {tmp_path / 'runs.db'}: ")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_a_disk_that_becomes_full_is_said_in_one_line(tmp_path: Path) -> None:
    with served(tmp_path / "runs.db", 1_000_000) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        headers = {"Authorization": "Bearer a-token"}
        with httpx.Client(base_url=f"{url}/api/v1", headers=headers, trust_env=False) as client:
            answers = []
            for _ in range(30):
                answers.append(client.post("/agent", json={"details": {"name": "x" * 100_000}}))
                assert client.get("/agent", params={"team_id": "t"}).status_code == 200
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(503, "storage_failed")}
    assert process.returncode == 0
    assert err.startswith("the database cannot be used: ")
    assert err.count("\n") == 1


def served(database: Path, room: int) -> subprocess.Popen[str]:
    """A server whose files cannot be larger than `room` bytes."""
    return subprocess.Popen(
        [*SERVE, "--database", str(database)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # a compiled module would be cut off, too
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),  # noqa: PLW1509 - nothing is shared
    )


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
