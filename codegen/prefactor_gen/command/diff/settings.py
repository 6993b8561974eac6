"""Reads `[tool.prefactor-gen.diff]`: what `prefactor-gen diff` compares with, and what it allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from prefactor_gen.command.config import ProjectConfig
from prefactor_gen.command.settings_table import SettingsTable, wrong_setting
from prefactor_gen.diagnostics.change_rules import CHANGE_RULES, UNNEEDED_ALLOWANCE
from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_schema.suggestions import did_you_mean

__all__ = [
    "DIFF_KEYS",
    "Compatibility",
    "DiffSettings",
    "diff_schema",
    "read_diff_settings",
]

DIFF_KEYS = ("against", "compatibility", "types", "undeclared", "grace", "versions", "span-types", "allow")
_TYPES, _UNDECLARED = ("note", "error"), ("ignore", "count")


class Compatibility(StrEnum):
    """Whom changes must not break."""

    FULL = "full"
    BACKWARD = "backward"
    FORWARD = "forward"
    NONE = "none"

    @property
    def protects_writers(self) -> bool:
        return self in {Compatibility.FULL, Compatibility.BACKWARD}

    @property
    def protects_readers(self) -> bool:
        return self in {Compatibility.FULL, Compatibility.FORWARD}


@dataclass(frozen=True)
class DiffSettings:
    """What the configuration says about comparisons.

    Attributes:
        against: what the working tree is compared with where nothing is named.
        compatibility: whom changes must not break.
        types: how severe a change of generated types is.
        count_undeclared: properties that an open object does not declare are part of the contract.
        grace: the days from a deprecation to the date that it names, at least.
        versions: how many of the newest versions of an agent are compared, beside those in use.
        span_types: globs of names of span types with their compatibility; the first that matches decides.
        allow: the identity of each change that is allowed, with the reason.
    """

    against: str | None = None
    compatibility: Compatibility = Compatibility.FULL
    types: Severity = Severity.NOTE
    count_undeclared: bool = False
    grace: int = 90
    versions: int = 3
    span_types: Mapping[str, Compatibility] = field(default_factory=dict)
    allow: Mapping[str, str] = field(default_factory=dict)


def read_diff_settings(project: ProjectConfig) -> DiffSettings:
    """The settings of a project.

    Raises:
        ConfigError: the table has a wrong key or value.
    """
    table = SettingsTable(project, "diff", DIFF_KEYS)
    compatibilities = tuple(map(str, Compatibility))
    span_types = table.choices("span-types", compatibilities, '"lab:*" = "none"')
    allow = table.reasons("allow", '"PD207 …" = "why"', "allowed")
    for key in allow:
        _check_allowance(key, table.below("allow"))
    return DiffSettings(
        table.text("against", "origin/main"),
        Compatibility(table.choice("compatibility", compatibilities) or Compatibility.FULL),
        Severity(table.choice("types", _TYPES) or Severity.NOTE),
        table.choice("undeclared", _UNDECLARED) == "count",
        table.number("grace", 90, least=0),
        table.number("versions", 3, least=1),
        {pattern: Compatibility(each) for pattern, each in span_types.items()},
        allow,
    )


def _check_allowance(key: str, where: str) -> None:
    code, _, rest = key.partition(" ")
    if code not in CHANGE_RULES or code == UNNEEDED_ALLOWANCE.code or not rest.strip():
        hint = _about_code(code)
        expected = 'expected "RULE SPAN-TYPE PART PATH", as `prefactor-gen diff` prints it'
        raise wrong_setting(f"{expected}, in {where}, found {key!r}{hint}")


def _about_code(code: str) -> str:
    """What is wrong with the rule of an allowance, as the end of a message."""
    if code == UNNEEDED_ALLOWANCE.code:
        return f"; {code} cannot be allowed"
    if code in CHANGE_RULES:
        return f"; what {code} may change is missing"
    if not code.isalnum():  # a glob: rules are named one by one
        return ""
    return did_you_mean(code.upper(), [each for each in CHANGE_RULES if each != UNNEEDED_ALLOWANCE.code])


def diff_schema() -> dict[str, Any]:
    """The schema of the table, for editors."""
    compatibility = {"enum": list(map(str, Compatibility))}
    keys: dict[str, dict[str, Any]] = {
        "against": {
            "type": "string",
            "pattern": r"\S",
            "description": "What the working tree is compared with: a git ref, a path, or platform:AGENT.",
        },
        "compatibility": {
            **compatibility,
            "default": "full",
            "description": "Whom changes must not break. backward: agents that record; forward: programs that read.",
        },
        "types": {
            "enum": list(_TYPES),
            "default": "note",
            "description": "error: a change of generated names and signatures fails, as others import the package.",
        },
        "undeclared": {
            "enum": list(_UNDECLARED),
            "default": "ignore",
            "description": "count: properties that an open object does not declare are part of the contract.",
        },
        "grace": {
            "type": "integer",
            "minimum": 0,
            "default": 90,
            "description": "The days that a deprecation has to last, at least.",
        },
        "versions": {
            "type": "integer",
            "minimum": 1,
            "default": 3,
            "description": "How many of the newest versions of an agent are compared, beside those in use.",
        },
        "span-types": {
            "type": "object",
            "additionalProperties": compatibility,
            "description": "The compatibility of some span types, by globs of their names; the first that matches.",
        },
        "allow": {
            "type": "object",
            "propertyNames": {"pattern": r"^PD\d{3} \S"},
            "additionalProperties": {"type": "string", "pattern": r"\S"},
            "description": "The changes that are allowed, as diff prints them, each with the reason.",
        },
    }
    assert tuple(keys) == DIFF_KEYS  # noqa: S101  # every key that is read is described
    description = "What `prefactor-gen diff` compares with, and what it allows."
    return {"type": "object", "properties": keys, "additionalProperties": False, "description": description}
