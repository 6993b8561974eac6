"""Agents with the tools of other people: mocks, clocks, tracing, event loops, and programs in one file.

Each test runs a program of the folder `programs` with the published package.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import zipapp
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.compat import environments
from tests.support.processes import run

from prefactor_core import UnsupportedRuntimeError
from prefactor_local import LocalApi

pytestmark = [pytest.mark.integrations, pytest.mark.slow]

PROGRAMS = Path(__file__).with_name("programs")


def execute(api: LocalApi, *command: str | Path, folder: Path = PROGRAMS) -> subprocess.CompletedProcess[str]:
    settings = {"PREFACTOR_API_URL": api.url, "PREFACTOR_API_TOKEN": api.token, "PYTHONDONTWRITEBYTECODE": ""}
    return run([str(each) for each in command], folder, settings)


def output(api: LocalApi, *command: str | Path, folder: Path = PROGRAMS) -> str:
    done = execute(api, *command, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def statuses(api: LocalApi) -> list[str]:
    return [record["status"] for record in (*api.spans(), *api.instances())]


# Clocks.


@pytest.mark.parametrize("tool", ["freezegun", "freezegun with asyncio", "time-machine"])
def test_delivery_goes_on_while_the_clocks_stand_still(tool: str, python: Path, api: LocalApi) -> None:
    assert output(api, python, "clocks.py", tool) == "3 0 5 0\n"
    assert statuses(api) == ["complete"] * 3


def test_the_clocks_stand_still_before_the_client_is_used(python: Path, api: LocalApi) -> None:
    assert output(api, python, "clocks_at_first_use.py") == "AgentInstance ToolCallParams\n"
    assert statuses(api) == ["complete"] * 2


def test_a_clock_that_is_set_back(python: Path, api: LocalApi) -> None:
    output(api, python, "clock_set_back.py")
    for record in (*api.spans(), *api.instances()):
        started, finished = (datetime.fromisoformat(record[name]) for name in ("started_at", "finished_at"))
        assert timedelta(0) <= finished - started < timedelta(minutes=1)
        assert abs(datetime.now(UTC) - started) < timedelta(minutes=30)


# Tests of agents.


def test_tests_of_an_agent_with_other_plugins(python: Path, tmp_path: Path) -> None:
    """In any order, in one event loop or several; and the plugin leaves the measurement of coverage alone."""
    for name in ("travel_agent.py", "travel_agent_tests.py"):
        shutil.copy(PROGRAMS / name, tmp_path)
    options = ["asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function", "python_files=*_tests.py"]
    settings = [part for option in options for part in ("-o", option)]
    done = run([str(python), "-m", "pytest", "-W", "error", "--cov=travel_agent", *settings], tmp_path)
    assert "5 passed" in done.stdout, done.stdout + done.stderr
    assert re.search(r"travel_agent\.py +\d+ +0 +100%", done.stdout), done.stdout


# Traces, logs, mocks.


def test_no_trace_and_no_log_of_the_program_has_our_requests(python: Path, api: LocalApi) -> None:
    assert output(api, python, "tracing.py").splitlines() == [
        "request alive: False",
        "traced: ['GET', 'request']",
        "logged: ['httpx']",
    ]


def test_mocks_of_the_program_do_not_answer_our_requests(python: Path, api: LocalApi) -> None:
    options = ("-q", "-p", "no:cacheprovider", "--noconftest", "-c", "/dev/null")
    assert "3 passed" in output(api, python, "-m", "pytest", *options, "mocks.py")
    assert statuses(api) == ["complete"] * 6


# Event loops and threads of other kinds.


def test_trio_is_refused_at_once(python: Path, api: LocalApi) -> None:
    done = execute(api, python, "on_trio.py")
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"{UnsupportedRuntimeError.__module__}.UnsupportedRuntimeError: initialize() needs asyncio")
    assert "trio.to_thread.run_sync()" in last


def test_gevent_is_refused_at_once_and_the_error_says_what_works(python: Path, api: LocalApi) -> None:
    last = execute(api, python, "with_gevent.py").stderr.splitlines()[-1]
    assert "UnsupportedRuntimeError: the client needs real threads" in last
    kept = re.findall(r"(\w+)=False", last)
    output(api, python, "with_gevent.py", *kept)
    assert statuses(api) == ["complete", "complete"]


# Programs in other forms.


def test_an_agent_that_pyinstaller_froze_without_options(
    api: LocalApi, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In an environment with nothing else: it would take along what pydantic and httpx use if it is there."""
    wheel = environments.own_wheel(tmp_path_factory)
    python = environments.create(tmp_path / "environment", str(wheel), "pyinstaller")
    output(api, python.with_name("pyinstaller"), "--log-level", "ERROR", PROGRAMS / "agent.py", folder=tmp_path)
    assert output(api, tmp_path / "dist/agent/agent", folder=tmp_path) == "refused\n"
    check_agent(api)


def test_an_agent_without_assertions(python: Path, api: LocalApi) -> None:
    assert output(api, python, "-OO", "agent.py") == "refused\n"
    check_agent(api)


def test_an_agent_in_a_zip_file(python: Path, api: LocalApi, tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "__main__.py").write_text((PROGRAMS / "agent.py").read_text())
    zipapp.create_archive(folder, tmp_path / "app.pyz")
    assert output(api, python, tmp_path / "app.pyz") == "refused\n"
    check_agent(api)


def check_agent(api: LocalApi) -> None:
    assert sorted(span["status"] for span in api.spans()) == ["complete", "complete", "failed"]
    assert not api.violations
    assert all("unknown" not in request.headers["x-prefactor-sdk"] for request in api.requests)
