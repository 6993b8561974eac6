"""`prefactor-gen --watch`, as a process, on files that change."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import watchfiles
from tests.codegen.support import Project
from tests.support.processes import INTERRUPTIBLE

pytestmark = pytest.mark.slow

WATCHING = "watching schemas; Ctrl-C ends it\n"
OBJECT = '{"span_schemas": {"a": {"type": "object"}}}'


class Watch:
    """A running `prefactor-gen --watch`, and its output."""

    def __init__(self, folder: Path, *arguments: str, option: str = "--watch") -> None:
        command = [sys.executable, "-c", INTERRUPTIBLE, "prefactor_gen", *arguments, option]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def until(self, line: str) -> str:
        """Return what it prints, up to a line; pytest's timeout is the deadline."""
        assert self.process.stdout is not None
        printed = ""
        for each in self.process.stdout:
            printed += each
            if each == line:
                return printed
        raise AssertionError(f"{line!r} is not printed: {printed}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        assert self.process.stdout.read() == ""
        return self.process.wait()


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "a.json").write_text(OBJECT)
    (tmp_path / "pyproject.toml").write_text('[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n')
    return tmp_path


@pytest.fixture
def watch(project_folder: Path) -> Iterator[Watch]:
    running = Watch(project_folder)
    yield running
    running.kill()


def test_it_generates_after_each_change(project_folder: Path, watch: Watch) -> None:
    assert watch.until(WATCHING) == f"generated/made: 1 span type, 4 files changed\n{WATCHING}"
    definitions = project_folder / "schemas" / "a.json"
    definitions.write_text(OBJECT.replace("object", "objekt"))
    printed = watch.until(WATCHING)
    assert printed.startswith("changed: schemas/a.json\nschemas/a.json:1:25 /span_schemas/a/type: error PG006")
    (project_folder / "new.json").write_text(OBJECT.replace('"a"', '"b"'))
    (project_folder / "new.json").replace(definitions)  # as editors do
    assert watch.until(WATCHING) == (
        f"changed: schemas/a.json\ngenerated/made: 1 span type, 4 files changed\n{WATCHING}"
    )
    shutil.rmtree(project_folder / "schemas")
    assert "expected a file, a folder or module:attribute" in watch.until(WATCHING)
    (project_folder / "schemas").mkdir()
    definitions.write_text(OBJECT)
    assert "1 span type" in watch.until(WATCHING)
    assert watch.stop() == 130


def test_the_configuration_counts(project_folder: Path, watch: Watch) -> None:
    watch.until(WATCHING)
    configuration = project_folder / "pyproject.toml"
    configuration.write_text("[tool.prefactor-gen]\nsources = [")
    assert "prefactor-gen: pyproject.toml: not valid TOML" in watch.until(WATCHING)
    (project_folder / "more").mkdir()
    configuration.write_text('[tool.prefactor-gen]\nsources = ["schemas", "more"]\npackage = "other"\n')
    both = "watching schemas, more; Ctrl-C ends it\n"
    assert "more: error PG012" in watch.until(both)
    (project_folder / "more" / "b.json").write_text(OBJECT.replace('"a"', '"b"'))
    assert "changed: more/b.json\ngenerated/other: 2 span types" in watch.until(both)


def test_what_definitions_refer_to_elsewhere_counts(project_folder: Path, started: Callable[..., Watch]) -> None:
    (project_folder / "vendor").mkdir()
    (project_folder / "vendor" / "money.json").write_text('{"type": "string"}')
    reference = '{"properties": {"x": {"$ref": "https://bank.example/money"}}}'
    (project_folder / "schemas" / "a.json").write_text(f'{{"span_schemas": {{"a": {reference}}}}}')
    with (project_folder / "pyproject.toml").open("a") as configuration:
        configuration.write('[tool.prefactor-gen.refs]\n"https://bank.example/" = "vendor"\n')
    watch = started(project_folder)
    watch.until(WATCHING)
    (project_folder / "vendor" / "money.json").write_text('{"type": "integer"}')
    assert watch.until(WATCHING).startswith("changed: vendor/money.json\ngenerated/made: 1 span type")


