"""Reads `[tool.prefactor-gen.diff]`: what `prefactor-gen diff` compares with, and what it allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from prefactor_gen.command.config import ConfigError, ProjectConfig
from prefactor_gen.diagnostics.change_rules import CHANGE_RULES, UNNEEDED_ALLOWANCE
from prefactor_gen.diagnostics.diagnostics import Place, Severity
from prefactor_schema.suggestions import did_you_mean

__all__ = [
    "DIFF_KEYS",
    "Compatibility",
    "DiffSettings",
    "allowance_place",
    "diff_schema",
    "read_diff_settings",
]

DIFF_KEYS = ("against", "compatibility", "types", "undeclared", "grace", "versions", "span-types", "allow")
_WHERE: Final = "[tool.prefactor-gen.diff]"
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
    table = project.tables.get("diff", {})
    if not isinstance(table, dict):
        raise ConfigError(f"pyproject.toml: expected a table in {_WHERE}, found {type(table).__name__}")
    for key in table:
        if key not in DIFF_KEYS:
            hint = did_you_mean(key, DIFF_KEYS)
            raise ConfigError(f"pyproject.toml: unknown key {key!r} in {_WHERE}; expected {', '.join(DIFF_KEYS)}{hint}")
    against = table.get("against")
    if against is not None and not (isinstance(against, str) and against.strip()):
        raise ConfigError(f'pyproject.toml: expected against = "origin/main" in {_WHERE}, found {against!r}')
    compatibilities = tuple(each.value for each in Compatibility)
    return DiffSettings(
        against,
        Compatibility(_one_of(compatibilities, table.get("compatibility", "full"), "compatibility", _WHERE)),
        Severity(_one_of(_TYPES, table.get("types", "note"), "types", _WHERE)),
        _one_of(_UNDECLARED, table.get("undeclared", "ignore"), "undeclared", _WHERE) == "count",
        _number(table.get("grace", 90), "grace", 0),
        _number(table.get("versions", 3), "versions", 1),
        {
            pattern: Compatibility(_one_of(compatibilities, value, json.dumps(pattern), f"{_WHERE[:-1]}.span-types]"))
            for pattern, value in _texts(table, "span-types", '"lab:*" = "none"').items()
        },
        {key: _reason(key, reason) for key, reason in _texts(table, "allow", '"PD207 …" = "why"').items()},
    )


def _one_of(known: tuple[str, ...], value: object, key: str, where: str) -> str:
    if isinstance(value, str) and value in known:
        return value
    hint = did_you_mean(value, known) if isinstance(value, str) else ""
    expected = " or ".join(json.dumps(str(each)) for each in known)
    raise ConfigError(f"pyproject.toml: expected {key} = {expected} in {where}, found {value!r}{hint}")


def _number(value: object, key: str, least: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return min(value, 1_000_000)
    raise ConfigError(f"pyproject.toml: expected a number of at least {least} in {key} of {_WHERE}, found {value!r}")


def _texts(table: Mapping[str, object], key: str, example: str) -> Mapping[str, object]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise ConfigError(f"pyproject.toml: expected {example} in {_WHERE[:-1]}.{key}], found {value!r}")
    return value


def _reason(key: str, reason: object) -> str:
    where = f"{_WHERE[:-1]}.allow]"
    code, _, rest = key.partition(" ")
    if code not in CHANGE_RULES or code == UNNEEDED_ALLOWANCE.code or not rest.strip():
        hint = did_you_mean(code.upper(), CHANGE_RULES)
        message = f'expected "RULE SPAN-TYPE PART PATH", as `prefactor-gen diff` prints it, in {where}, found {key!r}'
        raise ConfigError(f"pyproject.toml: {message}{hint}")
    if not isinstance(reason, str) or not reason.strip():
        raise ConfigError(f"pyproject.toml: expected the reason why {key!r} is allowed in {where}, found {reason!r}")
    if reason.strip() == "why":
        raise ConfigError(f'pyproject.toml: expected the reason in place of "why" for {key!r} in {where}')
    return " ".join(reason.split())


def allowance_place(key: str, text: str) -> Place:
    """The place of an allowance in the text of pyproject.toml, or the file where the key is written otherwise."""
    for number, line in enumerate(text.splitlines(), 1):
        column = max(line.find(json.dumps(key, ensure_ascii=False)), line.find(f"'{key}'"))
        if column >= 0:
            return Place("pyproject.toml", "", number, column + 1)
    return Place("pyproject.toml")


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
