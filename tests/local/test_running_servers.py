"""The files by which commands find the servers of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from prefactor_local import LocalApi
from prefactor_local.__main__ import main
from prefactor_local._view.running_servers import RunningServer, announced, running_servers
from prefactor_local._view.server_folders import folders


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the files, of this test alone."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "shared"))
    Path(tempfile.gettempdir()).mkdir()
    return tmp_path / "prefactor-local"


def server(port: int = 9, token: str = "t", pid: int = os.getpid()) -> RunningServer:
    return RunningServer(f"http://127.0.0.1:{port}", token, pid, ":memory:", 1.0)


def test_a_server_is_found_while_it_runs(runtime: Path, tmp_path: Path) -> None:
    with LocalApi(announce=True) as api, LocalApi(announce=True, database=tmp_path / "runs.db") as later, LocalApi():
        first, second = running_servers()
        assert [first.url, second.url] == [later.url, api.url]
        assert second.view_url() == api.view_url
        assert second.view_url("abc") == api.view_url.replace("/ui/#", "/ui/runs/abc#")
        assert [first.database, second.database] == [str(tmp_path / "runs.db"), ":memory:"]
        file = runtime / f"{second.port}.json"
        assert [oct(path.stat().st_mode & 0o777) for path in (runtime, file)] == ["0o700", "0o600"]
        assert api.token not in file.read_text()
    assert running_servers() == []
    assert list(runtime.iterdir()) == []


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="names of files are Unicode there")
def test_a_database_whose_name_is_no_text(runtime: Path, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff.db")
    with LocalApi(announce=True, database=file):
        (found,) = running_servers()
        assert found.database == str(file)


def test_files_of_servers_that_are_gone_are_removed(runtime: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with LocalApi() as api, announced(server(int(api.url.rpartition(":")[2]))), announced(server(pid=ended.pid)):
        assert len(list(runtime.iterdir())) == 2
        assert running_servers() == []  # another server has the port of the first; nobody has that of the second
        assert list(runtime.iterdir()) == []


def test_a_server_that_is_away_is_not_forgotten(runtime: Path) -> None:
    with LocalApi(announce=True) as api:
        with api.away():
            assert running_servers() == []
        assert [found.url for found in running_servers()] == [api.url]


def test_only_the_own_file_is_removed(runtime: Path) -> None:
    with announced(server(token="first")):
        with announced(server(token="second")) as file:
            assert file is not None
        with announced(server(token="third")):
            pass
    with announced(server(token="first")) as file, announced(server(token="second")):
        assert file == runtime / "9.json"
    assert list(runtime.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFO with a name")
def test_what_is_no_file_is_not_waited_for(runtime: Path) -> None:
    with LocalApi(announce=True) as api:
        os.mkfifo(runtime / "1.json")
        (runtime / "2.json").symlink_to(runtime / "1.json")
        (runtime / "3.json").mkdir()
        assert [found.url for found in running_servers()] == [api.url]
    assert len(list(runtime.iterdir())) == 3


@pytest.mark.parametrize("content", ["", "[]", "{}", "[" * 5000, '{"url": "http://[", "token": 1}', "\0"])
def test_other_files_are_left_alone(runtime: Path, content: str) -> None:
    runtime.mkdir(mode=0o700)
    (runtime / "1.json").write_text(content)
    assert running_servers() == []
    assert (runtime / "1.json").read_text() == content


def test_a_folder_that_others_can_use_is_not_used(runtime: Path, tmp_path: Path) -> None:
    shared = folders()[1]
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    runtime.symlink_to(tmp_path / "elsewhere")
    with announced(server()) as file:
        assert file == shared / "9.json"
    shared.chmod(0o755)
    with announced(server()) as file:
        assert file is None
    shared.chmod(0o700)
    assert (shared.stat().st_uid, list((tmp_path / "elsewhere").iterdir())) == (os.getuid(), [])


def test_a_folder_of_somebody_else_is_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in folders():
        folder.mkdir(mode=0o700)
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    with announced(server()) as file:
        assert file is None
    assert running_servers() == []
    reasons = ", ".join(f"{folder} (which belongs to the user {folder.owner()})" for folder in folders())
    with LocalApi(announce=True):
        assert caplog.messages == [f"other commands do not find this server: it can write to none of {reasons}"]
    assert main(["show"]) == 1
    assert reasons in capsys.readouterr().err


def test_without_a_runtime_folder_it_is_in_the_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", "relative/path"):
        monkeypatch.setenv("XDG_RUNTIME_DIR", value)
        assert folders() == [Path(tempfile.gettempdir(), f"prefactor-local-{os.getuid()}")]
        with LocalApi(announce=True) as api:
            assert [found.url for found in running_servers()] == [api.url]