def test_a_registry_is_imported_afresh(project_folder: Path) -> None:
    registry = "from prefactor_core import SchemaRegistry\nfrom part import NAME\nspans = SchemaRegistry()\n"
    (project_folder / "agent.py").write_text(f"{registry}spans.register(NAME, {{'type': 'object'}})\n")
    (project_folder / "part.py").write_text("NAME = 'one'\n")
    watch = Watch(project_folder, "agent:spans", "--package", "made")
    line = "watching agent:spans; Ctrl-C ends it\n"
    try:
        watch.until(line)
        (project_folder / "part.py").write_text("NAME = 'another'\n")
        assert "changed: part.py\n" in watch.until(line)
        assert (project_folder / "generated" / "made" / "_another.py").exists()
    finally:
        watch.kill()


@pytest.fixture
def started() -> Iterator[Callable[..., Watch]]:
    running: list[Watch] = []

    def start(folder: Path, *arguments: str, option: str = "--watch") -> Watch:
        running.append(Watch(folder, *arguments, option=option))
        return running[-1]

    yield start
    for each in running:
        each.kill()


def test_a_shortened_option_watches_once(project_folder: Path, started: Callable[..., Watch]) -> None:
    """If its runs got the option too, each would watch and start another one."""
    watch = started(project_folder, "--package=other", "schemas", option="--wat")
    assert watch.until(WATCHING) == f"generated/other: 1 span type, 4 files changed\n{WATCHING}"
    assert watch.stop() == 130


def test_files_and_their_references_of_any_name(project_folder: Path, started: Callable[..., Watch]) -> None:
    reference = "span_schemas: {a: {properties: {x: {$ref: part.yaml}}}}"
    (project_folder / "spans.txt").write_text(reference)
    (project_folder / "part.yaml").write_text("type: string")
    watch = started(project_folder, "spans.txt", "--package", "made")
    line = "watching spans.txt; Ctrl-C ends it\n"
    watch.until(line)
    (project_folder / "spans.txt").write_text(reference.replace("{a:", "{other:"))
    assert "changed: spans.txt\n" in watch.until(line)
    (project_folder / "part.yaml").write_text("type: integer")
    printed = watch.until(line)
    assert "changed: part.yaml\ngenerated/made: 1 span type" in printed


def test_sources_on_the_command_line_belong_to_a_project(project_folder: Path, started: Callable[..., Watch]) -> None:
    """The package is named after the project, whose pyproject.toml is in a parent folder."""
    configuration = project_folder / "pyproject.toml"
    configuration.write_text('[project]\nname = "one"\n')
    watch = started(project_folder / "schemas", "a.json")
    line = "watching a.json; Ctrl-C ends it\n"
    assert "one_spans: 1 span type" in watch.until(line)
    configuration.write_text('[project]\nname = "another"\n')
    printed = watch.until(line)
    assert "changed: ../pyproject.toml\n" in printed
    assert "another_spans: 1 span type" in printed


def test_sources_that_are_not_paths(project_folder: Path, started: Callable[..., Watch]) -> None:
    (project_folder / "loop").symlink_to("loop")
    configuration = project_folder / "pyproject.toml"
    configuration.write_text('[tool.prefactor-gen]\nsources = ["loop", "a\\u0000b"]\npackage = "made"\n')
    watch = started(project_folder)
    printed = watch.until("watching loop, a\\x00b; Ctrl-C ends it\n")
    assert printed.count("error PG001: expected a file, a folder or module:attribute") == 2
    assert watch.stop() == 130


def test_folders_that_come_and_go(project_folder: Path, watch: Watch) -> None:
    watch.until(WATCHING)
    (project_folder / "aside" / "deep").mkdir(parents=True)
    (project_folder / "aside" / "deep" / "b.json").write_text(OBJECT.replace('"a"', '"b"'))
    (project_folder / "aside").rename(project_folder / "schemas" / "more")
    printed = watch.until(WATCHING)
    assert printed.startswith("changed: schemas/more\ngenerated/made: 2 span types")
    (project_folder / "schemas" / "more" / "deep").rename(project_folder / "aside")
    printed = watch.until(WATCHING)
    assert printed.startswith("changed: schemas/more/deep\ngenerated/made: 1 span type")


