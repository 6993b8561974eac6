"""Generated files that were edited: `--check` believes nothing that they say about themselves."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from tests.codegen.schemas import OBJECT, properties
from tests.codegen.support import Project

LINE = "\nprint('from a pull request')\n"


def edit_and_certify(package: Path) -> None:
    """Edit a module, and every hash that the package has of it."""
    module, catalog = package / "_agent.py", package / "__init__.py"
    old = module.read_text("utf-8")
    new = old + LINE
    module.write_text(new, "utf-8")
    text = catalog.read_text("utf-8").replace(_hash(old), _hash(new))
    without = re.sub("# prefactor-gen: catalog .*\n", "", text)
    catalog.write_text(text.replace(_hash(re.sub("# prefactor-gen: catalog .*\n", "", text)), _hash(without)), "utf-8")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@pytest.mark.parametrize("options", [(), ("--no-cache",)])
def test_an_edited_module_is_noticed_and_restored(project: Project, options: tuple[str, ...]) -> None:
    project.span_types(agent=OBJECT, other=OBJECT)
    project.generate(*options)
    before = project.files()
    edit_and_certify(project.package)
    result = project.generate("--check", *options)
    assert result.code == 1
    assert "generated/made/_agent.py is stale; run prefactor-gen" in result.err
    project.span_types(agent=OBJECT, other=properties("x"))
    assert project.generate(*options).code == 0
    assert project.files()["_agent.py"] == before["_agent.py"]


def test_generated_files_have_no_hashes_of_themselves(project: Project) -> None:
    project.span_types(agent=OBJECT)
    project.generate()
    for text in project.files().values():
        assert "# prefactor-gen: " not in text
