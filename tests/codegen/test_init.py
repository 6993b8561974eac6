"""`prefactor-gen init`: what it adds to a project, where the package goes, and what it leaves as it is."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.codegen.support import Project, load_package

COMMENTED = """\
# Our project
[project]
name = "support-agent"  # the name
dependencies = [
  "httpx",  # for the API
]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.ruff]
line-length = 100   # wide
[tool.ruff.lint]
select = ["E"]
"""


def tables(project: Project) -> dict[str, Any]:
    found = tomllib.loads((project.root / "pyproject.toml").read_bytes().decode())["tool"]
    assert isinstance(found, dict)
    return found


def package(project: Project, name: str) -> None:
    project.write(f"{name}/__init__.py", b"")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_project_in_src(project: Project) -> None:
    package(project, "src/support_agent")
    project.write("pyproject.toml", COMMENTED)
    result = project.run("init")
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "pyproject.toml: added [tool.prefactor-gen], [tool.mypy]\n"
        "schemas/example.yaml: created\n"
        "\n"
        "Next:\n"
        "  prefactor-gen check    says what is wrong with the definitions\n"
        "  prefactor-gen          writes the package support_agent.spans\n"
        "  mypy src               finds calls that do not fit\n"
        "  the build              can write support_agent.spans, too, with a hook: codegen/README.md#hatch\n"
    )
    text = (project.root / "pyproject.toml").read_text()
    assert text == COMMENTED + (
        '\n[tool.prefactor-gen]\nsources = ["schemas"]\noutput = "src/support_agent"\npackage = "spans"\n'
        '\n[tool.mypy]\nstrict = true\nmypy_path = "src"\n'
    )
    assert project.run("check", "--strict").out == "no problems found\n"
    assert project.run().out == "src/support_agent/spans: 1 span type, 4 files changed\n"
    assert load_package(project.root / "src" / "support_agent", "spans").ExampleLookup.Params(query="x")


LAYOUTS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "in src": (("src/support_agent", "tests"), "src/support_agent", "spans"),
    "in src, under another name": (("src/other",), "src/other", "spans"),
    "in src, among others": (("src/support_agent", "src/zebra", "src/another"), "src/support_agent", "spans"),
    "in src, several": (("src/zebra", "src/another"), "src", "support_agent_spans"),
    "flat": (("support_agent", "tests", "docs"), "support_agent", "spans"),
    "flat, with a module of the name": (("support_agent", "support_agent/spans"), "support_agent", "span_types"),
    "none": ((), ".", "support_agent_spans"),
    "only tests": (("tests",), ".", "support_agent_spans"),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_where_the_package_goes(case: str, project: Project) -> None:
    packages, output, name = LAYOUTS[case]
    for each in packages:
        package(project, each)
    project.write("pyproject.toml", '[project]\nname = "support-agent"\n')
    assert project.run("init").code == 0
    assert tables(project)["prefactor-gen"] == {"sources": ["schemas"], "output": output, "package": name}
    assert project.run().code == 0
    assert (project.root / output / name / "py.typed").is_file()
    assert project.run("init").code == 0
    assert project.run("--check").code == 0


def test_a_name_that_poetry_has(project: Project) -> None:
    project.write("pyproject.toml", '[tool.poetry]\nname = "My-Agent"\n')
    assert project.run("init").code == 0
    assert tables(project)["prefactor-gen"]["package"] == "my_agent_spans"


def test_a_package_inside_another_hides_no_module(project: Project) -> None:
    """There may be a module `spans` somewhere else."""
    package(project, "support_agent")
    project.configure(output="support_agent", package="json")
    project.write("schemas/a.json", {"span_schemas": {"a": {"type": "object"}}})
    assert project.run().code == 0
    assert "would hide the module" in project.run("--output", ".").err


def test_without_pyproject(project: Project) -> None:
    (project.root / "agent").mkdir()
    assert project.run("init", "-C", "agent").code == 0
    text = (project.root / "agent" / "pyproject.toml").read_text()
    assert text.startswith(
        '[tool.prefactor-gen]\nsources = ["schemas"]\noutput = "."\npackage = "agent_spans"\n\n[tool'
    )
    assert project.run("-C", "agent").out == "agent_spans: 1 span type, 4 files changed\n"


def test_a_subfolder_of_a_project(project: Project) -> None:
    """The parent is configured, and the paths are those that are right where the command was started."""
    project.write("pyproject.toml", '[project]\nname = "support-agent"\n')
    (project.root / "agents" / "new").mkdir(parents=True)
    result = project.run_in("agents/new", "init")
    assert result.out.startswith(
        "../../pyproject.toml: added [tool.prefactor-gen], [tool.mypy]\n"
        "../../schemas/example.yaml: created\n"
        "\n"
        "Next, in ../..:\n"
    )
    again = project.run_in("agents/new", "init")
    assert again.out.startswith("left as it was: [tool.prefactor-gen] of ../../pyproject.toml\n")


@pytest.mark.parametrize("above", ["", "[tool.black]\n", "tool = 3\n"])
def test_a_folder_below_settings_of_other_tools(above: str, project: Project) -> None:
    project.write("pyproject.toml", above)
    (project.root / "agents" / "new").mkdir(parents=True)
    assert project.run_in("agents/new", "init").out.startswith("pyproject.toml: added ")
    assert (project.root / "pyproject.toml").read_text() == above
    assert (project.root / "agents/new/schemas/example.yaml").is_file()


@pytest.mark.parametrize("above", ['[tool.poetry]\nname = "agent"\n', '[tool.prefactor-gen]\nsources = ["schemas"]\n'])
def test_a_folder_of_another_kind_of_project(above: str, project: Project) -> None:
    project.write("pyproject.toml", f'{above}package = "x"\n' if "sources" in above else above)
    (project.root / "agent").mkdir()
    assert project.run_in("agent", "init").code == 0
    assert not (project.root / "agent" / "pyproject.toml").exists()


def test_a_named_folder_is_configured(project: Project) -> None:
    """It may be part of a project."""
    project.write("pyproject.toml", COMMENTED)
    for name in ("one", "two", "three"):
        (project.root / name).mkdir()
    assert project.run("init", "-C", "one").out.startswith("pyproject.toml: added ")
    assert project.run("init", "-C", "two", "-C", "three").code == 0
    assert all((project.root / name / "pyproject.toml").is_file() for name in ("one", "two", "three"))
    assert (project.root / "pyproject.toml").read_text() == COMMENTED


def test_a_broken_file_above_is_named(project: Project) -> None:
    project.write("pyproject.toml", "[tool")
    (project.root / "agent").mkdir()
    result = project.run_in("agent", "init")
    assert result.code == 2
    assert result.err.startswith("prefactor-gen: ../pyproject.toml: not valid TOML: ")


def test_a_wheel_needs_a_package_beside_the_others_named(project: Project) -> None:
    project.write("pyproject.toml", COMMENTED)
    assert "for the build: list support_agent_spans among the packages of the wheel\n" in project.run("init").out


CHECKERS: dict[str, tuple[dict[str, str], dict[str, object], str]] = {
    "none": ({}, {"mypy": {"strict": True}}, "mypy ."),
    "mypy": ({"pyproject.toml": "[tool.mypy]\nwarn_unused_ignores = true\n"}, {}, "mypy ."),
    "mypy.ini": ({"mypy.ini": "[mypy]\n"}, {}, "mypy ."),
    "setup.cfg": ({"setup.cfg": "[metadata]\n\n[mypy]\n"}, {}, "mypy ."),
    "pyright": ({"pyproject.toml": "[tool.pyright]\n"}, {}, "pyright"),
    "pyrightconfig": ({"pyrightconfig.json": "{}"}, {}, "pyright"),
    "a group with pyright": (
        {"pyproject.toml": '[dependency-groups]\ndev = ["pyright>=1.1", {include-group = "x"}]\nx = []\n'},
        {"pyright": {"typeCheckingMode": "standard"}},
        "pyright",
    ),
}

WITH_PYRIGHT = {
    "a group of Poetry": '[tool.poetry.group.dev.dependencies]\npyright = "*"\n',
    "dev-dependencies of Poetry": '[tool.poetry.dev-dependencies]\nPyright = { version = "*" }\n',
    "dependencies of Poetry": '[tool.poetry.dependencies]\nbasedpyright = "*"\n',
    "dev-dependencies of uv": '[tool.uv]\ncache-keys = []\ndev-dependencies = ["pyright>=1.1"]\n',
    "dev-dependencies of PDM": '[tool.pdm.dev-dependencies]\ntypes = ["pyright"]\n',
}
CHECKERS |= {
    case: ({"pyproject.toml": text}, {"pyright": {"typeCheckingMode": "standard"}}, "pyright")
    for case, text in WITH_PYRIGHT.items()
}


@pytest.mark.parametrize("case", CHECKERS)
def test_the_type_checker_of_the_project(case: str, project: Project) -> None:
    files, added, command = CHECKERS[case]
    before = tomllib.loads(files.get("pyproject.toml", "")).get("tool", {})
    for name, text in files.items():
        project.write(name, text)
    result = project.run("init")
    assert result.code == 0
    assert f"\n  {command:<22} finds calls" in result.out
    found = tables(project)
    del found["prefactor-gen"]
    assert found == {**before, **added}


HINT = "hint: with strict = true in [tool.mypy], mypy looks into functions without annotations, too\n"


@pytest.mark.parametrize(
    ("text", "is_told"),
    {"": False, "[tool.mypy]\n": True, "[tool.mypy]\nstrict = true\n": False, "[tool.pyright]\n": False}.items(),
)
def test_mypy_that_is_not_strict(text: str, is_told: bool, project: Project) -> None:
    project.write("pyproject.toml", text)
    assert (HINT in project.run("init").out) is is_told


@pytest.mark.parametrize("table", ["build.hooks.prefactor-gen", "build.targets.wheel.hooks.prefactor-gen"])
def test_a_build_hook_that_is_there(table: str, project: Project) -> None:
    project.write("pyproject.toml", f"{COMMENTED}\n[tool.hatch.{table}]\n")
    assert "hook" not in project.run("init").out


@pytest.mark.parametrize("output", [".", "src", "generated", "agent"])
def test_what_to_do_next_names_only_what_is_there(output: str, project: Project) -> None:
    project.configure(output=output)
    for _ in range(2):
        assert "\n  mypy .                 finds calls" in project.run("init").out
    package(project, "agent")
    assert f"\n  mypy {'agent' if output == 'agent' else '.'} " in project.run("init").out


def test_a_configured_folder_that_is_not_there(project: Project) -> None:
    project.configure(sources=["defs", "more"], output="agent")
    result = project.run("init")
    assert "defs/example.yaml: created\n" in result.out
    assert "hint: more, one of the sources, has no definitions yet\n" in result.out
    project.configure(sources=["defs"], output="agent")
    assert "hint" not in project.run("init").out
    assert "1 span type" in project.run().out


@pytest.mark.parametrize("sources", [["../defs"], ["defs.json"], ["agent.spans:registry", "defs"]])
def test_a_source_that_is_missing_is_told(sources: list[str], project: Project) -> None:
    project.configure(sources=sources)
    assert f"hint: {sources[-1]}, one of the sources, has no definitions yet\n" in project.run("init").out
    assert list(contents(project.root)) == ["pyproject.toml"]


UV = ['[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n', "[tool.uv] # uv\nmanaged = true\n", ""]


@pytest.mark.parametrize("text", UV)
def test_uv_builds_again_after_a_change(text: str, project: Project) -> None:
    project.write("pyproject.toml", text)
    if not text:
        project.write("uv.lock", "")
    assert project.run("init").code == 0
    assert tables(project)["uv"]["cache-keys"] == [{"file": "pyproject.toml"}, {"file": "schemas/**/*"}]
    assert all(line in (project.root / "pyproject.toml").read_text() for line in text.splitlines())


def test_nothing_is_overwritten(project: Project) -> None:
    project.write("schemas/mine.yaml", "span_schemas: {mine: {}}")
    project.write("mypy.ini", "[mypy]\n")
    project.write(
        "pyproject.toml",
        '[tool.prefactor-gen]\nsources = ["schemas"]\noutput="src"\npackage = "made"\n[tool.uv]\ncache-keys = []\n',
    )
    before = contents(project.root)
    result = project.run("init")
    assert result.code == 0
    assert contents(project.root) == before
    assert result.out.startswith(
        "left as it was: [tool.prefactor-gen] of pyproject.toml\n"
        "left as it was: mypy.ini\n"
        "left as it was: cache-keys of [tool.uv]\n"
    )


PARTIAL: dict[str, tuple[str, dict[str, object]]] = {
    "no key": ("", {"sources": ["schemas"], "output": "src/support_agent", "package": "spans"}),
    "another key": (
        'formats = "assert"  # all of them\n',
        {"sources": ["schemas"], "output": "src/support_agent", "package": "spans"},
    ),
    "a package": ('package = "mine"\n', {"sources": ["schemas"], "output": "src/support_agent"}),
    "an output": ('output = "lib"\n', {"sources": ["schemas"], "package": "support_agent_spans"}),
    "sources": ('sources = ["schemas"]\n', {"output": "src/support_agent", "package": "spans"}),
    "an exception": (
        '[[tool.prefactor-gen.allow]]\nrule = "PG020"\nfile = "a"\nreason = "b"\n',
        {"sources": ["schemas"], "output": "src/support_agent", "package": "spans"},
    ),
}


@pytest.mark.parametrize("case", PARTIAL)
def test_a_table_gets_the_keys_that_it_needs(case: str, project: Project) -> None:
    text, added = PARTIAL[case]
    package(project, "src/support_agent")
    before = f'[tool.poetry]\nname = "support-agent"\n\n[tool.prefactor-gen]\n{text}\n[tool.mypy]\nstrict = true\n'
    project.write("pyproject.toml", before)
    project.write("schemas/mine.yaml", "span_schemas: {mine: {type: object}}")
    result = project.run("init")
    assert (result.code, result.err) == (0, "")
    assert f"added {' and '.join(added)} of [tool.prefactor-gen]\n" in result.out
    assert tables(project)["prefactor-gen"] == tomllib.loads(before)["tool"]["prefactor-gen"] | added
    lines = iter((project.root / "pyproject.toml").read_text().splitlines())
    assert all(line in lines for line in before.splitlines())


def test_definitions_that_are_there_are_taken(project: Project) -> None:
    project.write("schemas/deep/mine.json", {"span_schemas": {"mine": {"type": "object"}}})
    result = project.run("init")
    assert "left as it was: the definitions in schemas\n" in result.out
    assert not (project.root / "schemas" / "example.yaml").exists()
    assert "1 span type" in project.run().out


def test_a_folder_that_is_used_for_something_else_is_left(project: Project) -> None:
    package(project, "schemas")
    assert project.run("init").code == 0
    assert (project.root / "span_schemas" / "example.yaml").is_file()
    assert tables(project)["prefactor-gen"]["sources"] == ["span_schemas"]
    assert list(contents(project.root / "schemas")) == ["__init__.py"]


def test_line_ends_stay(project: Project) -> None:
    project.write("pyproject.toml", COMMENTED.replace("\n", "\r\n"))
    assert project.run("init").code == 0
    written = (project.root / "pyproject.toml").read_bytes()
    assert written.startswith(COMMENTED.replace("\n", "\r\n").encode())
    assert written.count(b"\n") == written.count(b"\r\n")


WRONG: dict[str, tuple[str | bytes, str]] = {
    "no TOML": ("[tool", "pyproject.toml: not valid TOML"),
    "a merge conflict": ("<<<<<<< HEAD\n", "pyproject.toml: not valid TOML"),
    "no UTF-8": (b"\nname = '\xff'", "pyproject.toml: expected UTF-8 text, found the byte 0xff in line 2\n"),
    "no table": ("tool = 3", "pyproject.toml: expected a table in [tool], found int"),
    "no table of ours": ("[tool]\nprefactor-gen = 3", "pyproject.toml: expected a table in [tool.prefactor-gen]"),
    "empty sources": ("[tool.prefactor-gen]\nsources = []", "pyproject.toml: expected sources"),
    "a wrong value beside missing keys": (
        "[tool.prefactor-gen]\npackage = 3",
        "pyproject.toml: expected text in package",
    ),
    "on one line": ("tool = { x = 1 }", "add these lines to it by hand:\n\n[tool.prefactor-gen]\nsources = "),
    "no table of uv": ("[tool]\nuv = 3", "add these lines to it by hand:\n\n[tool.prefactor-gen]\nsources = "),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_configuration_that_cannot_be_edited(case: str, project: Project) -> None:
    text, message = WRONG[case]
    project.write("pyproject.toml", text)
    before = contents(project.root)
    result = project.run("init")
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert contents(project.root) == before


def test_a_link_is_not_followed(project: Project) -> None:
    project.write("elsewhere.toml", COMMENTED)
    (project.root / "pyproject.toml").symlink_to("elsewhere.toml")
    before = contents(project.root)
    result = project.run("init")
    assert (result.code, result.out) == (2, "")
    assert "pyproject.toml is a link; add these lines to it by hand" in result.err
    assert contents(project.root) == before


def test_a_package_that_leads_outside_is_not_configured(project: Project) -> None:
    outside = project.root.parent / f"{project.root.name}-outside"
    outside.mkdir()
    (outside / "__init__.py").touch()
    (project.root / "support_agent").symlink_to(outside)
    result = project.run("init")
    assert result.code == 2
    assert "outside of the project" in result.err
    assert not (project.root / "pyproject.toml").exists()


def test_a_file_that_is_read_only(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("pyproject.toml", COMMENTED)
    monkeypatch.setattr("prefactor_gen.command.init.os.access", lambda *_: False)  # root may write every file
    result = project.run("init")
    assert (result.code, result.err) == (2, "prefactor-gen: cannot write pyproject.toml: it is read-only\n")
    assert not (project.root / "schemas").exists()


def test_if_a_file_cannot_be_written_nothing_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("pyproject.toml", COMMENTED)
    before = contents(project.root)

    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied", str(project.root / ".prefactor-gen-temporary"))

    monkeypatch.setattr("prefactor_gen.package.output_folder.tempfile.mkstemp", refuse)  # root may write every file
    result = project.run("init")
    assert (result.code, result.err) == (2, "prefactor-gen: cannot write pyproject.toml: Permission denied\n")
    (project.root / "agent").mkdir()
    assert "cannot write ../pyproject.toml: " in project.run_in("agent", "init").err
    assert contents(project.root) == before


def test_a_disk_that_is_full(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in writing says no name of a file."""

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("prefactor_gen.package.output_folder.os.chmod", full)
    result = project.run("init")
    assert (result.code, result.err) == (2, "prefactor-gen: cannot write pyproject.toml: No space left on device\n")
    assert contents(project.root) == {}


