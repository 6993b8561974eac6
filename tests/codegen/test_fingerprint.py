"""When a run believes the cache: not after an edit of the code that generates, in any of its folders."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.codegen.support import Project

import prefactor_gen
import prefactor_schema
import prefactor_templates

pytestmark = pytest.mark.slow


# At the beginning of a module that a run does not import if it believes the cache: after the first run, this is all.
ENDS = "import os\nif os.path.exists('generated'): print('compiled', flush=True); os._exit(0)"


class Checkout:
    """A project, and copies of the generator's packages to edit and to run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.code = root / "code"
        self.cache = root / "cache"
        self._kept: dict[Path, bytes] = {}
        for package in (prefactor_gen, prefactor_schema, prefactor_templates):
            folder = Path(package.__path__[0])
            shutil.copytree(folder, self.code / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
        stages = self.code / "prefactor_gen" / "pipeline" / "stages.py"
        stages.write_text(stages.read_text("utf-8").replace("annotations\n", f"annotations\n{ENDS}\n", 1), "utf-8")
        (self.code / "prefactor_gen" / "nested" / "deeper").mkdir(parents=True)
        (self.code / "prefactor_gen" / "nested" / "deeper" / "module.py").touch()
        (root / "spans.yaml").write_text("span_schemas: {agent: {}}")
        assert self.run().returncode == 0
        self._keep(*self.cache.iterdir())

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "prefactor_gen", "spans.yaml", "--package", "made", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(self.code), "PREFACTOR_GEN_CACHE": str(self.cache)}
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def edit(self, name: str) -> None:
        path = self.code / name
        self._keep(path)
        path.write_bytes(path.read_bytes() + b"\n")

    def undo(self) -> None:
        """Undo the edits, and what was written to the cache since the first run."""
        for path, content in self._kept.items():
            path.write_bytes(content)

    def _keep(self, *paths: Path) -> None:
        self._kept |= {path: path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Where the package was generated once, and is in the cache."""
    return Checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def checkout(generated: Checkout) -> Iterator[Checkout]:
    yield generated
    generated.undo()


@pytest.mark.parametrize(
    "edited",
    [
        "prefactor_gen/pipeline/stages.py",
        "prefactor_gen/nested/deeper/module.py",
        "prefactor_gen/package/templates/span_type.py.jinja",
        "prefactor_schema/json_schema.py",
        "prefactor_templates/parsing.py",
    ],
)
def test_after_an_edit_of_what_generates_the_cache_is_not_used(edited: str, checkout: Checkout) -> None:
    assert "compiled" not in checkout.run("--check").stdout
    checkout.edit(edited)
    assert "compiled" in checkout.run("--check").stdout


def test_after_an_edit_of_what_only_runs_the_command_it_is(checkout: Checkout) -> None:
    checkout.edit("prefactor_gen/command/main.py")
    assert "compiled" not in checkout.run("--check").stdout


def test_without_the_cache_everything_is_generated(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "compiled" in checkout.run("--check", "--no-cache").stdout
    monkeypatch.setenv("CI", "true")
    assert "compiled" in checkout.run("--check").stdout


def test_a_broken_cache_is_not_used(checkout: Checkout) -> None:
    for path in checkout.cache.iterdir():
        path.write_text('{"origin": 1}')
    assert "compiled" in checkout.run("--check").stdout


@pytest.mark.parametrize(
    "content", ["", "[]", '{"origin": 1}', '{"origin": ["a", "b"], "files": {"x": 1}, "modules": {}}']
)
def test_the_cache_may_hold_anything(content: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project.root / "cache"
    monkeypatch.setenv("PREFACTOR_GEN_CACHE", str(folder))
    project.span_types(agent={})
    project.generate()
    for path in folder.iterdir():
        path.write_text(content)
    assert project.generate("--check").out == "generated/made is up to date\n"


def test_the_cache_does_not_grow_without_end(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project.root / "cache"
    monkeypatch.setenv("PREFACTOR_GEN_CACHE", str(folder))
    monkeypatch.setattr("prefactor_gen.pipeline.cache._MOST_ENTRIES", 2)
    project.span_types(agent={})
    for number in range(4):
        assert project.generate("--output", f"out{number}").code == 0
    assert len(list(folder.iterdir())) == 2
