"""Several projects in one run: `-C` several times, and the projects below a folder without configuration."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.codegen.schemas import OBJECT, REGISTRY, TEXT, properties
from tests.codegen.support import Project, run_process

pytestmark = pytest.mark.slow  # most of them start several processes

CONFIGURATION = '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n'
BOTH = ("-C", "agents/one", "--project=agents/two")


@pytest.fixture
def repository(project: Project) -> Project:
    """Two projects in `agents`."""
    for name in ("one", "two"):
        add_project(project, f"agents/{name}")
    return project


def add_project(project: Project, folder: str, configuration: str = CONFIGURATION) -> None:
    project.write(f"{folder}/pyproject.toml", configuration)
    project.write(f"{folder}/schemas/a.json", {"span_schemas": {"agent": properties(x=TEXT)}})


def run(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_process(*arguments, cwd=project.root)


def made(project: Project) -> set[str]:
    paths = project.root.rglob("generated/made/__init__.py")
    return {path.relative_to(project.root).parent.parent.parent.as_posix() for path in paths}


def test_all_projects_in_one_run(repository: Project) -> None:
    done = run(repository)
    text = "In agents/one:\ngenerated/made: 1 span type, 4 files changed\n"
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == text + text.replace("one", "two")
    assert made(repository) == {"agents/one", "agents/two"}
    assert run(repository, *BOTH, "--check").returncode == 0
    repository.write("agents/one/schemas/a.json", {"span_schemas": {"agent": OBJECT}})
    stale = run(repository, *BOTH, "--check")
    assert stale.returncode == 1
    assert stale.stdout.endswith("In agents/two:\ngenerated/made is up to date\n")


def test_the_highest_exit_code_counts(repository: Project) -> None:
    repository.write("agents/one/pyproject.toml", "[tool.prefactor-gen]")
    done = run(repository)
    assert done.returncode == 2
    assert "prefactor-gen: pyproject.toml: expected sources" in done.stderr
    assert made(repository) == {"agents/two"}


def test_modules_of_one_name_are_apart(repository: Project) -> None:
    for name in ("one", "two"):
        repository.write(f"agents/{name}/spans.py", f"{REGISTRY}registry.register('{name}', {{'type': 'object'}})\n")
        repository.write(f"agents/{name}/pyproject.toml", CONFIGURATION.replace("schemas", "spans:registry"))
    assert run(repository, *BOTH).returncode == 0
    for name in ("one", "two"):
        assert (repository.root / "agents" / name / "generated" / "made" / f"_{name}.py").is_file()


def test_findings_of_all_projects(repository: Project) -> None:
    repository.write("agents/two/schemas/a.json", {"span_schemas": {"agent": {**OBJECT, "minumum": 1}}})
    done = run(repository, "check", "--strict", "--format", "json", *BOTH)
    assert done.returncode == 1
    sources = [each["source"] for each in json.loads(done.stdout) if each["code"] == "PG015"]
    assert sources == ["agents/two/schemas/a.json"]
    explained = run(repository, "check", "--format", "json", "--explain", *BOTH)
    assert (explained.returncode, explained.stderr) == (0, "")
    text = run(repository, "check", "--strict")
    assert text.returncode == 1
    assert "In agents/two:\nschemas/a.json:" in text.stdout


def test_what_is_not_searched(repository: Project) -> None:
    """What other people's projects are, and what is inside of a project."""
    for folder in (".hidden", "node_modules/x", "tests/data", "agents/one/examples/x", "environment/lib"):
        add_project(repository, folder)
    repository.write("environment/pyvenv.cfg", "")
    repository.write("plain/pyproject.toml", "[project]\nname = 'plain'\n")
    repository.write("broken/pyproject.toml", "[project")
    assert run(repository).returncode == 0
    assert made(repository) == {"agents/one", "agents/two"}


def test_a_configuration_of_its_own_comes_first(repository: Project) -> None:
    add_project(repository, ".")
    assert repository.run().out == "generated/made: 1 span type, 4 files changed\n"
    assert made(repository) == {"."}
    assert run(repository, "-C", ".", *BOTH).returncode == 0
    assert made(repository) == {".", "agents/one", "agents/two"}


@pytest.mark.parametrize("arguments", [("--package", "made"), ("agents/one/schemas", "--package", "made")])
def test_who_names_something_means_this_folder(arguments: tuple[str, ...], repository: Project) -> None:
    result = repository.run(*arguments)
    assert result.code == (0 if len(arguments) == 3 else 2)
    assert made(repository) == ({"."} if len(arguments) == 3 else set())


def test_no_project_anywhere(project: Project) -> None:
    project.write("plain/pyproject.toml", "[project]\nname = 'plain'\n")
    result = project.run()
    assert result.code == 2
    assert "or sources in [tool.prefactor-gen] of pyproject.toml, which `prefactor-gen init` writes; see" in result.err


def test_a_very_large_tree_is_not_searched(repository: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prefactor_gen.command.projects._MAX_FOLDERS", 1)
    assert repository.run().code == 2
    assert made(repository) == set()


def test_a_folder_that_is_not_there(repository: Project) -> None:
    result = repository.run("-C", "agents/one", "-C", "agents/nowhere")
    assert result.code == 2
    assert "--project: expected a folder, found 'agents/nowhere'" in result.err


def test_a_wheel_is_of_one_project(repository: Project) -> None:
    result = repository.run("--check", "--wheel", "x.whl")
    assert (result.code, result.err) == (
        2,
        "prefactor-gen: --wheel: a wheel is of one project; name it: -C agents/one\n",
    )


def test_init_in_several_folders(project: Project) -> None:
    for name in ("one", "two"):
        (project.root / name).mkdir()
    assert run(project, "init", "-C", "one", "-C", "two").returncode == 0
    assert {path.parent.name for path in Path(project.root).glob("*/pyproject.toml")} == {"one", "two"}
