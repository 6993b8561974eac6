"""The guide to prefactor-gen import: OpenAPI, objects of a program, recorded spans, and the platform."""

from __future__ import annotations

import shlex
from pathlib import Path

import httpx
import pytest
from tests.codegen.support import forget, run_silently
from tests.guides.blocks import block
from tests.guides.running import project

from prefactor_local import LocalApi

GUIDE = "codegen/prefactor_gen/importing/README.md"
OPENAPI = f"{GUIDE}#operations-of-an-openapi-document"
PYTHON = f"{GUIDE}#objects-of-a-program"
SPANS = f"{GUIDE}#recorded-spans"
PLATFORM = f"{GUIDE}#definitions-at-the-platform"
DOCUMENT, ALL, SOME, PRINTED = (block(f"{OPENAPI}/{name}") for name in ("yaml", "sh", "sh/2", "text"))
PROGRAM, OBJECTS, OBJECTS_PRINTED = (block(f"{PYTHON}/{name}") for name in ("python", "sh", "text"))
SPAN, SAMPLES, SAMPLES_PRINTED = (block(f"{SPANS}/{name}") for name in ("json", "sh", "text"))
TOOLS, OPENAI = (block(f"{GUIDE}#tools-of-openai-and-anthropic/{name}") for name in ("json", "sh"))
PULL, PULLED = (block(f"{PLATFORM}/{name}") for name in ("sh", "text"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, {"pyproject.toml": '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "guide_spans"\n'})
    monkeypatch.chdir(tmp_path)


def run(commands: str) -> tuple[int, str]:
    return run_silently(*shlex.split(commands)[1:])


def test_operations_become_classes() -> None:
    Path("shop.yaml").write_text(DOCUMENT)
    assert run(ALL) == (0, PRINTED)
    assert run("prefactor-gen generate")[0] == 0
    code = Path("generated/guide_spans/_shop_update_order.py").read_text()
    for keyword in ("id__path: str", "id: str |", "total: float", "note: str | None |"):
        assert f"    {keyword}" in code
    assert "class Order(" in Path("generated/guide_spans/_shared_order.py").read_text()


def test_some_operations() -> None:
    Path("shop.yaml").write_text(DOCUMENT)
    assert run(SOME) == (0, PRINTED)
    code, _ = run("prefactor-gen import openapi shop.yaml --names path")
    assert code == 0
    assert "name: shop:put_orders_id\n" in Path("schemas/imported/shop.yaml").read_text()


def test_objects_of_a_program() -> None:
    Path("shop_agent").mkdir()
    Path("shop_agent/tools.py").write_text(PROGRAM)
    assert run(OBJECTS) == (0, OBJECTS_PRINTED)
    text = Path("schemas/imported/orders.yaml").read_text()
    assert "name: orders:find_orders\n" in text
    assert "name: orders:order\n" in text
    forget("shop_agent")


def test_all_in_one_project() -> None:
    """Who follows the guide from top to bottom meets no name twice."""
    texts = {"tools.json": TOOLS, "shop.yaml": DOCUMENT, "shop_agent/tools.py": PROGRAM, "recorded.jsonl": SPAN}
    project(Path(), texts)
    assert [run(commands)[0] for commands in (OPENAI, ALL, SOME, OBJECTS, SAMPLES)] == [0] * 5
    assert run("prefactor-gen check")[0] == 0
    forget("shop_agent")


def test_recorded_spans() -> None:
    Path("recorded.jsonl").write_text(SPAN)
    assert run(SAMPLES) == (0, SAMPLES_PRINTED)
    text = Path("schemas/imported/recorded.yaml").read_text()
    assert "R-17" not in text
    assert "total:" in text


def test_definitions_at_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    types = [{"name": name, "params_schema": {"type": "object"}} for name in ("shop:order", "shop:search")]
    with LocalApi() as api:
        monkeypatch.setenv("PREFACTOR_API_URL", api.url)
        monkeypatch.setenv("PREFACTOR_API_TOKEN", api.token)
        version = {"external_identifier": "sha256-8c1f2e5b", "span_type_schemas": types}
        body = {"agent_id": "a1", "agent_version": {"name": "shop-agent"}, "agent_schema_version": version}
        headers = {"Authorization": f"Bearer {api.token}"}
        httpx.post(f"{api.url}/api/v1/agent_instance/register", json=body, headers=headers).raise_for_status()
        assert run(PULL) == (0, PULLED)
