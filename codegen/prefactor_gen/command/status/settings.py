"""Reads `[tool.prefactor-gen.status]` of pyproject.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prefactor_gen.command.config import ProjectConfig
from prefactor_gen.command.settings_table import SettingsTable

__all__ = ["STATUS_KEYS", "StatusSettings", "status_schema", "status_settings"]

STATUS_KEYS = ("ignore",)
"""The keys of the table."""


@dataclass(frozen=True)
class StatusSettings:
    """What the table says.

    Attributes:
        ignore: globs of names of span types that need not be used, each with the reason.
    """

    ignore: Mapping[str, str] = field(default_factory=dict)


def status_settings(project: ProjectConfig) -> StatusSettings:
    """The settings of a project.

    Raises:
        ConfigError: the table has a wrong key or value.
    """
    table = SettingsTable(project, "status", STATUS_KEYS)
    return StatusSettings(table.reasons("ignore", '"name:*" = "reason"', "ignored"))


def status_schema() -> dict[str, Any]:
    """The schema of the table, for editors."""
    reasons = {
        "type": "object",
        "additionalProperties": {"type": "string", "pattern": r"\S"},
        "description": "Globs of names of span types that need not be used, each with the reason: langchain:*.",
    }
    return {"type": "object", "properties": {"ignore": reasons}, "additionalProperties": False}
