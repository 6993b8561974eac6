"""What holds for every guide: each block is used by a test, each link leads somewhere, each program has right types."""

from __future__ import annotations

import importlib
import re
import textwrap
from pathlib import Path

import pytest
from tests.guides.blocks import ROOT, USED, block, blocks, guides, slugs
from tests.guides.running import mypy_errors, project, shell

CI = re.findall(r"guide_block(?:_apart)? '([^']+)'", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
"""The blocks that `.ci/run` runs: they install the project."""


def test_every_block_is_used() -> None:
    for folder in ("guides", "integrations"):
        for path in (ROOT / "tests" / folder).glob("test_*.py"):
            importlib.import_module(f"tests.{folder}.{path.stem}")
    assert set(CI) <= blocks().keys()
    assert blocks().keys() - {*USED, *CI} == set(), "no test runs these blocks"


@pytest.mark.parametrize("guide", guides())
def test_links_lead_somewhere(guide: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", guides()[guide]):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / guide).parent / path if path else ROOT / guide
        assert file.exists(), target
        if anchor:
            text = guides()[file.resolve().relative_to(ROOT).as_posix()]
            assert anchor in slugs(text), target


@pytest.mark.parametrize("guide", guides())
def test_headings_have_anchors_of_their_own(guide: str) -> None:
    found = slugs(guides()[guide])
    assert len(found) == len(set(found))


@pytest.mark.parametrize("guide", [name for name, text in guides().items() if "\n- [" in text.partition("\n## ")[0]])
def test_contents_list_every_section(guide: str) -> None:
    contents, _, text = guides()[guide].partition("\n## ")
    sections = slugs("\n".join(line for line in f"## {text}".splitlines() if line.startswith("## ")))
    assert re.findall(r"^- \[.*\]\(#(.*)\)$", contents, re.MULTILINE) == sections


def test_the_readme_is_a_front_door() -> None:
    assert len(guides()["README.md"].splitlines()) <= 200


@pytest.mark.parametrize("guide", guides())
def test_nothing_is_installed_from_an_index_that_does_not_have_it(guide: str) -> None:
    assert not re.search(r"pip install [^`\n]*prefactor-sdk", guides()[guide])


@pytest.mark.slow
def test_programs_have_right_types(tmp_path: Path) -> None:
    """Each is a function here; what is no whole program gets the names that it presupposes."""
    project(tmp_path, {"schemas/billing.yaml": block("codegen/README.md#a-first-package/yaml")})
    assert shell("prefactor-gen schemas --package billing_spans --output .", tmp_path).returncode == 0
    known = "client: core.PrefactorCoreClient, instance: core.AgentInstanceHandle, api: local.LocalApi"
    lines = ["import prefactor_core as core, prefactor_local as local", "from billing_spans import BillingRefund"]
    for number, (name, program) in enumerate(programs().items()):
        names = "" if "asyncio.run(" in program else known if "as span" in program else f"{known}, span: BillingRefund"
        lines.append(f"# {name}\nasync def program_{number}({names}) -> None:")
        lines.append(textwrap.indent(program, "    "))
    assert mypy_errors("\n".join(lines), tmp_path) == []


def programs() -> dict[str, str]:
    """The programs that need no package that the tests are not installed with."""
    found = {name: text for name, text in blocks().items() if name.partition("/python")[1]}
    of_other_packages = ("#in-servers-and-workers/", "prefactor_gen/usage/")
    return {name: text for name, text in found.items() if not any(each in name for each in of_other_packages)}
