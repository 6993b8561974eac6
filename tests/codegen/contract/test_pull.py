"""`prefactor-gen pull`: definitions that an agent has registered become definitions of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
import yaml
from tests.codegen.contract.platform_api import platform_api
from tests.codegen.support import Project

pytestmark = pytest.mark.slow

PARAMS = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}
RISK = {
    "action_profile": {"financial_transactions": "allowed"},
    "params_data_categories": {"financial_information": "included"},
    "result_data_categories": {},
}


@pytest.fixture
def register(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Registers span types of the agent `billing`, as one of its runs does."""
    project.write("pyproject.toml", '[project]\nname = "x"\n[tool.prefactor-gen]\nsources = ["schemas"]\n')
    with platform_api(monkeypatch) as api:

        def send(version: str, *span_types: dict[str, object], **more: object) -> None:
            schemas = {"external_identifier": version, "span_type_schemas": span_types, **more}
            body = {"agent_id": "a1", "agent_version": {"name": "billing"}, "agent_schema_version": schemas}
            headers = {"Authorization": f"Bearer {api.token}"}
            httpx.post(f"{api.url}/api/v1/agent_instance/register", json=body, headers=headers).raise_for_status()

        yield send


def test_writes_the_newest_definitions_without_what_the_api_adds(
    register: Callable[..., None], project: Project
) -> None:
    refund = {"name": "billing:refund", "title": "Refund", "template": "{{ amount }}", "params_schema": PARAMS}
    register("v1", {"name": "billing:old", "params_schema": PARAMS})
    register(
        "v2",
        {**refund, "data_risk": RISK},
        {"name": "billing:check", "params_schema": PARAMS, "result_schema": PARAMS},
        quality_schemas=[{"name": "score", "schema": PARAMS}],
    )
    result = project.run("pull", "billing")
    assert (result.code, result.out) == (0, "billing v2: 2 span types → schemas/imported/billing.yaml\n"), result.err
    assert yaml.safe_load((project.root / "schemas/imported/billing.yaml").read_text()) == {
        "span_type_schemas": [
            {**refund, "data_risk": RISK},
            {"name": "billing:check", "params_schema": PARAMS, "result_schema": PARAMS},
        ],
        "quality_schemas": [{"name": "score", "schema": PARAMS}],
    }
    assert project.run("check").code == 0


def test_a_version_by_its_name_into_another_file(register: Callable[..., None], project: Project) -> None:
    for version, name in (("v1", "a:one"), ("v1", "a:two"), ("v2", "a:three")):
        register(version, {"name": name, "params_schema": PARAMS})
    result = project.run("pull", "billing@v1", "--name", "old")
    first, note = result.out.splitlines()
    assert first == "billing v1: 1 span type → schemas/imported/old.yaml"
    assert note.startswith("  note 2 versions are 'v1'; this is the newest, ")
    assert "a:two" in (project.root / "schemas/imported/old.yaml").read_text()


def test_a_later_version_is_found_by_the_check_of_imports(register: Callable[..., None], project: Project) -> None:
    register("v1", {"name": "a:one", "params_schema": PARAMS})
    project.run("pull", "billing")
    assert project.run("import", "--check").code == 0
    register("v2", {"name": "a:one", "params_schema": {"type": "object"}})
    result = project.run("import", "--check")
    assert result.code == 1
    assert result.out.splitlines()[0] == "billing.yaml: billing v2 changed 1 of 1 span type; run pull --name billing"


def test_what_cannot_be_a_definition_is_left_out(register: Callable[..., None], project: Project) -> None:
    """The platform keeps schemas that are wrong."""
    wrong = {"type": "objekt"}
    register(
        "v1",
        {"name": "a:fine", "params_schema": PARAMS},
        {"name": "a:wrong", "params_schema": wrong},
        quality_schemas=[{"name": "fine", "schema": PARAMS}, {"name": "wrong", "schema": wrong}],
    )
    result = project.run("pull", "billing")
    first, *errors = result.out.splitlines()
    assert (result.code, first) == (1, "billing v1: 1 of 2 span types → schemas/imported/billing.yaml")
    assert [line.partition("PG006")[0] for line in errors] == [
        "  error the quality schema 'wrong' is left out: ",
        "  error a:wrong: ",
    ]
    written = yaml.safe_load((project.root / "schemas/imported/billing.yaml").read_text())
    assert [entry["name"] for entry in written["span_type_schemas"]] == ["a:fine"]
    assert [entry["name"] for entry in written["quality_schemas"]] == ["fine"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["biling"], "there is no agent 'biling' in this account; did you mean 'billing'?"),
        (["billing@v9"], "agent 'billing' has no definitions of version 'v9'; it has, the newest first: v1"),
        (["billing@"], "expected AGENT or AGENT@VERSION, found 'billing@'"),
        ([], "pull: expected an agent, as in `prefactor-gen pull my-agent`"),
    ],
)
def test_mistakes_are_told_on_one_line(
    register: Callable[..., None], project: Project, arguments: list[str], message: str
) -> None:
    register("v1", {"name": "a:one", "params_schema": PARAMS})
    result = project.run("pull", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert result.err.startswith("prefactor-gen: ")
    assert result.err.count("\n") == 1


def test_without_a_token(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFACTOR_API_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("PREFACTOR_API_TOKEN", raising=False)
    result = project.run("pull", "billing")
    assert (result.code, result.err) == (
        2,
        "prefactor-gen: billing: PREFACTOR_API_TOKEN is not set; definitions are read with the token of an account\n",
    )


def test_span_types_that_another_file_has_are_not_written(register: Callable[..., None], project: Project) -> None:
    register(
        "v1", {"name": "billing:refund", "params_schema": PARAMS}, {"name": "billing:check", "params_schema": PARAMS}
    )
    assert project.run("pull", "billing").code == 0
    result = project.run("pull", "billing@v1", "--name", "old")
    assert (result.code, result.err) == (
        2,
        "prefactor-gen: billing:check and 1 more: defined in schemas/imported/billing.yaml already; nothing was "
        'written; leave them out in old.overlay.yaml ("billing:check": null), or --force\n',
    )
    assert not (project.root / "schemas/imported/old.yaml").exists()
    project.write("schemas/imported/old.overlay.yaml", "billing:check: null\n")
    assert "billing:refund: defined in" in project.run("pull", "billing@v1", "--name", "old").err
    assert project.run("pull", "billing").code == 0  # a file does not collide with itself
