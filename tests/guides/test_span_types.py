"""The guide to the schemas: schemas/README.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.guides.blocks import block, table
from tests.guides.running import agent, execute, project, record, shell
from tests.support.processes import ROOT

import prefactor_spans
from prefactor_api.agent_instance import ActionProfile, DataCategories, DataRisk

GUIDE = "schemas/README.md"
USE = block(f"{GUIDE}#the-standard-span-types/python")
GOOD = block(f"{GUIDE}#writing-a-good-span-type/yaml")
CHECK = block(f"{GUIDE}#writing-a-good-span-type/sh")
CHECKED = block(f"{GUIDE}#writing-a-good-span-type/text")


def properties(cell: str) -> list[tuple[str, bool]]:
    """The properties that a cell lists, and whether each is required."""
    return [(name, bool(bold)) for bold, name in re.findall(r"(\*\*)?`(\w+)`", cell)]


def test_the_standard_span_types_are_listed() -> None:
    defined: dict[str, Any] = {
        item["name"]: item for item in prefactor_spans.registry.to_agent_schema_version("")["span_type_schemas"]
    }
    rows = table(GUIDE, "the-standard-span-types")
    assert {row[0].strip("`") for row in rows} == defined.keys()
    for name, class_name, *parts, _ in rows:
        item = defined[name.strip("`")]
        assert getattr(prefactor_spans, class_name.strip("`")).schema_name == item["name"]
        for cell, schema in zip(parts, (item["params_schema"], item["result_schema"]), strict=True):
            required = schema.get("required", [])
            assert properties(cell) == [(each, each in required) for each in schema["properties"]]


@pytest.mark.anyio
async def test_a_standard_span_type_is_used() -> None:
    async with agent(prefactor_spans.registry) as names:
        await execute(USE, **names)
        assert (await names["client"].flush()).complete
        assert names["api"].spans()[0]["summary"] == "what to wear in Lisbon → 1 document"


@pytest.mark.slow
def test_the_good_span_type_is_good(tmp_path: Path) -> None:
    configuration = '[tool.prefactor-gen]\nsources = ["schemas"]\noutput = "."\npackage = "shop_spans"\n'
    project(tmp_path, {"schemas/shop.yaml": GOOD, "pyproject.toml": configuration})
    done = shell(CHECK, tmp_path)
    assert (done.returncode, done.stdout + done.stderr) == (0, CHECKED)
    shell("prefactor-gen", tmp_path)
    program = """
from shop_spans import ShopPlaceOrder
async with instance.span(ShopPlaceOrder) as span:
    await span.start(customer_id="c-9", items=[{"sku": "a", "count": 1}], card_number="4111")
    await span.complete(order_id="o-1")
"""
    (span,) = record(tmp_path, "shop_spans", program)
    assert span["summary"] == "c-9: 1 items → o-1"
    assert span["payload"]["card_number"] == "[redacted]"


def test_the_keys_of_data_risk_are_listed() -> None:
    """All of them, with their values."""
    actions, classification, categories = table(GUIDE, "declaring-data-risk")
    assert re.findall(r"`(\w+)`", actions[0] + classification[0]) == list(DataRisk.model_fields)
    for model, names in ((ActionProfile, [actions]), (DataCategories, [classification, categories])):
        assert re.findall(r"`(\w+)`", " ".join(row[1] for row in names)) == list(model.model_fields)
        for row in names:
            for name in re.findall(r"`(\w+)`", row[1]):
                assert set(re.findall(r"`(\w+)`", row[2])) == set(get_args(model.model_fields[name].annotation))


def test_the_folders_are_listed() -> None:
    listed = {row[0].partition("]")[0].strip("[") for row in table(GUIDE, "schemas")}
    assert listed == {path.name for path in (ROOT / "schemas").iterdir() if path.is_dir()}
