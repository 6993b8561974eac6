"""The command: what it writes, removes and leaves unchanged, `--check`, the configuration, and its exit codes."""

# ruff: noqa: E501  # messages, whole

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.codegen.schemas import OBJECT, REGISTRY, TEXT, properties
from tests.codegen.support import Project, forget, load_package, run_process
from tests.support.processes import ROOT

from prefactor_gen.package.output_folder import Change, write


def test_writes_a_package(project: Project) -> None:
    project.span_types(**{"agent:llm": OBJECT})
    result = project.generate()
    assert (result.code, result.out, result.err) == (0, "generated/made: 1 span type, 4 files changed\n", "")
    assert list(project.files()) == ["__definitions__.py", "__init__.py", "_agent_llm.py", "py.typed"]


def test_a_second_run_writes_nothing(project: Project) -> None:
    project.span_types(agent=OBJECT)
    project.generate()
    before = {path: path.stat().st_mtime_ns for path in project.package.iterdir()}
    result = project.generate()
    assert (result.code, result.out) == (0, "generated/made is up to date\n")
    assert {path: path.stat().st_mtime_ns for path in project.package.iterdir()} == before


def test_a_change_touches_only_its_own_modules(project: Project) -> None:
    project.span_types(one=OBJECT, two=properties(x=TEXT))
    project.generate()
    before = project.files()
    project.span_types(one=OBJECT, two=properties("x", x=TEXT))
    assert project.generate().out == "generated/made: 2 span types, 3 files changed\n"
    after = project.files()
    assert {name for name in after if after[name] != before[name]} == {"__definitions__.py", "__init__.py", "_two.py"}


def test_old_modules_are_removed_and_other_files_are_kept(project: Project) -> None:
    project.span_types(one=OBJECT, two=OBJECT)
    project.generate()
    (project.package / "mine.py").write_text("# written by hand\n")
    (project.package / "notes.txt").write_text("notes\n")
    project.span_types(one=OBJECT)
    assert project.generate().code == 0
    assert list(project.files()) == ["__definitions__.py", "__init__.py", "_one.py", "mine.py", "notes.txt", "py.typed"]


def test_the_order_of_sources_does_not_matter(project: Project) -> None:
    project.write("schemas/a.json", {"span_schemas": {"b": OBJECT, "a": OBJECT}})
    project.write("schemas/b.json", {"span_schemas": {"d": OBJECT, "c": OBJECT}})
    project.run("schemas/a.json", "schemas/b.json", "schemas/a.json", "--package", "made")
    first = project.files()
    assert project.run("schemas/b.json", "schemas", "--package", "made").out == "generated/made is up to date\n"
    for path in project.package.iterdir():
        path.unlink()
    project.run("schemas/b.json", "schemas/a.json", "--package", "made")
    assert project.files() == first


@pytest.mark.parametrize("option", ["-C", "--project"])
@pytest.mark.parametrize("command", [(), ("check",)])
def test_it_runs_as_if_started_elsewhere(project: Project, option: str, command: tuple[str, ...]) -> None:
    project.write("packages/one/schemas/a.json", {"span_schemas": {"agent": OBJECT}})
    project.write("packages/one/pyproject.toml", '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n')
    assert project.run(*command, option, "packages/one").code == 0
    assert (project.root / "packages/one/generated/made").exists() is not bool(command)
    assert project.run(*command, option, "packages/two").err == (
        "prefactor-gen: --project: expected a folder, found 'packages/two': No such file or directory\n"
    )


