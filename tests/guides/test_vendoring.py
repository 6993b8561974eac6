"""The guide to `prefactor-gen refs`. A server on this machine stands for the one of the guide."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.codegen.contract.schema_server import SchemaServer, schema_server
from tests.guides.blocks import block
from tests.guides.running import project, shell

GUIDE = "codegen/prefactor_gen/vendoring/README.md"
DEFINITION = block(f"{GUIDE}#add-a-schema/yaml")
ADD, ADDED = block(f"{GUIDE}#add-a-schema/sh"), block(f"{GUIDE}#add-a-schema/text")
ENTRIES = block(f"{GUIDE}#add-a-schema/toml")
UPDATE, UPDATED = block(f"{GUIDE}#update/sh"), block(f"{GUIDE}#update/text")
CHECK, CHECKED = block(f"{GUIDE}#check/sh"), block(f"{GUIDE}#check/text")
HOST = "https://schemas.acme.dev"
MONEY = {"type": "object", "properties": {"amount": {"type": "number"}, "currency": {"$ref": "currency.json"}}}


@pytest.fixture
def server() -> Iterator[SchemaServer]:
    with schema_server() as running:
        running.put("/money.json", MONEY)
        running.put("/currency.json", {"enum": ["EUR", "USD"]})
        yield running


@pytest.mark.slow
def test_the_guide(server: SchemaServer, tmp_path: Path) -> None:
    def run(commands: str) -> tuple[int, str]:
        done = shell(commands.replace(HOST, server.url), tmp_path)
        assert not done.stderr
        return done.returncode, done.stdout.replace(server.url, HOST)

    configuration = '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "acme_spans"\n'
    definition = DEFINITION.replace(HOST, server.url)
    project(tmp_path, {"schemas/billing.yaml": definition, "pyproject.toml": configuration})
    assert run(ADD) == (0, ADDED)
    text = (tmp_path / "pyproject.toml").read_text("utf-8")
    assert text.startswith(configuration)
    assert (
        tomllib.loads(text.replace(server.url, HOST))["tool"]["prefactor-gen"]["refs"]
        == (tomllib.loads(ENTRIES)["tool"]["prefactor-gen"]["refs"])
    )
    server.put("/currency.json", {"enum": ["EUR", "USD", "GBP"]})
    assert run(UPDATE) == (0, UPDATED)
    (tmp_path / "schemas/vendor/money.json").write_text("{}")
    assert run(CHECK) == (1, CHECKED)
