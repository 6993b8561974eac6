"""The commands of `prefactor-local`, for tests that must not find the servers of somebody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from tests.support.processes import INTERRUPTIBLE

__all__ = ["command", "interrupted", "use_own_folders"]


def use_own_folders(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of this test announce themselves in this folder, and its commands look there only."""
    for name in ("XDG_RUNTIME_DIR", "TMPDIR"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for name in ("COLUMNS", "FORCE_COLOR", "PREFACTOR_API_URL"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def command(*arguments: str, stdout: IO[str] | int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """A command as a process, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "prefactor_local", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "TERM": "xterm"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """End a command with Ctrl-C; its exit code and what it printed since."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err