class TestCheck:
    def test_clean(self, project: Project) -> None:
        project.span_types(agent=OBJECT)
        project.generate()
        assert project.generate("--check").code == 0

    def test_prints_each_file_with_a_diff_and_writes_nothing(self, project: Project) -> None:
        project.span_types(one=properties(x=TEXT), two=OBJECT)
        project.generate()
        before = project.files()
        project.span_types(one=properties("x", x=TEXT), three=OBJECT)
        result = project.generate("--check")
        assert result.code == 1
        assert project.files() == before
        assert result.err.splitlines() == [
            "generated/made/__definitions__.py is stale; run prefactor-gen",
            "generated/made/__init__.py is stale; run prefactor-gen",
            "generated/made/_one.py is stale; run prefactor-gen",
            "generated/made/_three.py is missing; run prefactor-gen",
            "generated/made/_two.py would be removed; run prefactor-gen",
        ]
        assert "--- generated/made/_one.py (current)\n+++ generated/made/_one.py (generated)\n" in result.out
        assert "-    x: str | MISSING = MISSING\n+    x: str\n" in result.out

    def test_other_line_endings_make_nothing_stale(self, project: Project) -> None:
        project.write("schemas/a.yaml", "span_schemas:\n  agent: {}\n")
        project.generate()
        project.write("schemas/a.yaml", "span_schemas:\r\n  agent: {}\r\n")
        result = project.generate("--check")
        assert (result.code, result.out, result.err) == (0, "generated/made is up to date\n", "")

    @pytest.mark.parametrize("no_cache", [(), ("--no-cache",)])
    def test_what_changes_no_code_makes_nothing_stale(self, project: Project, no_cache: tuple[str, ...]) -> None:
        project.write("schemas/a.yaml", "span_schemas: {agent: {}}")
        project.generate()
        project.write("schemas/a.yaml", "span_schemas: {agent:   {}}  # a comment")
        (project.root / "schemas" / "a.yaml").rename(project.root / "schemas" / "b.yaml")
        for _ in range(2):
            result = project.generate("--check", *no_cache)
            assert (result.code, result.out, result.err) == (0, "generated/made is up to date\n", "")

    def test_before_the_first_run(self, project: Project) -> None:
        project.span_types(agent=OBJECT)
        assert project.generate("--check").code == 1
        assert not project.package.exists()

    def test_wrong_definitions(self, project: Project) -> None:
        project.span_types(agent={"type": "array"})
        result = project.generate("--check")
        assert result.code == 1
        assert "PG007" in result.err


def append(path: Path) -> None:
    path.write_text(path.read_text() + "# edited\n")


EDITS: dict[str, Callable[[Project], object]] = {
    "a definition": lambda project: project.span_types(agent={**OBJECT, "title": "Agent"}),
    "a new source": lambda project: project.write("schemas/more.yaml", "span_schemas: {more: {}}"),
    "a referred file": lambda project: project.write("schemas/common.json", {"type": "integer"}),
    "a module": lambda project: append(project.package / "_agent.py"),
    "the catalog": lambda project: append(project.package / "__init__.py"),
    "a removed module": lambda project: (project.package / "_agent.py").unlink(),
    "a removed marker": lambda project: (project.package / "py.typed").unlink(),
    "an added module": lambda project: (project.package / "_other.py").write_text(
        (project.package / "_agent.py").read_text()
    ),
    "an emptied catalog": lambda project: (project.package / "__init__.py").write_text(""),
}  # fmt: skip


@pytest.mark.parametrize("edit", sorted(EDITS))
def test_every_change_is_noticed_and_repaired(edit: str, project: Project) -> None:
    schema = {"type": "object", "properties": {"x": {"$ref": "common.json"}}}
    project.span_types(agent=schema)
    project.write("schemas/common.json", {"type": "string"})
    project.generate()
    EDITS[edit](project)
    assert project.generate("--check").code == 1
    assert project.generate().code == 0
    assert project.generate("--check").out == "generated/made is up to date\n"


@pytest.mark.parametrize("reference", ["my common.json", "my%20common.json", "my\\u0020common.json#"])
def test_a_change_of_a_referenced_file_is_noticed(reference: str, project: Project) -> None:
    """Also if the source is a single file, and the reference has escapes."""
    text = f'{{"span_schemas": {{"agent": {{"properties": {{"x": {{"$ref": "{reference}"}}}}}}}}}}'
    project.write("one.json", text)
    project.write("my common.json", {"$ref": "deep/er.yaml#/$defs/x"})
    project.write("deep/er.yaml", "$defs: {x: {type: string}}")
    assert project.run("one.json", "--package", "made").code == 0
    project.write("deep/er.yaml", "$defs: {x: {type: integer}}")
    assert project.run("one.json", "--package", "made", "--check").code == 1


def test_a_change_of_a_registry_is_noticed(project: Project) -> None:
    source = f"{REGISTRY}registry.register('agent', {{}})\n"
    project.write("my_registry.py", source)
    assert project.run("my_registry:registry", "--package", "made").code == 0
    assert project.run("my_registry:registry", "--package", "made", "--check").code == 0
    project.write("my_registry.py", source + "registry.register('more', {})\n")
    forget("my_registry")  # as in another process
    assert project.run("my_registry:registry", "--package", "made", "--check").code == 1


