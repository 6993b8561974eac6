"""The embedded server: starting, stopping, observing, faults, and the command."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.support.waiting import wait_until

import prefactor_local
from prefactor_local import Fault, LocalApi

if TYPE_CHECKING:
    from tests.local.conftest import Http

SPANS = r"/api/v1/agent_spans"


@pytest.mark.anyio
async def test_async_context_manager() -> None:
    async with LocalApi() as api, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{api.url}/api/v1/ping", headers={"Authorization": f"Bearer {api.token}"})
        assert answer.status_code == 200


def test_several_at_once(connect: Callable[..., Http]) -> None:
    with LocalApi() as one, LocalApi() as two:
        connect(one).register()
        assert (len(one.instances()), len(two.instances())) == (1, 0)
        assert connect(two, one.token).get("/ping", expect=401)["code"] == "bad_authtoken"


def test_it_answers_only_inside_its_block() -> None:
    api = LocalApi()
    with pytest.raises(RuntimeError, match="not running"):
        _ = api.url
    with api:
        url = api.url
        with pytest.raises(RuntimeError, match="already"):
            api.__enter__()
    assert repr(api) == "<LocalApi not running>"
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    with api:
        assert httpx.get(f"{api.url}/api/v1/ping", trust_env=False).status_code == 401
    assert [request.status for request in api.requests] == [401]


def test_requests_are_recorded_in_order(api: LocalApi, http: Http) -> None:
    http.get("/agent", team_id="t")
    http.span("nobody", expect=404)
    first, second = api.requests
    assert (first.method, first.path, first.query, first.body, first.status) == (
        "GET", "/api/v1/agent", {"team_id": "t"}, None, 200,
    )  # fmt: skip
    assert first.headers["authorization"] == f"Bearer {api.token}"
    assert (second.method, second.path, second.status) == ("POST", SPANS, 404)
    assert second.body["details"]["agent_instance_id"] == "nobody"


def test_state_in_a_file_outlives_the_server(tmp_path: Path, connect: Callable[..., Http]) -> None:
    file = tmp_path / "runs.db"
    with LocalApi(database=file) as first:
        token = first.token
        http = connect(first)
        instance_id = http.started()
        span = http.span(instance_id, key="one-span")
    with LocalApi(database=file) as second:
        assert second.token == token
        http = connect(second)
        assert http.span(instance_id, key="one-span") == span
        http.finish_span(span["details"]["id"])
        assert [each["status"] for each in second.spans(instance_id)] == ["complete"]


def test_files_that_are_no_database_of_ours(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello " * 1000)
    foreign = tmp_path / "other.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    missing = tmp_path / "no" / "where.db"
    for file, reason in ((text, "not a database"), (foreign, "another program"), (missing, "there is no folder")):
        with pytest.raises(sqlite3.Error, match=reason), LocalApi(database=file):
            pass


def test_a_port_in_use_is_an_oserror(api: LocalApi) -> None:
    port, threads = int(api.url.rpartition(":")[2]), threading.active_count()
    with pytest.raises(OSError, match="in use"), LocalApi(port=port):
        pass
    assert threading.active_count() == threads


def test_it_stops_with_open_connections_and_delayed_requests() -> None:
    answers: list[int] = []
    with LocalApi() as api:
        api.inject(Fault(delay=3600))
        idle = socket.create_connection(("127.0.0.1", int(api.url.rpartition(":")[2])))
        head = f"POST /api/v1/ping HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {api.token}\r\n"
        idle.sendall(f"{head}Content-Length: 10\r\n\r\n{{".encode())
        thread = threading.Thread(
            target=lambda: answers.append(httpx.get(f"{api.url}/api/v1/ping", trust_env=False).status_code)
        )
        thread.start()
        wait_until(lambda: len(api.requests) == 1)
    thread.join()
    idle.close()
    assert answers == [401]


def test_it_closes_what_connects_at_the_last_moment() -> None:
    for _ in range(10):
        with contextlib.ExitStack() as clients, LocalApi() as api:
            url = httpx.URL(api.url)
            for _ in range(20):
                client = clients.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex((url.host, url.port))
        gc.collect()  # warns of what is open, and warnings are errors


def test_going_away_and_coming_back_at_once() -> None:
    for _ in range(5):
        with LocalApi() as api:
            away = functools.partial(api.away_for, 0.001)
            steps: list[Callable[[], None]] = [api.go_away, away, api.come_back, api.go_away, away]
            threads = [threading.Thread(target=step) for step in steps]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            api.come_back()
            assert httpx.get(api.url).status_code == 401
        gc.collect()  # warns of what is open, and warnings are errors


def test_nothing_is_logged_above_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with LocalApi() as api:
        httpx.get(f"{api.url}/api/v1/ping", trust_env=False, headers={"Authorization": "Bearer hush"})
    ours = [record for record in caplog.records if not record.name.startswith(("http", "asyncio"))]
    assert [(record.name, record.getMessage()) for record in ours] == [("prefactor_local", "GET /api/v1/ping 401")]


def test_a_fault_answers_in_place_of_the_api(api: LocalApi, http: Http) -> None:
    instance_id = http.started()
    api.inject(Fault(method="POST", path=SPANS, status=503, headers={"Retry-After": "3"}, times=2))
    for _ in range(2):
        answer = http.span(instance_id, expect=503)
        assert (answer["status"], answer["code"]) == ("error", "service_unavailable")
    http.span(instance_id)
    assert len(api.spans()) == 1
    assert [request.status for request in api.requests if request.path == SPANS] == [503, 503, 200]


def test_the_first_fault_that_matches_wins(api: LocalApi, http: Http) -> None:
    api.inject(Fault(method="DELETE", status=500, times=None))
    api.inject(Fault(path="/api/v1/pin", status=500, times=None))
    api.inject(Fault(path="/api/v1/p.*g", status=429, body={"code": "slow_down"}))
    api.inject(Fault(status=418, body=[1], times=None))
    assert http.get("/ping", expect=429) == {"code": "slow_down"}
    assert http.get("/ping", expect=418) == [1]
    api.clear_faults()
    http.get("/ping")


@pytest.mark.parametrize("body", [b"{broken", "{broken", ""])
def test_a_fault_can_answer_what_is_no_json(api: LocalApi, body: object) -> None:
    api.inject(Fault(status=200, headers={"Content-Type": "text/html", "X-Why": "test"}, body=body))
    answer = httpx.get(f"{api.url}/api/v1/ping", trust_env=False)
    assert answer.text in {"{broken", ""}
    assert (answer.headers["content-type"], answer.headers["x-why"]) == ("text/html", "test")


@pytest.mark.anyio
async def test_a_delayed_request_does_not_delay_others(api: LocalApi) -> None:
    api.inject(Fault(path="/api/v1/agent", delay=0.3))
    headers = {"Authorization": f"Bearer {api.token}"}
    async with httpx.AsyncClient(base_url=f"{api.url}/api/v1", headers=headers, trust_env=False) as client:
        slow = asyncio.create_task(client.get("/agent"))
        await asyncio.to_thread(wait_until, lambda: len(api.requests) == 1)
        await client.get("/ping")
        assert not slow.done()
        assert (await slow).status_code == 200


def test_a_fault_is_checked_when_it_is_made() -> None:
    with pytest.raises(re.error):
        Fault(path="(")


def test_the_public_names_are_there() -> None:
    assert all(getattr(prefactor_local, name) for name in prefactor_local.__all__)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = prefactor_local.nothing_like_it  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_stopped(number: int, tmp_path: Path) -> None:
    database = str(tmp_path / "runs.db")
    with command("serve", "--port", "0", "--token", "my-token", "--database", database, "--verbose") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        assert process.stdout.readline().split() == ["token:", "my-token"]
        assert process.stdout.readline().startswith(f"view:  {url}/ui/#t=")
        assert process.stdout.readline() == f"export PREFACTOR_API_URL={url} PREFACTOR_API_TOKEN=my-token\n"
        headers = {"Authorization": "Bearer my-token"}
        assert httpx.get(f"{url}/api/v1/ping", headers=headers, trust_env=False).status_code == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "GET /api/v1/ping 200\n", "")


@pytest.mark.slow
def test_a_path_forges_no_lines() -> None:
    with command("serve", "--port", "0", "--token", "my-token", "--verbose", "--no-view") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        assert process.stdout.readline() == "token: my-token\n"
        process.stdout.readline()
        httpx.get(f"{url}/a%0Aurl:%20http://evil%0D%1B[2Jtoken:%E2%80%AEx", trust_env=False)
        process.terminate()
        out, _ = process.communicate(timeout=10)
    assert out == "GET /a\\nurl: http://evil\\r\\x1b[2Jtoken:\\u202ex 401\n"


@pytest.mark.slow
def test_the_command_stops_whatever_is_rendered() -> None:
    slow = "{% for i in (1..900) %}{{ text | upcase | downcase | upcase | downcase | upcase | size }}{% endfor %}"
    names = [f"type-{number}" for number in range(60)]
    types = [{"name": name, "params_schema": {}, "template": f"{slow} {name}"} for name in names]
    with command("serve", "--port", "0", "--token", "my-token") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url, headers = process.stdout.readline().split()[-1], {"Authorization": "Bearer my-token"}
        with httpx.Client(base_url=f"{url}/api/v1", headers=headers, trust_env=False) as client:
            body = {"agent_id": "a", "agent_schema_version": {"span_type_schemas": types}}
            instance_id = client.post("/agent_instance/register", json=body).json()["details"]["id"]
            common = {"_type": "agent_spans/create", "agent_instance_id": instance_id, "status": "active"}
            items = [
                {**common, "idempotency_key": f"key-{name}", "schema_name": name, "payload": {"text": "x" * 200_000}}
                for name in names
            ]
            rendering = threading.Thread(target=post_and_be_cut_off, args=(client, items))
            rendering.start()
            assert process.stderr.readline().startswith("the template takes longer than 0.2 s")
            process.terminate()
            _, err = process.communicate(timeout=10)
            rendering.join()
    assert process.returncode == 0
    assert "Traceback" not in err


def post_and_be_cut_off(client: httpx.Client, items: list[dict[str, object]]) -> None:
    with contextlib.suppress(httpx.HTTPError):
        client.post("/bulk", json={"items": items})


@pytest.mark.slow
def test_the_command_says_what_is_wrong_in_one_line(api: LocalApi, tmp_path: Path) -> None:
    taken = api.url.rpartition(":")[2]
    assert failed("serve", "--port", taken) == (
        1,
        f"prefactor-local: cannot listen on 127.0.0.1:{taken}: Address already in use: "
        "choose another --port, or 0 for any that is free\n",
    )
    code, message = failed("serve", "--port", "0", "--database", str(tmp_path))
    assert code == 1
    assert message == f"prefactor-local: cannot use the database {tmp_path}: it is a folder: name a file\n"
    assert failed("serve", "--port", "70000")[0] == failed()[0] == 2


@pytest.mark.slow
@pytest.mark.parametrize("package", ["uvicorn", "starlette", "liquid"])
def test_without_the_extra_the_command_says_what_to_install(package: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None; sys.argv = ['prefactor-local', 'serve', '--port', '0']; "
        "from prefactor_local.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stderr == "prefactor-local: install prefactor-sdk with its extra 'local'\n"


@pytest.mark.slow
def test_the_command_makes_faults() -> None:
    options = ["--error-rate", "1", "--error-status", "429", "--retry-after", "3", "--latency", "0.01", "--jitter", "0"]
    settings = ["--bulk", "other-form", "--refuse-ids", "--seed", "7", "--token", "t"]
    with command("serve", "--port", "0", *options, *settings) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer t"}, trust_env=False) as client:
            answer = client.get("/api/v1/ping")
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
            assert client.get("/_local/settings").json()["details"] == {"refuse_ids": True, "bulk": "other_form"}
            delays = [fault["delay"] for fault in client.get("/_local/faults").json()["details"]]
            assert delays == [0.01, 0.0]
        process.terminate()
        process.communicate(timeout=10)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--error-rate", "0.7", "--reset-rate", "0.7"], "the rates add up to more than 1"),
        (["--hang-rate", "2"], "argument --hang-rate: must be a number from 0 to 1, not '2'"),
        (["--latency", "-1"], "argument --latency: must be a number of seconds, 0 or more, not '-1'"),
        (["--error-status", "200"], "argument --error-status: must be a status from 400 to 599, not '200'"),
        (["--retry-after", "1"], "--error-status and --retry-after are about errors"),
        (["--retry-after", "1.5"], "argument --retry-after: must be a whole number of seconds, not '1.5'"),
    ],
)
def test_the_command_says_which_option_is_wrong(options: list[str], message: str) -> None:
    code, err = failed("serve", "--port", "0", *options)
    assert code == 2
    assert message in err


def test_help_has_an_example() -> None:
    for arguments in (["--help"], ["serve", "--help"]):
        with command(*arguments) as process:
            out, _ = process.communicate(timeout=10)
        assert "prefactor-local serve --port 8765" in out
        assert "--error-status 503" in out


def command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "prefactor_local", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )


def failed(*arguments: str) -> tuple[int, str]:
    with command(*arguments) as process:
        _, err = process.communicate(timeout=10)
    return process.returncode, err
