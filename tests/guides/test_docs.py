"""The guide to the pages: codegen/prefactor_gen/docs/README.md."""

from __future__ import annotations

import html
import re
import shlex
from pathlib import Path

import pytest
from tests.codegen.support import run_silently
from tests.guides.blocks import ROOT, block, table
from tests.guides.running import project

from prefactor_gen.command.parsers import command_line

GUIDE = "codegen/prefactor_gen/docs/README.md"
FIRST = "codegen/README.md#a-first-package"
WRITE = block(f"{GUIDE}#pages-that-describe-the-span-types/sh")
WRITTEN = block(f"{GUIDE}#pages-that-describe-the-span-types/text")
CALL = block(f"{GUIDE}#what-the-pages-say/python")
MARKDOWN = block(f"{GUIDE}#markdown/sh")
MARKDOWN_WRITTEN = block(f"{GUIDE}#markdown/text")
CHECK = block(f"{GUIDE}#keeping-them-current/sh")
STALE = block(f"{GUIDE}#keeping-them-current/text")


def test_the_pages_of_the_first_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definitions = block(f"{FIRST}/yaml")
    project(tmp_path, {"schemas/billing.yaml": definitions, "pyproject.toml": block(f"{FIRST}/toml")})
    monkeypatch.chdir(tmp_path)
    assert command(WRITE) == (0, WRITTEN)
    page = html.unescape(Path("docs/spans.html").read_text("utf-8"))
    assert CALL.strip() in page
    assert {'id="billing:refund"', 'id="billing:refund/params/customer.id"'} <= {*re.findall(r'id="[^"]*"', page)}
    assert command(MARKDOWN) == (0, MARKDOWN_WRITTEN)
    assert Path("docs/spans/billing_refund.md").is_file()
    project(tmp_path, {"schemas/billing.yaml": definitions.replace("USD", "GBP")})
    assert command(CHECK) == (1, STALE)


def command(text: str) -> tuple[int, str]:
    """Run a block with one command; its exit code and what it printed."""
    name, *arguments = shlex.split(text)
    assert name == "prefactor-gen"
    return run_silently(*arguments)


def test_every_option_is_explained() -> None:
    explained = {
        word for row in table(GUIDE, "keeping-them-current") for word in re.findall(r"-{1,2}[A-Za-z]+", row[0])
    }
    commands = next(action for action in command_line()._actions if action.dest == "command")
    assert isinstance(commands.choices, dict)
    options = {option for action in commands.choices["docs"]._actions for option in action.option_strings}
    assert explained == options - {"-h", "--help"}


def test_the_example_is_written() -> None:
    assert "agent:llm" in (ROOT / "schemas/docs/index.md").read_text("utf-8")
