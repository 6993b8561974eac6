"""How real servers and workers end: nothing that was recorded is lost, with the lines of the guide and without them."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from tests.guides.blocks import block
from tests.integrations.processes import free_port, is_up, started, terminate
from tests.support.waiting import wait_until

from prefactor_local import Fault, LocalApi

pytestmark = [pytest.mark.integrations, pytest.mark.slow]

GUIDE = "src/prefactor_core/README.md#in-servers-and-workers"
LIFESPAN, GUNICORN, CELERY, UWSGI, LAMBDA = (
    block(f"{GUIDE}/{name}") for name in ("python", "python/2", "python/3", "python/4", "python/5")
)
ROUTE = """
from my_agent import answer

@app.get("/{event}")
async def run(event: str) -> str:
    return await answer(event)
"""


@pytest.fixture
def slow_api(api: LocalApi) -> LocalApi:
    """Slow enough that most of a run still waits when its process ends."""
    api.inject(Fault(path=".*/start", delay=0.5, times=None))
    return api


def is_closing(url: str) -> bool:
    try:
        httpx.get(f"{url}/late", timeout=0.2)
    except httpx.TransportError:
        return True
    return False


def is_idle(stats: Path) -> bool:
    """Whether the workers of uWSGI answer no request. One that ends while it does runs no code of Python at its end."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(stats))
        with connection.makefile() as answer:
            workers = json.load(answer)["workers"]
    return all(worker["status"] == "idle" for worker in workers)


def check_all_arrived(api: LocalApi, runs: int) -> None:
    assert [instance["status"] for instance in api.instances()] == ["complete"] * runs
    assert [span["status"] for span in api.spans()] == ["complete"] * 5 * runs
    assert not api.violations


def closed(folder: Path) -> list[str]:
    """What `close()` has reported in each process that called it."""
    return [path.read_text() for path in folder.glob("closed-*")]


def serve_and_end(
    command: str,
    bin_folder: Path,
    folder: Path,
    api: LocalApi,
    *,
    with_open_request: bool,
    may_end: Callable[[], bool] = lambda: True,
) -> None:
    """Start a server, send it requests, and end it, while one of them is not answered, as soon as it may end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    name, *options = command.format(port=port).split()
    with started([bin_folder / name, *options], folder, api) as process, ThreadPoolExecutor() as executor:
        wait_until(lambda: is_up(url), 30)
        if with_open_request:
            answer = executor.submit(httpx.get, f"{url}/wait", timeout=60)
            wait_until((folder / "waiting").exists, 30)
        wait_until(may_end, 30)
        process.send_signal(signal.SIGTERM)
        if with_open_request:
            wait_until(lambda: is_closing(url), 30)
            (folder / "go").touch()
            assert answer.result().json() == "ok"
        process.wait(60)


@pytest.mark.parametrize(
    "command",
    [
        "uvicorn --port {port} asgi:app",
        "gunicorn --worker-class uvicorn_worker.UvicornWorker --bind 127.0.0.1:{port} asgi:app",
    ],
)
def test_an_asgi_server_without_a_lifespan(bin_folder: Path, folder: Path, slow_api: LocalApi, command: str) -> None:
    """Both set the default action of SIGTERM at their end, and raise it once more."""
    serve_and_end(command, bin_folder, folder, slow_api, with_open_request=True)
    check_all_arrived(slow_api, len(slow_api.instances()))
    assert len(slow_api.instances()) >= 2
    assert closed(folder) == []


def test_fastapi_with_a_lifespan(bin_folder: Path, folder: Path, slow_api: LocalApi) -> None:
    (folder / "main.py").write_text(LIFESPAN + ROUTE)
    serve_and_end("uvicorn --port {port} main:app", bin_folder, folder, slow_api, with_open_request=True)
    check_all_arrived(slow_api, len(slow_api.instances()))
    assert closed(folder) == ["True"]


@pytest.mark.parametrize("with_guide", [False, True])
def test_gunicorn(bin_folder: Path, folder: Path, slow_api: LocalApi, with_guide: bool) -> None:
    if with_guide:
        (folder / "gunicorn.conf.py").write_text(GUNICORN)
    command = "gunicorn --bind 127.0.0.1:{port} wsgi:application"
    serve_and_end(command, bin_folder, folder, slow_api, with_open_request=False)
    check_all_arrived(slow_api, 1)
    assert closed(folder) == ["True"] * with_guide


@pytest.mark.parametrize("with_guide", [False, True])
def test_uwsgi(bin_folder: Path, folder: Path, slow_api: LocalApi, with_guide: bool) -> None:
    if with_guide:
        (folder / "main.py").write_text(UWSGI + "from wsgi import application\n")
    module = "main" if with_guide else "wsgi"
    command = (
        "uwsgi --http-socket 127.0.0.1:{port} --master --die-on-term --enable-threads --threads 2 --need-app "
        "--stats stats --module " + module
    )
    idle = partial(is_idle, folder / "stats")
    serve_and_end(command, bin_folder, folder, slow_api, with_open_request=False, may_end=idle)
    check_all_arrived(slow_api, 1)
    assert closed(folder) == ["True"] * with_guide


@pytest.mark.parametrize("with_guide", [False, True])
def test_celery(bin_folder: Path, folder: Path, api: LocalApi, with_guide: bool) -> None:
    """A process of Celery's pool waits for a second, and ends with os._exit."""
    api.inject(Fault(path=".*/start", delay=1.5, times=None))
    if with_guide:
        with (folder / "tasks.py").open("a") as tasks:
            tasks.write(CELERY)
    (folder / "broker").mkdir()
    with started([bin_folder / "python", "-c", "import tasks; tasks.run.delay()"], folder, api) as sender:
        assert sender.wait(60) == 0
    command: list[str | Path] = [bin_folder / "celery", "--app=tasks", "worker", "--concurrency=1", "--without-mingle"]
    with started(command, folder, api) as worker:
        wait_until(lambda: any(span["status"] == "complete" for span in api.spans()), 60)
        terminate(worker)
    check_all_arrived(api, 1)
    assert set(closed(folder)) == ({"True"} if with_guide else set())


