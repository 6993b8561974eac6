"""Virtual environments with the SDKs that are measured beside ours, made with pip and kept for the next run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

__all__ = ["REQUIREMENTS", "default_folder", "interpreter"]

REQUIREMENTS = {
    "opentelemetry": ("opentelemetry-sdk==1.45.2", "opentelemetry-exporter-otlp-proto-http==1.45.2"),
    "langfuse": ("langfuse==5.0.4",),
    "langsmith": ("langsmith==0.15.1",),
    "prefactor-core": ("prefactor-core==0.5.3", "prefactor-http==0.4.3"),
}


def default_folder() -> Path:
    """The user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "prefactor-benchmarks"


def interpreter(folder: Path, name: str) -> Path | None:
    """The interpreter of an environment, which is made if it does not exist; None if pip cannot get the packages."""
    requirements = REQUIREMENTS[name]
    version = hashlib.sha256(repr((sys.version, requirements)).encode()).hexdigest()[:8]
    environment = folder / f"{name}-{version}"
    python, complete = environment / "bin" / "python", environment / "complete"
    if not complete.exists():
        print(f"installing {', '.join(requirements)}", file=sys.stderr, flush=True)
        venv.create(environment, with_pip=False, clear=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
        done = subprocess.run(
            [*pip, "install", "--quiet", *requirements], capture_output=True, encoding="utf-8", check=False
        )
        if done.returncode:
            print(done.stderr.strip().rpartition("\n")[2], file=sys.stderr, flush=True)
            return None
        complete.touch()
    return python
