"""Files that the viewer reads: of an earlier version, of other programs, while a server writes, read-only."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from tests.local.conftest import Http

from prefactor_local import LocalApi
from prefactor_local._state.file_access import obstacle
from prefactor_local._state.store import Store
from prefactor_local._view.reading import Reader

# Makes a file of layout 3 of one of layout 4.
LAYOUT_3 = """
    ALTER TABLE agent_span RENAME TO later;
    DROP INDEX agent_span_of_instance;
    DROP INDEX agent_span_change;
    CREATE TABLE agent_span (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, agent_id TEXT NOT NULL, agent_instance_id TEXT NOT NULL,
        agent_schema_version_id TEXT NOT NULL, parent_span_id TEXT, schema_name TEXT NOT NULL, status TEXT NOT NULL,
        payload TEXT NOT NULL, result_payload TEXT, sensitive_encoding INTEGER, started_at TEXT, finished_at TEXT,
        inserted_at TEXT NOT NULL, updated_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX agent_span_of_instance ON agent_span (agent_instance_id, status);
    INSERT INTO agent_span SELECT seq, id, agent_id, agent_instance_id, agent_schema_version_id, parent_span_id,
        schema_name, status, payload, result_payload, sensitive_encoding, started_at, finished_at, inserted_at,
        updated_at FROM later;
    DROP TABLE later;
    ALTER TABLE agent_instance DROP COLUMN origin;
    PRAGMA user_version = 3;
"""


def test_runs_of_layout_3_are_kept(tmp_path: Path, connect: Callable[..., Http]) -> None:
    file = tmp_path / "runs.db"
    with LocalApi(database=file) as api:
        http = connect(api)
        runs = [http.started() for _ in range(2)]
        for run in (*runs, *runs):
            http.finish_span(http.span(run, payload={"model": 1})["details"]["id"], result_payload={"response": "r"})
        before = [(reader.rows(run)["rows"], reader.run(run)) for reader in [reader_of(api)] for run in runs]
        spans = api.spans()
    with sqlite3.connect(file) as connection:
        connection.executescript(LAYOUT_3)
    connection.close()
    with pytest.raises(sqlite3.DatabaseError, match="an earlier version of prefactor-sdk wrote it: start"):
        Store.open_for_reading(file)
    for _ in range(2):
        with LocalApi(database=file) as api:
            reader = reader_of(api)
            assert [(reader.rows(run)["rows"], reader.run(run)) for run in runs] == before
            assert api.spans() == spans
            assert all(page["change"] == 2 for page in map(reader.rows, runs))
            connect(api).span(runs[0])
            connect(api).finish_span(connect(api).span(runs[0])["details"]["id"])
            assert reader.rows(runs[0], after=2)["change"] == 5
            with sqlite3.connect(file) as connection:
                connection.execute("DELETE FROM agent_span WHERE seq > 4")
            connection.close()


def test_several_servers_may_bring_a_file_up_to_date(
    tmp_path: Path, connect: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, waits = tmp_path / "runs.db", threading.Event()
    with LocalApi(database=file) as api:
        connect(api).span(connect(api).started())
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.executescript(LAYOUT_3)
        other.execute("BEGIN IMMEDIATE")  # as a server that is at it
        wait_for_writers = Store.wait_for_writers

        def wait(store: Store, seconds: float) -> None:
            wait_for_writers(store, seconds if seconds > 5 else 0)
            waits.set() if seconds > 5 else None

        monkeypatch.setattr(Store, "wait_for_writers", wait)
        with ThreadPoolExecutor(1) as thread:
            opened = thread.submit(Store, file)
            assert waits.wait(5)
            other.execute("COMMIT")
            opened.result().close()


def test_reading_waits_for_no_writer_and_sees_what_is_stored(tmp_path: Path, connect: Callable[..., Http]) -> None:
    file = tmp_path / "runs.db"
    with LocalApi(database=file) as api:
        http = connect(api)
        run = http.started()
        files = set(tmp_path.iterdir())
        store = Store.open_for_reading(file)
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert Reader(store).rows(run)["rows"] == []
        other.execute("ROLLBACK")
        other.close()
        http.span(run)
        assert len(Reader(store).rows(run)["rows"]) == 1
        with pytest.raises(sqlite3.OperationalError, match="readonly"), store.transaction(write=True):
            store.set_value("key", "value")
        store.close()
        assert set(tmp_path.iterdir()) == files


def test_a_file_is_not_changed(tmp_path: Path, connect: Callable[..., Http]) -> None:
    folder = tmp_path / "a folder?#%"
    folder.mkdir()
    file = folder / "runs.db"
    with LocalApi(database=file) as api:
        run = connect(api).started()
    before = file.read_bytes()
    file.chmod(0o400)
    folder.chmod(0o500)
    store = Store.open_for_reading(file)
    assert Reader(store).find_run("last") == run
    store.close()
    folder.chmod(0o700)
    assert (os.listdir(folder), file.read_bytes(), file.stat().st_mode & 0o777) == (["runs.db"], before, 0o400)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file .*none\.db"):
        Store.open_for_reading(tmp_path / "none.db")
    text = tmp_path / "text.db"
    for content, message in ((b"not a database" * 100, "not a database"), (b"", "it is empty")):
        text.write_bytes(content)
        with pytest.raises(sqlite3.DatabaseError, match=message):
            Store.open_for_reading(text)
    with pytest.raises(sqlite3.DatabaseError, match="it is a folder"):
        Store.open_for_reading(tmp_path)
    assert list(tmp_path.iterdir()) == [text]


def test_what_keeps_a_file_from_being_used_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "runs.db"
    with pytest.raises(sqlite3.OperationalError, match=r"there is no folder .*none"):
        Store(tmp_path / "none" / "runs.db")
    file.touch()
    assert obstacle(file, write=True) is None
    refused = {(file, os.R_OK): "read it", (file, os.W_OK): "write it", (tmp_path, os.W_OK): "write to its folder"}
    for place, message in refused.items():  # these tests may run as root, who may do everything
        with monkeypatch.context() as context:
            context.setattr(os, "access", lambda *asked, place=place: asked != place)
            assert message in (obstacle(file, write=True) or "")


def test_a_log_that_a_server_has_left(
    tmp_path: Path, connect: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, copy = tmp_path / "runs.db", tmp_path / "copy.db"
    with LocalApi(database=file) as api:
        run = connect(api).started()
        for suffix in ("", "-wal"):  # as they are if the server is killed, and what can be made anew is not copied
            shutil.copy(f"{file}{suffix}", f"{copy}{suffix}")
    with monkeypatch.context() as context:  # these tests may run as root, who may do everything
        context.setattr(os, "access", lambda place, mode: (place, mode) != (tmp_path, os.W_OK))
        with pytest.raises(
            sqlite3.OperationalError, match=r"a server has left copy\.db-wal, which can only be read in"
        ):
            Store.open_for_reading(copy)
        Path(f"{file}-wal").touch()  # it is empty: nothing was left
        store = Store.open_for_reading(file)
        assert Reader(store).find_run("last") == run
        assert not Path(f"{file}-shm").exists()
        store.close()
    store = Store.open_for_reading(copy)
    assert Reader(store).find_run("last") == run
    store.close()


def test_a_file_that_may_not_be_written_is_refused_before_it_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "runs.db"
    Store(file).close()
    file.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda place, mode: (place, mode) != (file, os.W_OK))
    with pytest.raises(sqlite3.OperationalError, match="you may not write it"):
        Store(file)
    assert file.stat().st_mode & 0o777 == 0o444


def reader_of(api: LocalApi) -> Reader:
    return Reader(api._current.account.store)
