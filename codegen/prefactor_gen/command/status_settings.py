"""Reads `[tool.prefactor-gen.status]` of pyproject.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prefactor_gen.command.config import ConfigError
from prefactor_schema.suggestions import did_you_mean

__all__ = ["STATUS_KEYS", "StatusSettings", "status_schema", "status_settings"]

STATUS_KEYS = ("ignore",)
"""The keys of the table."""
_WHERE = "[tool.prefactor-gen.status]"


@dataclass(frozen=True)
class StatusSettings:
    """What the table says.

    Attributes:
        ignore: globs of names of span types that need not be used, each with the reason.
    """

    ignore: Mapping[str, str] = field(default_factory=dict)


def status_settings(table: object) -> StatusSettings:
    """Read the table.

    Args:
        table: its content; None if there is none.

    Raises:
        ConfigError: it has a wrong key or value.
    """
    if table is None:
        return StatusSettings()
    if not isinstance(table, dict):
        raise ConfigError(f"pyproject.toml: expected a table in {_WHERE}, found {type(table).__name__}")
    for key in table:
        if key not in STATUS_KEYS:
            hint = did_you_mean(key, STATUS_KEYS)
            raise ConfigError(
                f"pyproject.toml: unknown key {key!r} in {_WHERE}; expected {', '.join(STATUS_KEYS)}{hint}"
            )
    ignore = table.get("ignore", {})
    if not isinstance(ignore, dict):
        raise ConfigError(f'pyproject.toml: expected ignore = {{ "name:*" = "reason" }} in {_WHERE}, found {ignore!r}')
    for pattern, reason in ignore.items():
        if not isinstance(reason, str) or not reason.strip():
            found = "an empty text" if isinstance(reason, str) else repr(reason)
            message = f"pyproject.toml: expected the reason why {pattern!r} is ignored in {_WHERE}, found {found}"
            raise ConfigError(message)
    return StatusSettings(ignore)


def status_schema() -> dict[str, Any]:
    """The schema of the table, for editors."""
    reasons = {
        "type": "object",
        "additionalProperties": {"type": "string", "pattern": r"\S"},
        "description": "Globs of names of span types that need not be used, each with the reason: langchain:*.",
    }
    return {"type": "object", "properties": {"ignore": reasons}, "additionalProperties": False}