ODD = [
    "",
    "\n\n# only a comment",
    "[tool.a]\n[project]\nname = 'x'\n[tool.b]\n# end",
    "[[tool.x.y]]\na = 1\n[tool.uv.sources]\nb = {path = '.'}\n",
    "tool.ruff.line-length = 100\ntool.uv.managed = true\n",
    "[tool]\n[tool.uv]\n\n\n[project]\nname='x'",
    "[tool.uv]\nx = '''\n[tool.uv]\n'''\n",
    '["tool"."uv"]\nmanaged = true\n[tool.uv.pip]\n',
    "# one\r\n[tool.a]\nb = '''\n\r\n'''\n",
    "[project]\nname = 'ünï'\ndescription = '''\n[tool.mypy]\n'''\n",
]


@pytest.mark.parametrize("text", ODD)
def test_whatever_the_file_looks_like_only_keys_are_added(text: str, project: Project) -> None:
    project.write("pyproject.toml", text)
    project.write("uv.lock", "")
    result = project.run("init")
    written = (project.root / "pyproject.toml").read_bytes().decode()
    if result.code:
        assert "add these lines to it by hand" in result.err
        assert written == text
        return
    lines = iter(written.splitlines(keepends=True))
    assert all(line in lines for line in text.splitlines(keepends=True)[:-1])
    found, before = tomllib.loads(written), tomllib.loads(text)
    added = found["tool"]
    assert added.pop("prefactor-gen")
    assert added.pop("mypy")
    assert added["uv"].pop("cache-keys")
    expected = before.setdefault("tool", {})
    expected.setdefault("uv", {})
    assert found == before


def test_projects_below_are_not_forgotten_silently(project: Project) -> None:
    project.write("services/a/pyproject.toml", '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "a_spans"\n')
    out = project.run("init").out
    assert "hint: services/a: with a configuration here, prefactor-gen in this folder compiles no longer these" in out
    assert "-C . -C services/a" in out
