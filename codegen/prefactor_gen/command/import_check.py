"""`prefactor-gen import --check`: whether the imported definition files are what their sources say now."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.import_project import ImportProject, command_for, read_text, shown, source_errors
from prefactor_gen.command.import_run import read_source
from prefactor_gen.definitions.overlays import OVERLAY
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, printable
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, is_same, from_python
from prefactor_gen.importing.lock import LOCK, LockEntry

__all__ = ["check_imports"]

DONE, WRONG, USAGE = 0, 1, 2


def check_imports(options: Namespace) -> int:
    """Compare all imports with their sources, and print what has changed; returns the exit code.

    Raises:
        ConfigError: the lock cannot be read.
    """
    with source_errors():
        project = ImportProject.here()