def test_another_package_name_is_another_package(project: Project) -> None:
    project.span_types(agent=OBJECT)
    project.generate()
    os.rename(project.package, project.package.with_name("renamed"))
    assert project.run("schemas", "--package", "renamed", "--check").code == 1


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_an_up_to_date_run_imports_nothing_heavy(arguments: tuple[str, ...], project: Project) -> None:
    project.span_types(agent=OBJECT)
    project.generate()
    code = (
        "import sys; from prefactor_gen.command.main import run\n"
        "assert run(sys.argv[1:]) == 0\n"
        "heavy = {'datamodel_code_generator', 'jinja2', 'jsonschema', 'black', 'rich', 'watchfiles'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    result = run_process("schemas", "--package", "made", *arguments, cwd=project.root, code=code)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "generated/made is up to date\n"


class TestOutput:
    def test_a_file_that_is_not_generated_is_not_overwritten(self, project: Project) -> None:
        project.span_types(agent=OBJECT)
        project.write("generated/made/__init__.py", "print('mine')\n")
        result = project.generate()
        assert result.code == 2
        assert result.err == (
            "prefactor-gen: generated/made/__init__.py was not written by prefactor-gen: move it away, or choose "
            "another --package or --output\n"
        )
        assert list(project.files()) == ["__init__.py"]

    def test_an_empty_init_may_be_there(self, project: Project) -> None:
        project.span_types(agent=OBJECT)
        project.write("generated/made/__init__.py", "")
        assert project.generate().code == 0

    @pytest.mark.parametrize(
        "place", ["generated", "generated/made", "generated/made/_agent.py/x", "generated/made/__init__.py/x"]
    )
    def test_a_place_that_cannot_be_written(self, place: str, project: Project) -> None:
        project.span_types(agent=OBJECT)
        project.write(place, "x")
        result = project.generate()
        assert result.code == 2
        assert result.err.startswith("prefactor-gen: cannot write ")
        assert len(result.err.splitlines()) == 1

    def test_a_failure_changes_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_text("old")
        (tmp_path / "file").write_text("in the way")
        changes = [Change(tmp_path / "a.py", "old", "new"), Change(tmp_path / "file" / "b.py", None, "new")]
        with pytest.raises(OSError, match="file"):
            write(changes)
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.py": "old", "file": "in the way"}

    def test_a_link_in_the_place_of_a_module_is_replaced(self, project: Project) -> None:
        project.span_types(agent=OBJECT)
        project.generate()
        outside = project.write("outside.py", (project.package / "_agent.py").read_text() + "# outside\n")
        before = outside.read_text()
        (project.package / "_agent.py").unlink()
        (project.package / "_agent.py").symlink_to(outside)
        assert project.generate().code == 0
        assert outside.read_text() == before
        assert not (project.package / "_agent.py").is_symlink()


CONFIGURATIONS = {
    "[tool": "pyproject.toml: not valid TOML",
    "[tool.prefactor-gen]\nsource = ['a']": "pyproject.toml: unknown key 'source' in [tool.prefactor-gen]; expected",
    "[tool.prefactor-gen]\nsources = 'a'": "pyproject.toml: expected sources = [\"…\"] in [tool.prefactor-gen], found 'a'",
    "[tool.prefactor-gen]\nsources = []": "pyproject.toml: expected sources",
    "[tool.prefactor-gen]\nformats = 'assert'": 'pyproject.toml: expected sources = ["…"] in [tool.prefactor-gen], found nothing',
    "[tool.prefactor-gen]\nsources = ['a']": 'pyproject.toml: expected package = "…" in [tool.prefactor-gen], found nothing',
    "[tool.prefactor-gen]\nsources = ['a']\npackage = 1": "pyproject.toml: expected text in package",
    "[tool.prefactor-gen]\nsources = ['a']\npackage = 'a-b'": "found 'a-b'; 'a_b' would be one",
    "[tool]\nprefactor-gen = 1": "pyproject.toml: expected a table in [tool.prefactor-gen], found int",
    "[tool.prefactor-gen]\nsources = ['a']\npackage = 'p'\nwire = 1": "expected a table in [tool.prefactor-gen.wire]",
    "tool = 1": "or sources in [tool.prefactor-gen] of pyproject.toml",
    "": "or sources in [tool.prefactor-gen] of pyproject.toml",
    "[project]\nname = 'p'\n[tool.prefactor-gen]\nsources = ['a']\nwire.sources = ['b']": 'expected package = "…" in [tool.prefactor-gen.wire]',
    "[tool.prefactor-gen]\nsources = ['a']\npackage = 'p'\nwire = {sources = ['b'], package = 'p'}": "would both be written into generated/p",
}


@pytest.mark.parametrize("text", list(CONFIGURATIONS))
def test_wrong_configuration(text: str, project: Project) -> None:
    project.write("pyproject.toml", text)
    result = project.run()
    assert (result.code, result.out) == (2, "")
    assert CONFIGURATIONS[text] in result.err
    assert len(result.err.splitlines()) == 1


class TestConfiguration:
    @pytest.fixture
    def configured(self, project: Project) -> Project:
        text = '[project]\nname = "My-Agent"\n[tool.prefactor-gen]\nsources = ["schemas"]\n'
        project.write("pyproject.toml", text)
        project.span_types(agent=OBJECT)
        return project

    def test_no_command_generates_what_is_configured(self, configured: Project) -> None:
        assert configured.run().out == "generated/my_agent_spans: 1 span type, 4 files changed\n"
        assert configured.run("generate", "--check").code == 0

    def test_from_a_subfolder(self, configured: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        (configured.root / "below").mkdir()
        root, configured.root = configured.root, configured.root / "below"
        assert configured.run().code == 0
        assert (root / "generated" / "my_agent_spans" / "__init__.py").exists()

    def test_options_override_the_configuration(self, configured: Project) -> None:
        configured.write("other/a.yaml", "span_schemas: {one: {}, two: {}}")
        result = configured.run("other", "--package", "mine", "--output", "out")
        assert result.out == "out/mine: 2 span types, 5 files changed\n"

    @pytest.mark.parametrize("name", ["a-b", "class", "../x", "größe", "json", "pydantic", "prefactor_core"])
    def test_names_that_a_package_cannot_have(self, name: str, configured: Project) -> None:
        assert configured.run("schemas", "--package", name).code == 2

    def test_an_empty_package_name_counts_as_absent(self, configured: Project) -> None:
        assert configured.run("schemas", "--package", "").code == 0


class TestWirePackage:
    """Models of plain JSON Schema documents, as this project generates for the API."""

    @pytest.fixture
    def configured(self, project: Project) -> Project:
        project.configure()
        with (project.root / "pyproject.toml").open("a") as pyproject:
            pyproject.write('[tool.prefactor-gen.wire]\nsources = ["api"]\npackage = "wire"\n')
        project.span_types(agent=OBJECT)
        thing = properties("id", id=TEXT, at={"type": ["string", "null"]})
        project.write("api/thing.json", {"$defs": {"Thing": thing}})
        return project

    def test_models(self, configured: Project) -> None:
        assert configured.run().out.splitlines()[1] == "generated/wire: 0 span types, 3 files changed"
        thing = load_package(configured.root / "generated", "wire").thing.Thing
        assert thing(id="a").at is None
        assert thing.model_validate({"id": "a", "unknown": 1}).model_dump() == {"id": "a", "at": None}
        assert configured.run("--check").code == 0

    def test_problems_of_both_packages_in_one_run(self, configured: Project) -> None:
        configured.span_types(agent={"type": "array"})
        configured.write("api/thing.json", {"type": "strnig"})
        result = configured.run()
        assert result.code == 1
        assert [line.rule for line in result.findings] == ["PG007", "PG006"]

    def test_takes_one_folder(self, configured: Project) -> None:
        text = (configured.root / "pyproject.toml").read_text().replace('["api"]', '["api/thing.json"]')
        configured.write("pyproject.toml", text)
        assert "PG001: expected one folder of JSON Schema documents" in configured.run().err


@pytest.mark.parametrize("command", [[], ["generate"], ["check"], ["demo"], ["schema"], ["completion"]], ids=" ".join)
def test_help_has_examples(command: list[str], project: Project) -> None:
    result = project.run(*command, "--help")
    assert result.code == 0
    assert " ".join(["prefactor-gen", *command]) in result.out.lower().partition("example")[2]


def without_module(name: str) -> str:
    """Return a program that runs the command where a module is not installed."""
    return f"import sys; sys.modules['{name}'] = None; from prefactor_gen.__main__ import main; sys.exit(main())"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_needs_no_extra(option: str, project: Project) -> None:
    result = run_process(option, cwd=project.root, code=without_module("yaml"))
    assert (result.returncode, result.stderr) == (0, "")


def test_a_misspelled_command(project: Project) -> None:
    result = project.run("chek")
    assert result.code == 2
    assert "'chek' is neither a command nor a file or folder here; did you mean 'check'?" in result.err


def test_a_source_that_is_not_there(project: Project) -> None:
    assert "found nothing of this name" in project.run("schemas", "--package", "made").err


def test_the_command_may_follow_its_options(project: Project) -> None:
    project.span_types(agent=OBJECT)
    assert project.run("--package", "made", "generate", "schemas").code == 0
    assert project.run("schemas", "--output", "generate", "--package", "generate").code == 0
    assert (project.root / "generate" / "generate" / "__init__.py").exists()


@pytest.mark.parametrize("command", ["check", "status", "risk", "docs", "refs check", "import --check"])
def test_every_command_may_follow_its_options(command: str, project: Project) -> None:
    project.span_types(agent=OBJECT)
    project.configure()
    project.write("agent.py", "")
    usual, moved = project.run(*command.split(), "-C", "."), project.run("-C", ".", *command.split())
    assert moved.err == usual.err == ""
    assert moved.code == usual.code == 0


def test_a_source_with_the_name_of_a_command(project: Project) -> None:
    project.write("docs/a.yaml", "span_schemas: {agent: {}}")
    assert project.run("--package", "made", "docs").out == "generated/made: 1 span type, 4 files changed\n"
    assert "expected a SOURCE" in project.run("-C", ".", "docs").err, "the command"


@pytest.mark.parametrize(
    ("source", "expected"),
    [("nowhere", "found nothing of this name in"), ("registry.py", "a SchemaRegistry in Python is given as module:")],
)
def test_sources_that_cannot_be_used(source: str, expected: str, project: Project) -> None:
    project.write("registry.py", "registry = None")
    result = project.run(source, "--package", "made")
    assert result.code == (2 if source == "nowhere" else 1)
    assert expected in result.err


@pytest.mark.slow
def test_a_pipe_that_is_closed_early(project: Project) -> None:
    """`prefactor-gen --check | head -1`."""
    project.span_types(**{f"agent{number}": OBJECT for number in range(200)})
    command = f"{sys.executable} -m prefactor_gen --check schemas --package made | head -1"
    result = subprocess.run(["sh", "-c", command], cwd=project.root, capture_output=True, encoding="utf-8", check=True)
    assert result.stdout.count("\n") == 1
    assert "Broken pipe" not in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(("output", "code"), [("> /dev/full", 2), (">&-", 0)])
def test_output_that_cannot_be_written(output: str, code: int, project: Project) -> None:
    project.span_types(agent=OBJECT)
    command = f"{sys.executable} -m prefactor_gen check schemas --explain {output}"
    result = subprocess.run(["sh", "-c", command], cwd=project.root, capture_output=True, text=True, check=False)
    assert result.stderr == "prefactor-gen: cannot write the output: No space left on device\n" * (code == 2)
    assert result.returncode == code


def test_unknown_options_are_usage_errors(project: Project) -> None:
    result = project.run("--nope")
    assert result.code == 2
    assert "usage: prefactor-gen" in result.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "arguments"),
    [
        ("datamodel_code_generator", ()),
        ("jinja2", ()),
        ("yaml", ()),
        ("watchfiles", ("--watch",)),
    ],
)
def test_without_the_extra(missing: str, arguments: tuple[str, ...], project: Project) -> None:
    project.write("schemas/a.yaml", "span_schemas: {agent: {}}")
    result = run_process("schemas", "--package", "made", *arguments, cwd=project.root, code=without_module(missing))
    assert result.returncode == 2
    assert result.stderr == f"prefactor-gen needs the extra 'gen' of prefactor-sdk ({missing} is not installed)\n"


