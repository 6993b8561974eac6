"""The programs of tests/examples: each runs as its first lines say, and what it records is compared."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.integrations.openai_server import serve_openai
from tests.integrations.processes import free_port, is_up, settings_for, started, terminate
from tests.support.processes import ROOT
from tests.support.waiting import wait_until

from prefactor_local import LocalApi

pytestmark = [pytest.mark.integrations, pytest.mark.slow]

EXAMPLES = ROOT / "tests" / "examples"
QUESTION = "How is the weather in Oslo?"
ANSWER = "There is rain in Oslo."


@pytest.fixture
def folder(folder: Path) -> Path:
    """A working folder with the examples, beside the programs that use them."""
    return Path(shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True))


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server in the place of OpenAI's."""
    with serve_openai() as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "of a test")
        yield


def output(command: list[str | Path], folder: Path, api: LocalApi) -> list[str]:
    settings = settings_for(api, folder)
    done = subprocess.run(
        command, cwd=folder, env=settings, capture_output=True, encoding="utf-8", check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert "prefactor" not in done.stderr
    return done.stdout.splitlines()


def recorded(api: LocalApi) -> list[tuple[str, str, str | None]]:
    """The name and the status of each span, and the name of its parent. The API has no complaints."""
    assert not api.violations
    spans = api.spans()
    names: dict[str | None, str | None] = {None: None}
    names |= {span["id"]: span["schema_name"] for span in spans}
    return sorted(((str(names[span["id"]]), span["status"], names[span["parent_span_id"]]) for span in spans), key=str)


def ends(api: LocalApi) -> list[str]:
    return sorted(instance["status"] for instance in api.instances())


@pytest.mark.usefixtures("openai")
@pytest.mark.parametrize("example", ["openai_functions.py", "openai_agents.py"])
def test_an_agent_with_a_model_of_openai(example: str, bin_folder: Path, folder: Path, api: LocalApi) -> None:
    assert output([bin_folder / "python", example, QUESTION], folder, api) == [ANSWER]
    assert recorded(api) == [("agent:llm", "complete", None)] * 2 + [("agent:tool", "complete", None)]
    (tool,) = (span for span in api.spans() if span["schema_name"] == "agent:tool")
    assert tool["payload"] == {"name": "get_weather", "arguments": {"city": "Oslo"}}
    assert tool["result_payload"] == {"output": "rain in Oslo"}
    assert ends(api) == ["complete"]


def test_a_graph_of_langgraph(bin_folder: Path, folder: Path, api: LocalApi) -> None:
    assert output([bin_folder / "python", "langgraph_agent.py", QUESTION], folder, api) == ["Rain in Oslo."]
    assert recorded(api) == [
        ("agent:retrieval", "complete", "agent:run"),
        ("agent:run", "complete", None),
        ("langchain:agent", "complete", "agent:run"),
        ("langchain:llm", "complete", "langchain:node"),
        ("langchain:node", "complete", "langchain:agent"),
        ("langchain:node", "complete", "langchain:agent"),
    ]
    assert ends(api) == ["complete"]


def test_an_mcp_server(bin_folder: Path, folder: Path, api: LocalApi) -> None:
    command: list[str | Path] = [bin_folder / "python", "ask_mcp_server.py", "mcp_server.py"]
    assert output(command, folder, api) == [
        "get_weather {'result': ['rain in Oslo', 'rain in Oslo']}",
        "get_time failed",
    ]
    assert recorded(api) == [("mcp:get_time", "failed", None), ("mcp:get_weather", "complete", None)]
    assert ends(api) == ["complete"]


def test_a_service_of_fastapi(bin_folder: Path, folder: Path, api: LocalApi) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with started([bin_folder / "uvicorn", "--port", str(port), "fastapi_service:app"], folder, api) as server:
        wait_until(lambda: is_up(f"{url}/docs?"), 30)
        for path in ("ask", "ask-in-thread"):
            for city, status in {"Oslo": 200, "Atlantis": 500}.items():
                assert httpx.get(f"{url}/{path}", params={"question": city}, timeout=30).status_code == status
        terminate(server)
    assert recorded(api) == [("agent:llm", "complete", None)] * 2 + [("agent:llm", "failed", None)] * 2
    assert ends(api) == ["complete"] * 2 + ["failed"] * 2


def test_a_worker_of_celery(bin_folder: Path, folder: Path, api: LocalApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "filesystem://")
    (folder / "broker").mkdir()
    send = "import celery_on_files, celery_worker; [celery_worker.answer.delay(city) for city in ('Oslo', 'Atlantis')]"
    output([bin_folder / "python", "-c", send], folder, api)
    command: list[str | Path] = [bin_folder / "celery", "--app=celery_on_files", "worker", "--concurrency=2"]
    with started([*command, "--without-mingle"], folder, api) as worker:
        wait_until(lambda: len(ends(api)) == 2 and "active" not in ends(api) and "pending" not in ends(api), 60)
        terminate(worker)
    assert recorded(api) == [("agent:llm", "complete", None), ("agent:llm", "failed", None)]
    assert ends(api) == ["complete", "failed"]


def test_a_notebook(bin_folder: Path, folder: Path, api: LocalApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(folder))
    output([bin_folder / "jupyter-execute", "notebook.ipynb"], folder, api)
    assert recorded(api) == [("agent:llm", "complete", None)]
    assert ends(api) == ["complete"]
