"""A project like that of a user: a package generated from definitions/, and programs beside it that use it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from prefactor_gen.command.main import DONE, run

HERE = Path(__file__).parent
PROGRAMS = ("accept.py", "reject.py", "accept_shipped.py", "reject_shipped.py")
# The settings of the project: both checkers in strict mode, for the oldest supported Python.
PYRIGHT = {"typeCheckingMode": "strict", "pythonVersion": "3.11"}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, with `typing_spans`, the programs and a configuration of pyright in it."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run([str(HERE / "definitions"), "--output", ".", "--package", "typing_spans"]) == DONE
    for program in PROGRAMS:
        shutil.copy(HERE / program, folder)
    (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT))
    return folder
