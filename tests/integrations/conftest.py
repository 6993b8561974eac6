"""The environment with servers and frameworks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.compat import environments

FRAMEWORKS = (
    "awslambdaric==4.2.2",
    "celery==5.7.0",
    "django==5.2.19",
    "fastapi==0.165.0",
    "flask==3.1.3",
    "gunicorn==27.0.1",
    "ipykernel==7.4.0",
    "langchain==1.4.7",
    "mcp==2.3.0",
    "nbclient==0.11.0",
    "openai-agents==0.24.0",
    "openai==3.57.0",
    "pyuwsgi==2.0.30.post1",
    "trio==0.35.0",
    "uvicorn-worker==0.4.0",
    "uvicorn==0.54.0",
)


@pytest.fixture(scope="session")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment with the servers, the frameworks and our distribution."""
    alone = ["prefactor-langchain==0.3.0"]
    return environments.shared(tmp_path_factory, "frameworks", *FRAMEWORKS, alone=alone).parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the programs."""
    return Path(shutil.copytree(Path(__file__).with_name("programs"), tmp_path / "programs"))
