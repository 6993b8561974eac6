"""What `prefactor-gen diff` reads of git: real repositories, as they are in branches, in CI and in monorepos."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from tests.codegen.contract.repository import CONFIGURATION, Repository, definitions, git
from tests.codegen.support import Project, forget

pytestmark = pytest.mark.slow

TEXT: dict[str, object] = {"type": "string"}
REFUND = definitions(billing_refund={"invoice": TEXT})
REFUND_AND_SEND = definitions(billing_refund={"invoice": TEXT}, mail_send={"to": TEXT})


@pytest.fixture
def repository(project: Project) -> Repository:
    """A project with one commit on `main`, in a branch `topic`."""
    made = Repository(project.root)
    made.commit(pyproject=CONFIGURATION, schemas__spans=REFUND)
    git(made.root, "switch", "-q", "-c", "topic")
    return made


def deprecated(until: str, **amount: object) -> str:
    """A definition file with a span type that is supported until a date."""
    properties = {"invoice": TEXT, "amount": {"type": "number", **amount}}
    entry = json.loads(definitions(billing_refund=properties))["span_type_schemas"][0]
    said = {"reason": "Nobody reads it.", "until": until}
    return json.dumps({"span_type_schemas": [{**entry, "x-prefactor-deprecated": said}]})


def message(project: Project, *arguments: str, folder: str = ".") -> str:
    """The one line that a run prints which cannot compare."""
    done = project.run_in(folder, "diff", *arguments)
    assert (done.code, done.out) == (2, ""), done
    (line,) = done.err.splitlines()
    return line.removeprefix("prefactor-gen: diff: ")


def test_a_branch_is_not_blamed_for_what_main_got_meanwhile(project: Project, repository: Repository) -> None:
    base = git(project.root, "rev-parse", "--short", "main")
    git(project.root, "switch", "-q", "main")
    repository.commit(schemas__more=definitions(mail_send={"to": TEXT}))
    git(project.root, "switch", "-q", "topic")
    same = project.run("diff", "main")
    title = f"common commit of main and HEAD at {base} → working tree: none of 1 span type changed"
    assert (same.code, same.out.splitlines()) == (
        0,
        [title, "  main is newer than HEAD: --tip compares with main itself"],
    )
    repository.commit()
    assert project.run("diff", "main").out == f"{title}\n"
    assert "error PD001" in project.run("diff", "main", "--tip").out


def test_the_working_tree_need_not_be_committed(project: Project, repository: Repository) -> None:
    repository.write(schemas__spans=definitions(mail_send={"to": TEXT}))
    done = project.run("diff", "main")
    assert done.code == 1
    assert re.search(r"^billing:refund  schemas/spans.yaml:\d+:\d+\n  error PD001 ", done.out, re.MULTILINE)
    assert "note PD002" in done.out


def test_nothing_of_a_commit_writes_to_the_terminal(project: Project, repository: Repository) -> None:
    name = "a\x1b[31m\u202eb"
    repository.commit(pyproject=CONFIGURATION.replace("schemas", "\\u001b[31m\\u202e"))
    repository.write(pyproject=CONFIGURATION)
    assert "there is no \\x1b[31m\\u202e, which" in message(project, "HEAD")
    repository.commit(schemas__spans=definitions(**{name: {"x": TEXT}}))
    repository.write(schemas__spans=REFUND)
    for form in ("text", "markdown", "github"):
        assert not {"\x1b", "\u202e"} & set(project.run("diff", "HEAD", "--format", form).out), form


def test_two_refs(project: Project, repository: Repository) -> None:
    git(project.root, "tag", "v1")
    repository.commit(schemas__spans=REFUND_AND_SEND)
    git(project.root, "tag", "v2")
    repository.write(schemas__spans="not: read")
    assert "PD002" in project.run("diff", "v1", "v2").out
    assert "1 of 2 span types changed" in project.run("diff", "v1", "v2").out
    assert "PD001" in project.run("diff", "v2", "v1", "--tip").out
    title, newer = project.run("diff", "v2", "v1").out.splitlines()
    assert title.startswith("common commit of v2 and v1 at ")
    assert newer == "  v2 is newer than v1: --tip compares with v2 itself"


def test_the_printed_command_makes_a_shallow_clone_deep_enough(project: Project) -> None:
    origin = Repository(project.root / "origin")
    origin.commit(pyproject=CONFIGURATION, schemas__spans=REFUND)
    git(origin.root, "switch", "-q", "-c", "topic")
    origin.commit(schemas__more=definitions(mail_send={"to": TEXT}))
    git(origin.root, "switch", "-q", "main")
    origin.commit(README="main goes on")
    git(project.root, "clone", "-q", "--depth=1", "--branch=topic", origin.root.as_uri(), "clone")
    said = message(project, "origin/main", folder="clone")
    command = said.partition(", first ")[2]
    assert said == f"'origin/main' is no path and no ref here; this is a shallow clone, first {command}"
    subprocess.run(command.split(), cwd=project.root / "clone", check=True, capture_output=True)
    assert "PD002" in project.run_in("clone", "diff", "origin/main").out


def test_what_to_fetch_is_a_command_that_helps(project: Project) -> None:
    """For the name of a branch that only the origin has, in a clone of one branch."""
    origin = Repository(project.root / "origin")
    origin.commit(pyproject=CONFIGURATION, schemas__spans=REFUND)
    git(origin.root, "switch", "-q", "-c", "mine")
    clone = project.root / "clone"
    git(project.root, "clone", "-q", "--single-branch", "--branch=mine", origin.root.as_uri(), "clone")
    command = "git fetch origin +refs/heads/main:refs/remotes/origin/main"
    few = "is no path and no ref here; this is a clone of some branches, first"
    assert message(project, "origin/main", folder="clone") == f"'origin/main' {few} {command}"
    main = message(project, "main", folder="clone")
    assert main.startswith("'main' is no path and no ref here; did you mean 'mine'? If not, this is a clone of some ")
    assert main.endswith(f": first {command}, and compare with origin/main")
    assert message(project, "v1.2", folder="clone") == f"'v1.2' {few} git fetch --tags origin"
    git(clone, *command.split()[1:])
    assert message(project, "main", folder="clone") == "'main' is no path and no ref here; did you mean 'origin/main'?"
    assert project.run_in("clone", "diff", "origin/main").code == 0


def test_a_shallow_clone_that_has_the_ref_lacks_the_commit_in_common(project: Project) -> None:
    origin = Repository(project.root / "origin")
    origin.commit(pyproject=CONFIGURATION, schemas__spans=REFUND)
    git(origin.root, "branch", "topic")
    origin.commit(schemas__spans=REFUND_AND_SEND)
    git(project.root, "clone", "-q", "--depth=1", "--no-single-branch", origin.root.as_uri(), "clone")
    git(project.root / "clone", "switch", "-q", "topic")
    said = message(project, "origin/main", folder="clone")
    assert "have no commit in common; in a shallow clone, first git fetch --unshallow origin" in said
    assert project.run_in("clone", "diff", "origin/main", "--tip").code == 1
    subprocess.run(said.partition("first ")[2].split(), cwd=project.root / "clone", check=True, capture_output=True)
    assert "none of 1 span type changed" in project.run_in("clone", "diff", "origin/main").out


def test_what_is_neither_a_path_nor_a_ref(project: Project, repository: Repository) -> None:
    assert message(project, "mian") == "'mian' is no path and no ref here; did you mean 'main'?"
    assert message(project, "main:schemas") == (
        "'main:schemas' is no path and no ref here; did you mean 'git:main:schemas'?"
    )
    for tag in ("v1.0.0", "v1.1.0", "v2.0"):
        git(project.root, "tag", tag)
    assert message(project, "v1.0").endswith("did you mean 'v1.0.0'?")
    repository.commit(pyproject=CONFIGURATION.replace('"schemas"', '"schemas", "more"'))
    assert message(project, "HEAD").endswith("there is no more, which pyproject.toml names there")
    assert message(project, "git:nothing").startswith("'nothing' is no ref here")
    assert message(project, "git:main:nothing").endswith("there is no nothing")
    assert message(project, "path:nothing") == "there is no 'nothing' here"
    assert message(project, "") == (
        "expected a path, a git ref, path:…, git:REF[:PATH] or platform:AGENT[@VERSION], found ''"
    )
    assert message(project, "platform:a@").startswith("expected platform:AGENT or platform:AGENT@VERSION")
    assert message(project).startswith("expected OLD, as in `prefactor-gen diff origin/main`, or against = ")


def test_a_path_that_is_a_ref_too_is_ambiguous(project: Project, repository: Repository) -> None:
    repository.write(main__spans=REFUND)
    assert message(project, "main") == "'main' is a path and a git ref; write path:main or git:main"
    assert project.run("diff", "git:main").code == 0
    assert project.run("diff", "path:main").code == 0


@pytest.mark.parametrize("ref", ["--upload-pack=touch made", "-C..", "git:--output=made"])
def test_a_ref_is_never_an_option_of_git(project: Project, repository: Repository, ref: str) -> None:
    assert "expected " in message(project, "--", ref)
    repository.write(pyproject=f'{CONFIGURATION}[tool.prefactor-gen.diff]\nagainst = "{ref}"\n')
    assert "expected " in message(project)
    assert not (project.root / "made").exists()


def test_no_repository_and_no_commit(project: Project) -> None:
    project.write("pyproject.toml", CONFIGURATION)
    project.write("schemas/spans.yaml", REFUND)
    assert message(project, "main") == "'main' is no path and no ref here; this folder is in no git repository"
    Repository(project.root)
    for ref in ("main", "git:HEAD"):
        done = project.run("diff", ref)
        assert (done.code, "  the repository has no commit yet" in done.out.splitlines()) == (0, True)
        assert "note PD002 added" in done.out
    assert message(project, "schemas", "main") == "'main' is no ref here"


def test_without_git_two_folders_can_be_compared(
    project: Project, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(project.root))
    assert message(project, "main") == ("'main' is no path and no ref here; cannot run git: No such file or directory")
    assert project.run("diff", "schemas").code == 0


def test_python_is_not_run_but_read_from_the_package(project: Project, repository: Repository) -> None:
    registry = "from prefactor_core import SchemaRegistry\nregistry = SchemaRegistry()\n"
    params = {"type": "object", "properties": {"to": TEXT}}
    module = f"{registry}registry.register_type('mail:send', params={params!r})\n"
    sources = CONFIGURATION.replace('"schemas"', '"app_spans:registry"')
    (project.root / "app_spans.py").write_text(f"open('ran', 'w').close()\n{module}")
    commit = repository.commit(pyproject=sources)
    said = message(project, "topic")
    assert said == (
        f"at {git(project.root, 'rev-parse', '--short', commit)} the source app_spans:registry is Python, which is not "
        "run; check in generated/billing_spans, then compare"
    )
    assert project.run().code == 0
    repository.commit()
    (project.root / "app_spans.py").write_text(registry + module.replace("mail:send", "mail:sent"))
    (project.root / "ran").unlink()
    forget("app_spans")
    done = project.run("diff", "topic")
    assert (done.code, done.err) == (1, "")
    assert "mail:send  generated/billing_spans/__definitions__.py" in done.out
    assert not (project.root / "ran").exists()


def test_beside_python_the_files_of_a_commit_are_read(project: Project, repository: Repository) -> None:
    """The generated package lacks what is not sent to the API, and may be older: only the rest is taken from it."""
    registry = "from prefactor_core import SchemaRegistry\nregistry = SchemaRegistry()\n"
    (project.root / "both_spans.py").write_text(f"{registry}registry.register_type('mail:send', params={{}})\n")
    sources = CONFIGURATION.replace('"schemas"', '"schemas", "both_spans:registry"')
    forget("both_spans")
    project.write("pyproject.toml", sources)
    repository.write(schemas__spans=deprecated("2099-01-01"))
    assert project.run().code == 0
    repository.commit()
    assert project.run("diff", "HEAD").out.endswith(" → working tree: none of 2 span types changed\n")
    repository.commit(schemas__spans=deprecated("2099-01-01", minimum=1))
    done = project.run("diff", "HEAD~1", "HEAD")
    assert "error PD204 amount: minimum 1 added" in done.out
    assert "PD001" not in done.out
    head = git(project.root, "rev-parse", "--short", "HEAD")
    assert (
        f"  HEAD at {head}: generated/billing_spans was older than the definition files of billing:refund;" in done.out
    )
    repository.write(schemas__spans=REFUND.replace("billing:refund", "billing:paid"))
    assert "PD307" in project.run("diff", "HEAD").out
    git(project.root, "worktree", "add", "-q", "tree", "HEAD")
    assert "none of 2 span types changed" in project.run("diff", "tree", "HEAD").out
    forget("both_spans")


def test_python_of_another_folder_is_not_run(project: Project) -> None:
    """Its modules may have the names of those of the working tree, which are imported."""
    registry = "from prefactor_core import SchemaRegistry\nregistry = SchemaRegistry()\n"
    for folder, name in (("old", "a:old"), ("new", "a:new")):
        project.write(f"{folder}/pyproject.toml", CONFIGURATION.replace('"schemas"', '"both_spans:registry"'))
        project.write(f"{folder}/both_spans.py", f"{registry}registry.register_type({name!r}, params={{}})\n")
    assert message(project, "../old", folder="new") == (
        "the source both_spans:registry of ../old is Python, which is not run; generate generated/billing_spans there"
    )
    forget("both_spans")
    assert project.run_in("old").code == 0
    forget("both_spans")
    assert "PD001" in project.run_in("new", "diff", "../old").out
    forget("both_spans")


def test_a_package_is_data(project: Project, repository: Repository) -> None:
    """What is written in it is not run, whatever it is."""
    package = project.root / "old"
    package.mkdir()
    for text in (
        "DEFINITIONS = __import__('os').mkdir('ran')",
        "DEFINITIONS = (",
        "x = 1",
        "DEFINITIONS = " + "[" * 999,
    ):
        (package / "__definitions__.py").write_text(text)
        assert message(project, "old") == (
            "old/__definitions__.py: expected DEFINITIONS = {…} with plain data, as prefactor-gen writes it"
        )
    assert not (project.root / "ran").exists()
    assert project.run().code == 0
    assert "none of 1 span type changed" in project.run("diff", "generated/billing_spans").out


def test_a_path_at_a_commit_has_the_references_of_then(project: Project, repository: Repository) -> None:
    url = "https://schemas.example.com/money.json"
    spans = definitions(billing_refund={"amount": {"$ref": url}})
    refs = f'refs = {{ "{url}" = "vendor/money.yaml" }}\n'
    repository.commit(pyproject=CONFIGURATION + refs, schemas__spans=spans, vendor__money="type: number")
    repository.write(pyproject=CONFIGURATION + refs.replace("vendor/", ""), money="type: integer")
    assert "none of 1 span type changed" in project.run("diff", "git:HEAD:schemas", "git:HEAD:schemas").out
    assert "error PD201 amount: " in project.run("diff", "git:HEAD:schemas").out


def test_the_configuration_of_then_is_read(project: Project, repository: Repository) -> None:
    git(project.root, "mv", "schemas", "spans")
    repository.commit(pyproject=CONFIGURATION.replace('"schemas"', '"spans"') + 'unknown-then = "ignored"\n')
    repository.write(pyproject=CONFIGURATION.replace('"schemas"', '"spans"'))
    assert "none of 1 span type changed" in project.run("diff", "main").out
    assert "none of 1 span type changed" in project.run("diff", "HEAD").out


def test_a_project_without_a_configuration_then(project: Project) -> None:
    made = Repository(project.root)
    first = made.commit(README="nothing yet")
    second = made.commit(schemas__spans=REFUND)
    made.commit(agent__pyproject=CONFIGURATION, agent__schemas__spans=REFUND)
    made.write(pyproject=CONFIGURATION)
    assert "has no definitions: every span type counts as added" in project.run("diff", first).out
    assert "none of 1 span type changed" in project.run("diff", second).out
    git(project.root, "rm", "-q", "-r", "schemas")
    (project.root / "pyproject.toml").unlink()
    third = made.commit(other__spans=REFUND)
    made.write(pyproject=CONFIGURATION.replace('"schemas"', '"new"'), new__spans=REFUND)
    said = message(project, third, "--tip")
    assert "pyproject.toml has no [tool.prefactor-gen], but agent/pyproject.toml has; if the project has moved" in said
    for path in ("agent", "agent/schemas"):
        assert "none of 1 span type changed" in project.run("diff", f"git:{third}:{path}").out


def test_links_and_submodules(project: Project, repository: Repository) -> None:
    """A link is read as the file of the commit that it leads to, and never followed out of it."""
    (project.root / "shared").mkdir()
    (project.root / "shared/mail.yaml").write_text(definitions(mail_send={"to": TEXT}))
    (project.root / "schemas/mail.yaml").symlink_to("../shared/mail.yaml")
    repository.commit(pyproject=f'{CONFIGURATION}reference-folders = ["shared"]\n')
    assert "none of 2 span types changed" in project.run("diff", "topic").out
    (project.root / "schemas/mail.yaml").unlink()
    (project.root / "schemas/mail.yaml").symlink_to("/etc/hostname")
    repository.commit()
    (project.root / "schemas/mail.yaml").unlink()
    assert "schemas/mail.yaml is a link, which leads to no file of the commit" in message(project, "topic")
    inner = Repository(project.root / "inner")
    inner.commit(spans=REFUND)
    git(project.root, "submodule", "add", "-q", "./inner", "schemas/inner.d")
    repository.commit()
    assert "schemas/inner.d is a submodule, whose files are not in this repository" in message(project, "topic")


def test_attributes_for_archives_change_nothing(project: Project, repository: Repository) -> None:
    (project.root / ".gitattributes").write_text("schemas export-ignore\npyproject.toml export-ignore\n")
    repository.commit()
    assert "none of 1 span type changed" in project.run("diff", "topic").out


def test_projects_of_a_monorepo(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Repository(project.root)
    shared = CONFIGURATION.replace('["schemas"]', '["../shared"]')
    made.commit(a__pyproject=CONFIGURATION, a__schemas__spans=REFUND, b__pyproject=shared, shared__mail=REFUND)
    made.write(a__schemas__spans=REFUND_AND_SEND, shared__mail=REFUND_AND_SEND)
    (project.root / "a/src").mkdir()
    monkeypatch.setenv("GIT_DIR", str(project.root / ".git"))  # as a hook of git sets it
    assert "PD002" in project.run_in("a/src", "diff", "HEAD").out
    assert "PD002" in project.run_in("a", "diff", "git:HEAD:./schemas").out
    assert "PD002" in project.run("diff", "HEAD", "-C", "b").out


@pytest.mark.slow
def test_several_projects_in_one_run(project: Project) -> None:
    made = Repository(project.root)
    made.commit(a__pyproject=CONFIGURATION, a__schemas__x=REFUND, b__pyproject=CONFIGURATION, b__schemas__x=REFUND)
    made.write(b__schemas__x=definitions(mail_send={"to": TEXT}))
    done = project.run("diff", "HEAD", "--format", "json")
    found = {name: {each["id"] for each in report["changes"]} for name, report in json.loads(done.out).items()}
    assert (found["a"], {"PD001", "PD002"} <= found["b"]) == (set(), True)
    assert done.code == 1
    done = project.run("diff", "HEAD", "-C", "a", "-C", "b", "--format", "markdown")
    assert done.out.count("<!-- prefactor-gen diff -->") == 1
    assert "### <code>b</code>" in done.out


def test_a_linked_worktree(project: Project, repository: Repository) -> None:
    git(project.root, "worktree", "add", "-q", "tree", "main")
    assert "none of 1 span type changed" in project.run_in("tree", "diff", "topic").out