def test_sources_that_do_not_exist_yet(tmp_path: Path, started: Callable[..., Watch]) -> None:
    watch = started(tmp_path, "some/schemas", "a.json", "--package", "made")
    line = "watching some/schemas, a.json; Ctrl-C ends it\n"
    assert watch.until(line).count("found nothing of this name") == 2
    (tmp_path / "a.json").write_text(OBJECT)
    assert watch.until(line).startswith("changed: a.json\n")
    (tmp_path / "some" / "schemas").mkdir(parents=True)  # no file yet: nothing to generate
    (tmp_path / "some" / "schemas" / "b.json").write_text(OBJECT.replace('"a"', '"b"'))
    printed = watch.until(line)
    assert "some/schemas" in printed.splitlines()[0]
    assert "generated/made: 2 span types" in printed
    (tmp_path / "a.json").unlink()
    assert watch.until(line).startswith("changed: a.json\n")


def test_modules_count_and_what_is_installed_does_not(project_folder: Path, started: Callable[..., Watch]) -> None:
    (project_folder / "agent.py").write_text("from prefactor_core import SchemaRegistry\nspans = SchemaRegistry()\n")
    for name in ("env/lib/site-packages", ".venv", "node_modules", "generated/made"):
        (project_folder / name).mkdir(parents=True)
    watch = started(project_folder, "agent:spans", "--package", "made")
    line = "watching agent:spans; Ctrl-C ends it\n"
    watch.until(line)
    for name in ("env/lib/site-packages", ".venv", "node_modules", "generated/made"):
        (project_folder / name / "module.py").write_text("")
    (project_folder / "notes.txt").write_text("")
    (project_folder / "part").mkdir()
    (project_folder / "part" / "__init__.py").write_text("")
    printed = watch.until(line)
    assert printed.startswith("changed: part"), printed
    assert "module.py" not in printed
    assert "notes.txt" not in printed


def test_editors_that_write_by_renaming(project_folder: Path, watch: Watch) -> None:
    watch.until(WATCHING)
    configuration = project_folder / "pyproject.toml"
    text = configuration.read_text()
    for name in ("one", "two"):  # a new file takes the place of the old one
        (project_folder / "new").write_text(text.replace("made", name))
        (project_folder / "new").replace(configuration)
        printed = watch.until(WATCHING)
        assert printed.startswith(f"changed: pyproject.toml\ngenerated/{name}: 1 span type"), printed
    configuration.rename(project_folder / "pyproject.toml~")  # the old file is the backup
    configuration.write_text(text)
    assert watch.until(WATCHING) == f"changed: pyproject.toml\ngenerated/made is up to date\n{WATCHING}"


def test_what_the_system_refuses_to_watch(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_paths: Path, **_settings: object) -> Iterator[set[watchfiles.main.FileChange]]:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watchfiles, "watch", refuse)
    result = project.run("schemas", "--package", "made", "--watch")
    assert (result.code, result.err) == (2, "prefactor-gen: --watch: OS file watch limit reached\n")


def test_a_reader_that_ends_first(project_folder: Path) -> None:
    """`prefactor-gen --watch | head`."""
    command = [sys.executable, "-m", "prefactor_gen", "--watch"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=project_folder, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert WATCHING in process.stdout
        process.stdout.close()
        (project_folder / "schemas" / "a.json").write_text(OBJECT.replace('"a"', '"b"'))
        assert process.stderr.read() == ""
        assert process.wait() == 1


def test_not_together_with_check(project: Project) -> None:
    result = project.run("--watch", "--check")
    assert result.code == 2
    assert "--watch cannot be combined with --check or --tracked" in result.err


def test_several_projects_are_watched(tmp_path: Path, started: Callable[..., Watch]) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "schemas").mkdir(parents=True)
        (tmp_path / name / "schemas" / "a.json").write_text(OBJECT)
        (tmp_path / name / "pyproject.toml").write_text(
            '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n'
        )
    watch = started(tmp_path)
    line = "watching one/schemas, two/schemas; Ctrl-C ends it\n"
    assert "In two:\ngenerated/made: 1 span type, 4 files changed\n" in watch.until(line)
    (tmp_path / "two" / "schemas" / "a.json").write_text(OBJECT.replace('"a"', '"b"'))
    assert watch.until(line) == (
        "changed: two/schemas/a.json\nIn one:\ngenerated/made is up to date\n"
        f"In two:\ngenerated/made: 1 span type, 4 files changed\n{line}"
    )
    assert watch.stop() == 130
