"""Real programs, run as processes, for tests of several folders."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

# A test run in the background ignores SIGINT, and its children inherit that.
INTERRUPTIBLE = (
    "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)
"""A program for `python -c` that runs a module, named by its first argument, and that SIGINT ends."""


def run(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None, *, timeout: float = 100
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; both streams come back as text."""
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONUTF8": "1", **(environment or {})},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=timeout,
    )


def script(name: str) -> str:
    """The path of a console script of this environment."""
    return str(Path(sys.executable).with_name(name))


@dataclass
class Served:
    """A running `prefactor-local serve`: what it printed when it started, and what it logged once it has ended."""

    url: str
    token: str
    printed: str
    process: subprocess.Popen[str]

    def stop(self) -> list[str]:
        """End the server and return the lines of its log."""
        self.process.terminate()
        output, errors = self.process.communicate(timeout=20)
        return (output + errors).splitlines()


@contextmanager
def serve(*options: str) -> Iterator[Served]:
    """Run `prefactor-local serve` on a free port."""
    process = subprocess.Popen(
        [script("prefactor-local"), "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        printed = ""
        while not (found := re.search(r"(http://\S+).*?\n.*?(\S+)\n.*^export ", printed, re.DOTALL | re.MULTILINE)):
            line = process.stdout.readline()
            assert line, f"the server ended: {printed}"
            printed += line
        yield Served(found[1], found[2], printed, process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=20)
