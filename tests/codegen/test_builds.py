"""Builds as a user runs them: a wheel with hatch, a commit with pre-commit."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml
from hatchling.build import build_wheel
from tests.codegen.schemas import REGISTRY
from tests.support.processes import ROOT

pytestmark = pytest.mark.slow

PYPROJECT = """\
[build-system]
requires = ["hatchling", "prefactor-sdk[gen]"]
build-backend = "hatchling.build"

[project]
name = "weather-agent"
version = "1.0"

[tool.prefactor-gen]
sources = ["schemas"]

[tool.hatch.build.hooks.prefactor-gen]

[tool.hatch.build.targets.wheel]
packages = ["generated/weather_agent_spans"]
"""
SCHEMA = "span_schemas:\n  weather:lookup:\n    type: object\n    properties: {{{name}: {{type: string}}}}\n"
GENERATED = "generated/weather_agent_spans/_weather_lookup.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (tmp_path / "schemas" / "weather.yaml").write_text(SCHEMA.format(name="city"), "utf-8")
    run(tmp_path, "git", "init", "-q")
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command with the tools of this environment; both streams are in `stdout`."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    names = ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")
    environment = {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(folder / ".git" / "pre-commit")}
    environment |= {f"GIT_{name}": "ada@example.com" for name in names}
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def build(project: Path, target: str = "wheel") -> subprocess.CompletedProcess[str]:
    return run(project, sys.executable, "-m", "hatchling", "build", "-t", target)


def build_here(project: Path) -> tuple[int, str]:
    """Build a wheel in this process, by the function that pip calls; return the exit code and what was printed."""
    printed = io.StringIO()
    with contextlib.chdir(project), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            build_wheel("dist")
        except SystemExit as stop:
            return int(stop.code or 0), printed.getvalue()
    return 0, printed.getvalue()


def wheel(project: Path) -> dict[str, str]:
    (path,) = (project / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_wheel_is_built_from_the_current_definitions(project: Path) -> None:
    (project / ".gitignore").write_text("generated/\n", "utf-8")
    assert build(project).returncode == 0
    (project / "schemas" / "weather.yaml").write_text(SCHEMA.format(name="place"), "utf-8")
    done = build(project)
    assert done.returncode == 0, done.stdout
    files = wheel(project)
    assert "place: " in files["weather_agent_spans/_weather_lookup.py"]
    assert {"weather_agent_spans/__init__.py", "weather_agent_spans/py.typed"} <= files.keys()
    (path,) = (project / "dist").glob("*.whl")
    assert run(project, "prefactor-gen", "--check", "--wheel", str(path)).returncode == 0


def test_no_wheel_of_wrong_definitions(project: Path) -> None:
    (project / "schemas" / "weather.yaml").write_text("span_schemas: {a: {type: objekt}}\n", "utf-8")
    code, printed = build_here(project)
    assert code != 0
    assert "schemas/weather.yaml:1:20 /span_schemas/a/type: error PG006" in printed
    assert "Traceback" not in printed
    assert not list((project / "dist").glob("*.whl"))


def test_a_hook_without_a_configuration(project: Path) -> None:
    text = PYPROJECT.replace('[tool.prefactor-gen]\nsources = ["schemas"]\n', "")
    (project / "pyproject.toml").write_text(text, "utf-8")
    code, printed = build_here(project)
    assert code != 0
    assert "expected [tool.prefactor-gen] with sources in pyproject.toml" in printed
    assert "Traceback" not in printed


WHEEL = '[tool.hatch.build.targets.wheel]\npackages = ["generated/weather_agent_spans"]\n'
SELECTIONS = {
    "found-by-hatch": ("", '"src/weather_agent", "generated/weather_agent_spans"'),
    "other-packages": (
        '[tool.hatch.build.targets.wheel]\npackages = ["src/weather_agent"]\n',
        '"src/weather_agent", "generated/weather_agent_spans"',
    ),
    "for-all-targets": (
        '[tool.hatch.build]\nonly-include = ["src/weather_agent"]\n',
        '"src/weather_agent", "generated/weather_agent_spans"',
    ),
}


@pytest.mark.parametrize("case", SELECTIONS)
def test_no_wheel_without_the_generated_package(case: str, project: Path) -> None:
    selection, packages = SELECTIONS[case]
    (project / "src/weather_agent").mkdir(parents=True)
    (project / "src/weather_agent/__init__.py").touch()
    text = PYPROJECT.replace(WHEEL, selection)
    (project / "pyproject.toml").write_text(text, "utf-8")
    code, printed = build_here(project)
    assert code != 0
    assert "the wheel would not contain generated/weather_agent_spans; list its packages" in printed
    assert "Traceback" not in printed
    line = f"packages = [{packages}]"
    assert line in printed
    if case != "found-by-hatch":  # all of them ask for the same line
        return
    (project / "pyproject.toml").write_text(
        PYPROJECT.replace(WHEEL, f"[tool.hatch.build.targets.wheel]\n{line}\n"), "utf-8"
    )
    code, printed = build_here(project)
    assert code == 0, printed
    assert {"weather_agent/__init__.py", "weather_agent_spans/__init__.py"} <= wheel(project).keys()


def test_a_project_in_which_hatch_finds_no_package(project: Path) -> None:
    (project / "pyproject.toml").write_text(PYPROJECT.replace(WHEEL, ""), "utf-8")
    assert 'packages = ["generated/weather_agent_spans"]' in build_here(project)[1]


@pytest.mark.parametrize(
    "selection",
    [
        '[tool.hatch.build.targets.wheel]\ninclude = ["/src"]\nsources = ["src", "generated"]\n',
        '[tool.hatch.build.targets.wheel]\npackages = ["src/weather_agent"]\n'
        '[tool.hatch.build.targets.wheel.force-include]\n"generated" = "/"\n',
    ],
)
def test_other_ways_to_include_the_package(selection: str, project: Path) -> None:
    (project / "src/weather_agent").mkdir(parents=True)
    (project / "src/weather_agent/__init__.py").touch()
    (project / ".gitignore").write_text("generated/\n", "utf-8")
    (project / "pyproject.toml").write_text(PYPROJECT.replace(WHEEL, selection), "utf-8")
    code, printed = build_here(project)
    assert code == 0, printed
    assert {"weather_agent/__init__.py", "weather_agent_spans/__init__.py"} <= wheel(project).keys()


def test_a_wheel_of_a_registry_in_the_package(project: Path) -> None:
    """The definitions are below `src`, which only the built package makes importable."""
    module = project / "src/weather_agent/definitions.py"
    module.parent.mkdir(parents=True)
    (module.parent / "__init__.py").touch()
    module.write_text(f"{REGISTRY}registry.register('weather:lookup', {{'type': 'object'}})\n", "utf-8")
    text = PYPROJECT.replace('["schemas"]', '["weather_agent.definitions:registry"]')
    text = text.replace('["generated', '["src/weather_agent", "generated')
    (project / "pyproject.toml").write_text(text, "utf-8")
    done = build(project)
    assert done.returncode == 0, done.stdout
    assert {"weather_agent/definitions.py", "weather_agent_spans/_weather_lookup.py"} <= wheel(project).keys()


def test_an_sdist_holds_the_definitions_and_the_generated_package(project: Path) -> None:
    (project / ".gitignore").write_text("generated/\n", "utf-8")
    done = build(project, "sdist")
    assert done.returncode == 0, done.stdout
    (path,) = (project / "dist").glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"schemas/weather.yaml", GENERATED, "pyproject.toml"} <= names


def hooks() -> list[dict[str, object]]:
    """Return the hooks of generated code, changed to run what is installed here: nothing is downloaded."""
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    return [
        {**{key: value for key, value in hook.items() if key != "additional_dependencies"}, "language": "unsupported"}
        for hook in offered
        if hook["id"] != "prefactor-gen-diff"  # it needs a branch to compare with
    ]


@pytest.fixture
def committing(project: Path) -> Path:
    config = {"repos": [{"repo": "local", "hooks": hooks()}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    assert run(project, "pre-commit", "install").returncode == 0
    return project


def test_the_hooks_are_those_of_a_repository_of_hooks(tmp_path: Path) -> None:
    assert run(tmp_path, "pre-commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")).returncode == 0


def commit(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    run(project, "git", "add", "-A")
    return run(project, "git", "commit", "-m", "A span type", *options)


def test_stale_generated_code_stops_a_commit(committing: Path) -> None:
    run(committing, "prefactor-gen")
    commit(committing, "--no-verify")
    (committing / "schemas" / "weather.yaml").write_text(SCHEMA.format(name="place"), "utf-8")
    stopped = commit(committing)
    assert stopped.returncode == 1
    assert "files were modified by this hook" in stopped.stdout
    assert "place: " in (committing / GENERATED).read_text("utf-8")
    done = commit(committing)
    assert done.returncode == 0, done.stdout


def test_an_untracked_generated_file_stops_a_commit(committing: Path) -> None:
    """A renamed span type has a new file, which pre-commit itself does not look at."""
    run(committing, "prefactor-gen")
    commit(committing, "--no-verify")
    text = SCHEMA.format(name="city").replace("weather:lookup", "weather:find")
    (committing / "schemas" / "weather.yaml").write_text(text, "utf-8")
    for _ in range(2):
        run(committing, "git", "add", "-u")
        stopped = run(committing, "git", "commit", "-m", "Renamed")
        assert stopped.returncode == 1
    path = "generated/weather_agent_spans/_weather_find.py"
    assert f"{path} is not tracked by git; run git add generated/weather_agent_spans" in stopped.stdout
    done = commit(committing)
    assert done.returncode == 0, done.stdout


def test_the_hooks_of_a_repository_with_several_projects(committing: Path) -> None:
    """The hooks run in the root, which has no configuration of its own."""
    agents = [committing / "agents" / name for name in ("one", "two")]
    for agent in agents:
        agent.mkdir(parents=True)
        shutil.copytree(committing / "schemas", agent / "schemas")
        (agent / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (committing / "pyproject.toml").write_text("[tool.ruff]\n", "utf-8")
    shutil.rmtree(committing / "schemas")
    run(committing, "prefactor-gen")
    (agents[1] / "schemas" / "weather.yaml").write_text(SCHEMA.format(name="email"), "utf-8")
    stopped = commit(committing)
    assert stopped.returncode == 1
    assert "files were modified by this hook" in stopped.stdout
    assert "In agents/two:\nschemas/weather.yaml:" in stopped.stdout
    assert "email: " in (agents[1] / GENERATED).read_text("utf-8")


def test_an_ignored_generated_package_does_not_stop_a_commit(committing: Path) -> None:
    (committing / ".gitignore").write_text("generated/\n", "utf-8")
    done = commit(committing)
    assert done.returncode == 0, done.stdout


def test_tracked_without_a_repository(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SCHEMA.format(name="city"), "utf-8")
    done = run(tmp_path, "prefactor-gen", "a.yaml", "--package", "made", "--tracked")
    assert done.returncode == 2
    assert "prefactor-gen: --tracked: fatal: not a git repository" in done.stdout


def test_a_warning_stops_a_commit(committing: Path) -> None:
    (committing / "schemas" / "weather.yaml").write_text(SCHEMA.format(name="email"), "utf-8")
    run(committing, "prefactor-gen")
    stopped = commit(committing)
    assert stopped.returncode == 1
    assert "warning PG020: 'email' suggests contact_information" in stopped.stdout


def test_a_commit_of_other_files_runs_no_hook(committing: Path) -> None:
    (committing / "notes.txt").write_text("x", "utf-8")
    run(committing, "git", "add", "notes.txt")
    done = run(committing, "git", "commit", "-m", "Notes")
    assert done.returncode == 0
    assert done.stdout.count("(no files to check)") == len(hooks())
