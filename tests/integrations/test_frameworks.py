"""Agents of plain functions where they run: threads, loops, notebooks, trio, and web frameworks on real servers."""

from __future__ import annotations

import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.guides.blocks import block
from tests.integrations.processes import free_port, is_up, settings_for, started, terminate
from tests.support.waiting import wait_until

from prefactor_local import LocalApi

pytestmark = [pytest.mark.integrations, pytest.mark.slow]

GUIDE = block("src/prefactor_core/README.md#in-servers-and-workers/python/6")
CALL_LLM = """
def call_llm(question):
    if question == "bad":
        raise ValueError(question)
    return "sun"
"""

Tree = Counter[tuple[str, str, str | None]]
"""How often there is a span with this name and status, and this name of its parent."""


def tree(api: LocalApi) -> Tree:
    spans = api.spans()
    names: dict[str | None, str | None] = {None: None}
    names |= {span["id"]: span["payload"].get("prompt") or span["payload"]["name"] for span in spans}
    return Counter((str(names[span["id"]]), span["status"], names[span["parent_span_id"]]) for span in spans)


def answered(question: str, status: str = "complete") -> Tree:
    """The spans of one answer: a model call, and a tool call in it."""
    return Counter({(question, status, None): 1, (question, status, question): 1})


def all_answered(questions: list[str]) -> Tree:
    return sum((answered(question) for question in questions), Counter())


def ends(api: LocalApi) -> Counter[str]:
    return Counter(instance["status"] for instance in api.instances())


def output(program: str, bin_folder: Path, folder: Path, api: LocalApi) -> list[str]:
    """The lines that a program prints. It logs nothing."""
    done = subprocess.run(
        [bin_folder / "python", program],
        cwd=folder,
        env=settings_for(api, folder),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert "prefactor" not in done.stderr
    return done.stdout.splitlines()


def test_each_request_is_a_run_as_in_the_guide(bin_folder: Path, folder: Path, api: LocalApi) -> None:
    (folder / "web_agent.py").write_text(GUIDE + CALL_LLM)
    command = "gunicorn --preload --workers 2 --threads 4 --bind 127.0.0.1:{port} flask_app:app"
    questions = serve(command, bin_folder, folder, api)
    assert tree(api) == Counter([("bad", "failed", None), *((question, "complete", None) for question in questions)])
    assert ends(api) == {"complete": 21, "failed": 1}
    assert not api.violations


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn --preload --workers 2 --bind 127.0.0.1:{port} django_app:wsgi",
        "uvicorn --port {port} django_app:asgi",
    ],
)
def test_each_request_is_a_run(bin_folder: Path, folder: Path, api: LocalApi, command: str) -> None:
    questions = serve(command, bin_folder, folder, api)
    assert tree(api) == all_answered(questions) + answered("bad", "failed")
    assert ends(api) == {"complete": 21, "failed": 1}
    assert not api.violations


def serve(command: str, bin_folder: Path, folder: Path, api: LocalApi) -> list[str]:
    """Run a server, ask it many questions at once, of which one fails, and end it. Returns the others."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    name, *options = command.format(port=port).split()
    questions = [f"question-{number}" for number in range(20)]
    paths = [f"async/{question}" if "asgi" in command else question for question in questions[:10]] + questions[10:]
    with started([bin_folder / name, *options], folder, api) as server, ThreadPoolExecutor(8) as executor:
        wait_until(lambda: is_up(url), 30)
        answers = executor.map(lambda path: httpx.get(f"{url}/{path}", timeout=30).status_code, [*paths, "bad"])
        assert list(answers) == [200] * 20 + [500]
        terminate(server)
    return ["first", *questions]


def test_threads_and_a_running_loop(bin_folder: Path, folder: Path, api: LocalApi) -> None:
    assert output("threads_and_loop.py", bin_folder, folder, api) == []
    groups = {"to_thread": 4, "executor": 4, "pool": 16}
    questions = [f"{group} {number}" for group, count in groups.items() for number in range(count)]
    shared: Tree = Counter({("shared", "complete", None): 1, ("of shared", "complete", "shared"): 8})
    assert tree(api) == all_answered(["in the loop", *questions]) + shared
    assert ends(api) == {"complete": 26}
    assert not api.violations


def test_a_notebook(bin_folder: Path, folder: Path, api: LocalApi) -> None:
    printed = output("cells.py", bin_folder, folder, api)
    assert printed == ["ValueError", "KeyboardInterrupt", "True True"]
    by_default = ["of another cell", "of a cell that awaits", "of a thread"]
    assert tree(api) == all_answered(["with", "async with"]) + answered("bad", "failed") + Counter(
        {**{(name, "complete", None): 1 for name in by_default}, ("interrupted", "failed", None): 1}
    )
    assert ends(api) == {"complete": 3, "failed": 2}
    assert not api.violations


def test_an_agent_on_trio(bin_folder: Path, folder: Path, api: LocalApi) -> None:
    assert output("trio_agent.py", bin_folder, folder, api) == []
    assert tree(api) == {
        ("outer", "complete", None): 1,
        ("inner", "complete", "outer"): 2,
        ("cancelled", "cancelled", None): 1,
        ("hang", "cancelled", "cancelled"): 2,
        ("over", "complete", None): 1,
        ("later", "complete", "over"): 1,
    }
    assert ends(api) == {"complete": 1}
    assert not api.violations
