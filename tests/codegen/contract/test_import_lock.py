"""The lock of `prefactor-gen import`: reading a source again, `--check`, and files that somebody has edited."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.codegen.contract.importing import COMMAND, ImportingProject, imported_once, tool
from tests.codegen.support import Project
from tests.support.processes import INTERRUPTIBLE

pytestmark = pytest.mark.slow

AGAIN = ("import", "mcp", "--name", "shop")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return imported_once(tmp_path_factory, tool(), tool("find"))


@pytest.fixture
def importing(project: Project, imported: Path) -> ImportingProject:
    shutil.copytree(imported, project.root, dirs_exist_ok=True)
    return ImportingProject(project)


def with_required(*names: str) -> dict[str, object]:
    properties = {name: {"type": "string"} for name in names}
    return tool(inputSchema={"type": "object", "required": list(names), "properties": properties})


def lock(importing: ImportingProject) -> Path:
    return importing.project.root / "prefactor-imports.lock"


def test_the_lock_reads_the_source_again(importing: ImportingProject) -> None:
    written = lock(importing).read_text()
    assert importing.run(*AGAIN).code == 0
    assert lock(importing).read_text() == written
    importing.server(tool("find"))
    importing.project.write("schemas/imported/shop.overlay.yaml", "shop:refund: { title: Refund }\n")
    done = importing.run(*AGAIN)
    assert done.code == 1  # the overlay is wrong now
    first, *found = done.out.splitlines()
    assert first == "shop 1.0: 1 tool → schemas/imported/shop.yaml"
    assert found[0].startswith("  error schemas/imported/shop.overlay.yaml:1:1 ")
    assert "shop.yaml has no span type 'shop:refund'; did you mean" in found[0]
    assert found[-1] == "  error PD001 shop:refund: removed (writers, readers)"
    assert list(importing.span_types()) == ["find"]


def test_check_tells_what_has_changed(importing: ImportingProject) -> None:
    assert importing.run("import", "--check").out == "1 import is as the sources say\n"
    newer = {"protocolVersion": "2025-11-25", "serverInfo": {"name": "shop", "version": "1.1"}}
    importing.server(tool(), tool("find"), initialize=newer)
    assert importing.run("import", "--check").code == 0  # another version of the server, the same tools
    importing.server(with_required("invoice", "channel"), tool("find"), initialize=newer)
    before = importing.file.read_text()
    done = importing.run("import", "--check")
    assert (done.code, done.err) == (1, "")
    first, *changes = done.out.splitlines()
    assert first == "shop.yaml: shop 1.1 changed 1 of 2 tools; run import mcp --name shop"
    assert importing.file.read_text() == before
    assert changes == ["  error PD103 shop:refund params channel: added and required (writers)"]


def test_check_in_other_formats(importing: ImportingProject) -> None:
    importing.server(tool())
    (item,) = json.loads(importing.run("import", "--check", "--format", "json").out)
    assert (item["import"], item["file"]) == ("shop", "schemas/imported/shop.yaml")
    assert [each["id"] for each in item["changes"]] == ["PD001"]
    annotations = importing.run("import", "--check", "--format", "github").out.splitlines()
    assert annotations[0] == (
        "::error file=schemas/imported/shop.yaml,title=import::"
        "shop.yaml: shop 1.0 changed 1 of 2 tools; run import mcp --name shop"
    )
    assert annotations[1].startswith("::error file=schemas/imported/shop.yaml,title=PD001::shop:find: ")


def test_check_tells_that_a_source_cannot_be_read(importing: ImportingProject) -> None:
    importing.server(ends=1)
    done = importing.run("import", "--check")
    assert (done.code, done.out) == (2, "")
    assert done.err == "prefactor-gen: shop: the server ended with exit code 1 before it answered\n"
    assert importing.run("import", "--check", "--offline").out == "1 import is as written\n"


def test_an_edited_file(importing: ImportingProject) -> None:
    edited = importing.file.read_text().replace("Pays back.", "Refunds.")
    importing.file.write_text(edited)
    for options in (["--check"], ["--check", "--offline"]):
        done = importing.run("import", *options)
        assert (done.code, done.out) == (
            1,
            "shop.yaml was edited; move edits to shop.overlay.yaml, then run prefactor-gen import mcp --name shop "
            "--force\n",
        )
    done = importing.run(*AGAIN)
    assert (done.code, done.err) == (
        2,
        "prefactor-gen: schemas/imported/shop.yaml was edited; move edits to shop.overlay.yaml, or --force\n",
    )
    assert importing.file.read_text() == edited
    assert importing.run(*AGAIN, "--force").code == 0
    assert "Pays back." in importing.file.read_text()
    importing.file.write_bytes(importing.file.read_bytes().replace(b"\n", b"\r\n"))  # as git may do on Windows
    assert importing.run("import", "--check", "--offline").code == 0


def test_a_missing_file_and_a_file_of_somebody_else(importing: ImportingProject) -> None:
    text = importing.file.read_text()
    importing.file.unlink()
    assert importing.run("import", "--check", "--offline").out == (
        "schemas/imported/shop.yaml is missing; run prefactor-gen import mcp --name shop, or import --remove shop\n"
    )
    lock(importing).unlink()
    assert importing.run("import", "--check").out == "no imports\n"
    importing.file.write_text(text)
    unlocked = "schemas/imported/shop.yaml was written by an import that prefactor-imports.lock does not have; "
    for options in (["--check"], ["--check", "--offline"]):
        done = importing.run("import", *options)
        assert (done.code, done.out) == (
            1,
            f"{unlocked}restore prefactor-imports.lock, or import it again with its source\n",
        )
    assert unlocked in importing.import_tools(tool()).err
    importing.file.write_text("span_type_schemas: []\n")
    done = importing.import_tools(tool())
    assert done.err == (
        "prefactor-gen: schemas/imported/shop.yaml was not written by an import; move it away, or --force\n"
    )


def test_imports_at_the_same_time(importing: ImportingProject) -> None:
    """The source of one is read when another one has written the lock since."""
    (importing.project.root / "other.json").write_text(json.dumps([tool()]))
    code = "import sys; from prefactor_gen.command.main import run\nprint('hello')\ndef search(q: str) -> str: ...\n"
    importing.project.write(
        "slow.py", f"{code}assert run(['import', 'mcp', '--file', 'other.json', '--format', 'json']) == 0\n"
    )
    done = importing.run("import", "python", "slow:search", "--format", "json")
    assert json.loads(done.out)["span_types"] == 1  # what the module prints is no part of it
    assert "hello" in done.err
    assert all(f"[{name}]" in lock(importing).read_text() for name in ("other", "shop", "slow"))


def test_how_a_source_is_read_changes_without_naming_it_again(importing: ImportingProject) -> None:
    assert importing.run(*AGAIN, "--timeout", "30").code == 0
    assert "server = [" in lock(importing).read_text()
    assert "timeout = 30.0" in lock(importing).read_text()
    assert importing.run("import", "--check", "--timeout", "40").code == 0
    done = importing.run("import", "--check", "--timeout", "0")
    assert (done.code, "--timeout: expected a number of seconds up to 3600, found 0" in done.err) == (2, True)
    assert importing.run("import", "--timeout", "2").err == "prefactor-gen: --timeout needs --check, or a server\n"


def test_a_path_outside_of_the_project_is_a_warning(importing: ImportingProject, tmp_path_factory: Any) -> None:
    outside = tmp_path_factory.mktemp("outside") / "list.json"
    outside.write_text(json.dumps([tool()]))
    done = importing.run("import", "mcp", "--file", str(outside))
    assert f"  warning {outside} in prefactor-imports.lock is outside of the project; where others" in done.out


def test_an_import_is_removed(importing: ImportingProject) -> None:
    assert "has no import 'shp'; did you mean 'shop'?" in importing.run("import", "--remove", "shp").err
    written = importing.file.read_text()
    importing.file.write_text(f"{written}# mine\n")
    assert "schemas/imported/shop.yaml was edited" in importing.run("import", "--remove", "shop").err
    importing.file.write_text(written)
    importing.project.write("schemas/imported/shop.overlay.yaml", "shop:find: null\n")
    done = importing.run("import", "--remove", "shop")
    assert (done.code, done.out) == (
        0,
        "schemas/imported/shop.yaml removed; schemas/imported/shop.overlay.yaml is yours: move it or remove it\n",
    )
    assert not importing.file.exists()
    assert importing.run("import", "--check").out == "no imports\n"


def test_paths_are_relative_to_the_project(importing: ImportingProject) -> None:
    importing.project.write("below/list.json", {"tools": [tool()]})
    assert importing.project.run_in("below", "import", "mcp", "--file", "list.json").code == 0
    assert 'file = "below/list.json"' in lock(importing).read_text()
    assert importing.project.run_in("schemas", "import", "mcp", "--name", "list").code == 0
    assert importing.run("import", "--check").code == 0


@pytest.mark.parametrize("name", ["../up", "a/b", "", "x.overlay", "-x", "é", "x" * 64, "a\nb"])
def test_a_name_is_that_of_a_file(importing: ImportingProject, name: str) -> None:
    done = importing.run("import", "mcp", f"--name={name}", "--file", "scenario.json")
    assert done.code == 2
    assert done.err.startswith("prefactor-gen: --name: expected letters, digits, - and _")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("schemas/imported", "../elsewhere", "../elsewhere/shop.yaml is outside of the project; correct its file in"),
        (
            '"mcp"',
            '"mpc"',
            "prefactor-imports.lock: expected a known source in [shop], found 'mpc'; did you mean 'mcp'?",
        ),
        ("[shop]", "<<<<<<< x\n[shop]", "prefactor-imports.lock: not valid TOML: Invalid statement (at line 3, colum"),
        ("output =", "outptu =", "prefactor-imports.lock: unknown key 'outptu' in [shop]; did you mean 'output'?"),
        ("server =", "srver =", "prefactor-imports.lock: unknown option 'srver'; did you mean 'server'? in [shop.opt"),
        (
            "server = [",
            'server = "x" # [',
            "prefactor-imports.lock: expected a list of texts as server in [shop.opt",
        ),
        ("/shop.yaml", "/x.toml", "prefactor-imports.lock: expected a file shop.yaml in [shop], found 'schemas/import"),
        ("/shop.yaml", "\\u0000/shop.yaml", "prefactor-imports.lock: expected a text without null characters as file"),
        ("server = [", 'file = "\\u0000"\nserver = [', "prefactor-imports.lock: expected a text without null charac"),
        ('file = "', 'file = 1 # "', "prefactor-imports.lock: expected a text as file in [shop]; import it again"),
    ],
)
def test_a_lock_that_was_edited(importing: ImportingProject, old: str, new: str, message: str) -> None:
    lock(importing).write_text(lock(importing).read_text().replace(old, new))
    for command in (AGAIN, ("import", "--check")):
        done = importing.run(*command)
        assert (done.code, done.err.startswith(f"prefactor-gen: {message}")) == (2, True), done.err


MEETING = '[ ! -p meet ] || : {} meet; exec "$@"'


def import_through_shells(importing: ImportingProject, *scripts: str) -> None:
    """Import the tools of a server that a script starts, once for each script, as `one`, `two` …"""
    for name, script in zip(("one", "two"), scripts, strict=True):
        done = importing.run("import", "mcp", "--name", name, "--", "sh", "-c", script, "-", *COMMAND)
        assert done.code == 0, done


def test_check_reads_servers_at_the_same_time(importing: ImportingProject) -> None:
    """Each of these two waits until the other one runs."""
    import_through_shells(importing, MEETING.format(">"), MEETING.format("<"))
    os.mkfifo(importing.project.root / "meet")
    done = importing.run("import", "--check", "--timeout", "20")
    assert (done.code, done.out) == (0, "3 imports are as the sources say\n"), done.err


def test_check_that_is_interrupted_ends_the_servers(importing: ImportingProject) -> None:
    """Also one that goes on when its input ends."""
    script = '[ ! -p meet ] || { echo $$ > meet; while :; do read -r line < meet; done; }; exec "$@"'
    import_through_shells(importing, script, 'exec "$@"')
    os.mkfifo(meet := importing.project.root / "meet")
    command = [sys.executable, "-c", INTERRUPTIBLE, "prefactor_gen", "import", "--check"]
    program = subprocess.Popen(command, cwd=importing.project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    server = int(meet.read_text())
    program.send_signal(signal.SIGINT)
    printed = program.communicate()
    assert (program.returncode, printed) == (130, (b"", b""))
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def test_a_terminal_shows_what_is_read(importing: ImportingProject, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for command, expected in {
        AGAIN: "reading shop (mcp) …\n",
        ("import", "--check"): "reading 1 of 1: shop (mcp) …\n",
        ("import", "--check", "--offline"): "",
    }.items():
        monkeypatch.setattr(sys, "stderr", terminal := Terminal())
        assert importing.run(*command).code == 0
        assert terminal.getvalue() == expected


def test_mistakes(importing: ImportingProject) -> None:
    mistakes = {
        ("import",): "import: expected a source (mcp, openai, anthropic",
        ("import", "--offline"): "--offline needs --check",
        ("import", "--check", "mcp"): "--check reads all imports again; leave out mcp",
        ("import", "openai", "--name", "shop", "x.json"): "--name: 'shop' is an import of mcp; choose another, or im",
        ("import", "mcp", "--", "x"): "expected --name NAME, with which the names of the span types begin",
        ("import", "mcp", "--name", "Shop", "--", "x"): "--name: 'Shop' and the import 'shop' would be one file",
        ("import", "openai"): "openai: expected what to import, as in prefactor-gen import openai tools.json --na",
        ("import", "openai", "--name", "y"): "y: expected a file with a list of tools: TOOLS.json",
    }
    for command, message in mistakes.items():
        done = importing.run(*command)
        assert (done.code, done.out, done.err.startswith(f"prefactor-gen: {message}")) == (2, "", True), done.err


def test_a_project_without_a_folder_of_definitions_is_told_what_to_add(project: Project) -> None:
    project.write("pyproject.toml", '[project]\nname = "agent"\n')
    project.write("shop.json", {"tools": [tool(outputSchema={"type": "object"})]})
    assert project.run("import", "mcp", "--file", "shop.json").out == (
        "shop.json: 1 tool → schemas/imported/shop.yaml\n"
        '  hint: add "schemas/imported" to sources in [tool.prefactor-gen] of pyproject.toml\n'
    )


def test_nothing_is_written_outside_of_the_project(project: Project) -> None:
    project.write("agent/pyproject.toml", '[tool.prefactor-gen]\nsources = ["../schemas"]\npackage = "made"\n')
    project.write("agent/shop.json", {"tools": [tool()]})
    done = project.run_in("agent", "import", "mcp", "--file", "shop.json")
    assert (done.code, done.err) == (
        2,
        "prefactor-gen: ../schemas/imported/shop.yaml is outside of the project; name a folder inside of it first in "
        "sources\n",
    )


def test_imports_of_all_projects(importing: ImportingProject) -> None:
    """In a folder without imports, those of the projects below it are checked; without any, it is a wrong folder."""
    project = importing.project
    for name in ("one", "two"):
        shutil.copytree(project.root / "schemas", project.root / name / "schemas")
        for file in ("pyproject.toml", "prefactor-imports.lock"):
            shutil.copy(project.root / file, project.root / name)
        project.write(f"{name}/schemas/imported/shop.yaml", "span_type_schemas: []\n")
    for file in ("pyproject.toml", "prefactor-imports.lock"):
        (project.root / file).unlink()
    done = importing.run("import", "--check", "--offline", "--format", "json")
    assert done.code == 1
    files = [each["file"] for each in json.loads(done.out)]
    assert files == [f"{name}/schemas/imported/shop.yaml" for name in ("one", "two")]
    project.write("else/notes.txt", "")
    done = importing.run("-C", "else", "import", "--check")
    assert done.code == 2
    assert done.err.startswith("prefactor-gen: --check: expected prefactor-imports.lock here, or sources in ")
