"""Reads `[tool.prefactor-gen.risk]` of pyproject.toml, and the risk profile that it or the command line names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from prefactor_gen.command.config import ConfigError, ProjectConfig
from prefactor_gen.command.settings_table import SettingsTable, wrong_setting
from prefactor_gen.definitions.data_risk import data_categories, risk_words
from prefactor_gen.definitions.sources import parse_file
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place, Severity, printable
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.risk.gate import PARTS, Denied, Limits
from prefactor_gen.risk.profile import RiskProfile
from prefactor_gen.risk.span_risk import classifications
from prefactor_schema.suggestions import did_you_mean

__all__ = ["RISK_KEYS", "UNKNOWN_VALUES", "RiskSettings", "chosen_profile", "risk_settings"]

RISK_KEYS: Final = ("deny", "max-classification", "unknown", "profile", "allow")
UNKNOWN_VALUES: Final = (*map(str, Severity), "ignore")
_RULE: Final = re.compile(r"PR\d{3} \S")
_MAX_WEIGHT: Final = 10
_MAX_MULTIPLIER: Final = 1_000
_NUMBERS: Final = ("categories", "actions")


@dataclass(frozen=True, slots=True)
class RiskSettings:
    """What the configuration says.

    Attributes:
        profile: the file of the risk profile, relative to the project.
        allowed: the reasons why something is allowed, by what it is, such as `PR001 billing:refund destroy_data`.
    """

    limits: Limits = field(default_factory=Limits)
    profile: str | None = None
    allowed: Mapping[str, str] = field(default_factory=dict)


def risk_settings(project: ProjectConfig) -> RiskSettings:
    """The settings of a project.

    Raises:
        ConfigError: the table has a wrong key or value.
    """
    table = SettingsTable(project, "risk", RISK_KEYS)
    denied = tuple(_one_denied(entry, table.where) for entry in table.texts("deny"))
    most = table.choice("max-classification", classifications()[1:])
    default = Severity.WARNING if denied or most is not None else Severity.NOTE
    unknown = table.choice("unknown", UNKNOWN_VALUES) or default
    limits = Limits(denied=denied, max_classification=most, unknown=None if unknown == "ignore" else Severity(unknown))
    allowed = table.reasons("allow", '"rule span-type key" = "reason"', "allowed")
    for identity in allowed:
        if _RULE.match(identity) is None:
            expected = 'a rule, and what it may find, such as "PR003 crm:*"'
            raise wrong_setting(f"expected {expected}, in {table.below('allow')}, found {identity!r}")
    return RiskSettings(limits, table.text("profile", "risk-profile.yaml"), allowed)


def _one_denied(entry: str, where: str) -> Denied:
    part, _, key = entry.rpartition(".")
    if part in PARTS.values() and key in data_categories():
        return Denied(key, part)
    actions = tuple(risk_words()["action_profile"])
    if entry in (*actions, *data_categories()):
        return Denied(entry)
    known = (*actions, *data_categories(), *(f"{each}.{name}" for each in PARTS.values() for name in data_categories()))
    expected = "an action such as destroy_data, a category of data, or a category in params or result"
    raise wrong_setting(f"expected {expected} in deny of {where}, found {entry!r}{did_you_mean(entry, known)}")


def chosen_profile(named: str | None, settings: RiskSettings, project: Path) -> RiskProfile | None:
    """The risk profile that the command line names, or else the configuration; None if there is none.

    Raises:
        ConfigError: it cannot be read, or is no risk profile.
    """
    if named is not None:
        return _read_profile(Path(named), named)
    return None if settings.profile is None else _read_profile(project / settings.profile, settings.profile)


def _read_profile(path: Path, shown: str) -> RiskProfile:
    if not shown or "\0" in shown:
        raise ConfigError(f"expected the path of a risk profile, found {shown!r}")
    try:
        root = parse_file(path, shown)
    except DiagnosticError as error:
        found = error.diagnostics[0]
        raise _wrong(found.place, found.message) from None
    if not isinstance(root, ObjectNode):
        raise _wrong(Place(shown), f"expected an object with {' and '.join(_NUMBERS)}")
    for key in root:
        if key not in _NUMBERS:
            hint = did_you_mean(key, _NUMBERS)
            raise _wrong(root.place_at(key), f"unknown key {key!r}; expected {' and '.join(_NUMBERS)}{hint}")
    return RiskProfile(
        _numbers(root, "categories", data_categories(), _MAX_WEIGHT),
        _numbers(root, "actions", tuple(risk_words()["action_profile"]), _MAX_MULTIPLIER),
    )


def _numbers(root: ObjectNode, section: str, known: tuple[str, ...], most: int) -> dict[str, float]:
    node = root.get(section)
    if not isinstance(node, ObjectNode):
        raise _wrong(root.place_at(section), f"expected an object in {section}, with a number for each of them")
    for key in node:
        if key not in known:
            hint = did_you_mean(key, known) or f"; there are {', '.join(known)}"
            raise _wrong(node.place_at(key), f"unknown key {key!r} in {section}{hint}")
    return {key: _number(value, node.place_at(key), key, most) for key, value in node.items()}


def _number(value: JsonValue, place: Place, key: str, most: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise _wrong(place, f"expected a number from 0 to {most:,} in {key}")
    return value


def _wrong(place: Place, message: str) -> ConfigError:
    return ConfigError(printable(f"{place}: {message}"))