def test_as_a_module(project: Project) -> None:
    project.span_types(agent={"type": "array"})
    result = run_process("schemas", "--package", "made", cwd=project.root)
    assert result.returncode == 1
    assert "PG007" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_the_generated_packages_of_this_repository_are_current() -> None:
    result = run_process("--check", cwd=ROOT)
    assert result.returncode == 0, f"run prefactor-gen\n{result.stdout[-2000:]}{result.stderr}"
    assert result.stdout == "generated/prefactor_spans is up to date\ngenerated/prefactor_api is up to date\n"


HEAVY = ("datamodel_code_generator", "jinja2", "jsonschema", "liquid", "pydantic", "rich", "watchfiles")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["schema", "--help"], [], ["--check"]], ids=" ".join)
def test_nothing_heavy_is_imported_where_nothing_is_to_do(arguments: list[str], project: Project) -> None:
    project.span_types(agent=OBJECT)
    project.configure()
    assert project.run().code == 0
    code = (
        "import sys; from prefactor_gen.command.main import run\n"
        "try: run(sys.argv[1:])\n"
        f"finally: print('heavy:', *sys.modules.keys() & {set(HEAVY)})"
    )
    result = run_process(*arguments, cwd=project.root, code=code)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "heavy:")


def test_a_registry_in_the_folder_src(project: Project) -> None:
    project.write("src/agent_of_src/__init__.py", b"")
    project.write("src/agent_of_src/schemas.py", f"{REGISTRY}registry.register('a', {{'type': 'object'}})\n")
    before = list(sys.path)
    result = project.run("agent_of_src.schemas:registry", "--package", "made")
    assert (result.code, result.err) == (0, "")
    assert sys.path == before


