"""The published integrations with our distribution: what they record, and their own tests."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path

import pytest
from tests.compat import environments
from tests.support.processes import ROOT, run

from prefactor_local import LocalApi

pytestmark = [pytest.mark.integrations, pytest.mark.slow]

Spans = Counter[tuple[str, str | None]]
"""How often there is a span with this schema name and this schema name of its parent."""

OUTER: Spans = Counter([("custom:outer", None), ("langchain:agent", "custom:outer")])
NODES: Spans = Counter([("langchain:agent", None), *[("langchain:node", "langchain:agent")] * 4])


def steps(parent: str) -> Spans:
    return Counter({("langchain:llm", parent): 2, ("langchain:tool", parent): 2})


RECORDED: dict[str, dict[str, Spans]] = {
    "langchain_agent.py": {
        # LangGraph runs each step in a task of its own: the agent's span is current only in the one that opens it.
        "middleware": OUTER + steps("custom:outer"),
        "middleware, synchronous": OUTER + steps("langchain:agent"),
        "callbacks": NODES + steps("langchain:node"),
        "callbacks, synchronous": NODES + steps("langchain:node"),
    },
    "livekit_session.py": {
        "session": Counter(
            [
                ("livekit:session", None),
                ("livekit:user_turn", "livekit:session"),
                ("livekit:assistant_turn", "livekit:session"),
                ("livekit:tool", "livekit:assistant_turn"),
                ("livekit:llm", "livekit:assistant_turn"),
            ]
        )
    },
}
OWN_TESTS = {
    # It tests an example of theirs, which needs the package of a model vendor.
    "prefactor_langchain": ["--ignore=tests/test_termination_demo.py"],
    "prefactor_livekit": [],
}


@pytest.fixture(scope="session")
def python(python_with_packages: Path) -> str:
    """The environment with the integrations and our distribution, in the place of the documented packages."""
    return str(python_with_packages)


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The integrations' source distributions; they ship their tests."""
    folder = tmp_path_factory.mktemp("sources")
    only_sources = "--no-binary=prefactor-langchain,prefactor-livekit"
    options = ("--no-deps", "--no-build-isolation", only_sources, "--dest", str(folder))
    environments.pip(Path(sys.executable), "download", *options, *environments.INTEGRATIONS)
    for archive in folder.glob("*.tar.gz"):
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    return folder


def execute(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command; bytecode is written, because importing LangChain without it takes 5 s."""
    return run(command, folder, {"PYTHONDONTWRITEBYTECODE": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})


def recorded(api: LocalApi, instance_id: str) -> Spans:
    spans = api.spans(instance_id)
    named = {span["id"]: span["schema_name"] for span in spans} | {None: None}
    return Counter((span["schema_name"], named[span["parent_span_id"]]) for span in spans)


# What the schema check logs: one program records a span type of its own, and LiveKit's integration records null where
# its schemas expect text.
LOGGED = {
    "langchain_agent.py": {"span type 'custom:outer' is not registered"},
    "livekit_session.py": {
        "the params of 'livekit:tool' do not match the schema: group_id: Input should be a string, found null",
        "the params of 'livekit:llm' do not match the schema: model_name: Input should be a string, found null",
    },
}


@pytest.mark.parametrize("script", RECORDED)
def test_every_span_arrives_finished_with_its_parent(script: str, python: str) -> None:
    with LocalApi() as api:
        done = execute(python, str(ROOT / "tests/compat/integrations" / script), api.url, api.token)
        assert done.returncode == 0, done.stderr
        lines = done.stderr.splitlines()
        expected = LOGGED[script]
        assert {next((start for start in expected if line.startswith(start)), line) for line in lines} == expected
        instances = api.instances()
        runs = dict(zip(RECORDED[script], (recorded(api, instance["id"]) for instance in instances), strict=True))
        spans = api.spans()
    assert runs == RECORDED[script]
    assert {record["status"] for record in (*spans, *instances)} == {"complete"}
    assert not api.violations


@pytest.mark.parametrize("package", OWN_TESTS)
def test_its_own_tests_pass(package: str, python: str, sources: Path) -> None:
    [folder] = sources.glob(f"{package}-*/")
    options = ("-q", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto")
    done = execute(python, "-m", "pytest", *options, *OWN_TESTS[package], "tests", folder=folder)
    assert done.returncode == 0, done.stdout