def test_a_process_of_billiard(bin_folder: Path, folder: Path, slow_api: LocalApi) -> None:
    program = "import asyncio, billiard, my_agent\ndef work(): asyncio.run(my_agent.answer())\n"
    program += "process = billiard.Process(target=work)\nprocess.start()\nprocess.join()\n"
    with started([bin_folder / "python", "-c", program], folder, slow_api) as process:
        assert process.wait(60) == 0
    check_all_arrived(slow_api, 1)


class Lambda:
    """The part of AWS Lambda that gives a process its events. There is one event; then none comes.

    Attributes:
        answers: what the process has answered.
        answered: set when it has.
    """

    def __init__(self) -> None:
        self.answers: list[object] = []
        self.answered = threading.Event()
        self._events = [b'"an event"']
        self._server = HTTPServer(("127.0.0.1", 0), partial(_LambdaHandler, self))
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answered.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def next_event(self) -> bytes | None:
        if self._events:
            return self._events.pop()
        self.answered.wait()
        return None

    def answer(self, body: bytes) -> None:
        self.answers.append(json.loads(body))
        self.answered.set()


class _LambdaHandler(BaseHTTPRequestHandler):
    def __init__(self, service: Lambda, *args: Any) -> None:
        self._service = service
        super().__init__(*args)

    def do_GET(self) -> None:
        event = self._service.next_event()
        if event is None:
            return
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "1")
        self.send_header("Lambda-Runtime-Deadline-Ms", "9999999999999")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:1:function:agent")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        self._service.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_: object) -> None:
        pass


def test_aws_lambda(bin_folder: Path, folder: Path, slow_api: LocalApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is killed as soon as it has answered, which is the worst that may happen to it."""
    (folder / "main.py").write_text(LAMBDA)
    with Lambda() as service:
        monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", service.address)
        with started([bin_folder / "python", "-m", "awslambdaric", "main.handler"], folder, slow_api) as process:
            assert service.answered.wait(60)
            os.killpg(process.pid, signal.SIGKILL)
    assert service.answers == ["ok"]
    check_all_arrived(slow_api, 1)