def test_a_folder_with_modules_that_are_not_generated_is_refused(project: Project) -> None:
    project.span_types(agent=OBJECT)
    project.write("generated/made/__init__.py", b"")
    project.write("generated/made/mine.py", "x = 1\n")
    result = project.generate()
    assert result.code == 2
    assert "generated/made/mine.py was not written by prefactor-gen: move it away" in result.err
    (project.package / "mine.py").unlink()
    assert project.generate().code == 0


def test_a_module_that_was_added_to_a_generated_package_is_kept(project: Project) -> None:
    project.span_types(agent=OBJECT)
    assert project.generate().code == 0
    project.write("generated/made/mine.py", "x = 1\n")
    project.span_types(agent=OBJECT, other=OBJECT)
    assert project.generate().code == 0
    assert (project.package / "mine.py").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--chek"], "prefactor-gen generate: error: unknown --chek; did you mean --check?"),
        (["check", "--strct"], "prefactor-gen check: error: unknown --strct; did you mean --strict?"),
        (["check", "--check"], "prefactor-gen check: error: unknown --check\n"),
        (["check", "schemas", "--explain", "agnt"], "nor a span type of these definitions; did you mean 'agent'?"),
        (["check", "schemas", "--explain", "PG01"], "nor a span type of these definitions; did you mean 'PG0"),
        (["schemas/*.yaml", "--package", "made"], "patterns are not expanded: name the folder"),
        (["schema", "--package", "made"], "invalid choice: 'made'"),
        (["schemes", "--package", "made"], "; did you mean 'schemas'?"),
        (["mine.spans", "--package", "made"], "a SchemaRegistry in Python is given as mine.spans:attribute"),
        (
            ["--package", "made"],
            "or sources in [tool.prefactor-gen] of pyproject.toml, found [tool.prefactor_gen]; see",
        ),
        (
            ["other", "--package", "made"],
            "found none, but 'span_types'; did you mean 'span_type_schemas'?",
        ),
        (
            ["conflict.yaml", "--package", "made"],
            "conflict.yaml:2:1: error PG001: not valid YAML: a merge conflict is not",
        ),
    ],
)
def test_a_mistake_on_the_command_line(arguments: list[str], message: str, project: Project) -> None:
    project.span_types(agent={"type": "object"})
    project.write("other/a.yaml", "span_types: []")
    project.write("conflict.yaml", "span_schemas:\n<<<<<<< HEAD\n  a: {}\n=======\n  b: {}\n>>>>>>> other\n")
    project.write("src/mine/spans.py", "")
    project.write("pyproject.toml", "[tool.prefactor_gen]")
    result = project.run(*arguments)
    assert message in result.err
    assert result.code in {1, 2}


@pytest.mark.parametrize("command", ["--package made", "check", "docs", "risk"])
def test_a_missing_source_is_one_error_of_every_command(command: str, project: Project) -> None:
    result = project.run(*command.split(), "nowhere")
    lines = [line for line in (result.out + result.err).splitlines() if "error PG" in line]
    assert (result.code, len(lines)) == (2, 1)
    assert lines[0].startswith("nowhere: error PG001: expected a file, a folder or module:attribute, found nothing")


@pytest.mark.slow
def test_a_command_starts_without_the_others() -> None:
    """Not even their options are read, wherever the command stands."""
    code = (
        "import sys; from prefactor_gen.command.arguments import parse\n"
        "for line in ('', 'check --str', '--check', '--wheel=x --check', 'schemas', 'refs check'): parse(line.split())\n"
        "others = ('docs', 'diff', 'imports', 'risk', 'status')\n"
        "assert not {f'prefactor_gen.command.{each}' for each in others} & sys.modules.keys()\n"
        "assert parse('--format json check'.split()).command == 'check'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
