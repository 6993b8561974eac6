"""Reads `[tool.prefactor-gen]` of the project's pyproject.toml: the packages to generate."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from prefactor_gen.checks.allowances import ALLOWABLE, Allowance
from prefactor_gen.command.paths import shown_path
from prefactor_gen.definitions.reference_lock import LockError, read_lock
from prefactor_gen.definitions.reference_settings import ReferenceSettings, is_fetchable
from prefactor_gen.diagnostics.rules import RULES
from prefactor_gen.pipeline.settings import Settings
from prefactor_schema.suggestions import closest_match, did_you_mean

__all__ = [
    "ALLOW_KEYS",
    "COMMAND_TABLES",
    "KEYS",
    "TABLE",
    "WIRE_KEYS",
    "ConfigError",
    "PackageConfig",
    "ProjectConfig",
    "check_keys",
    "find_project",
    "is_project",
    "locked_refs",
    "project_config",
    "read_project",
    "read_pyproject",
    "ref_entries",
]

TABLE = "prefactor-gen"
"""The name of the table of `[tool]`."""
WIRE_KEYS = ("sources", "output", "package")
COMMAND_TABLES = ("diff", "status", "risk")
"""The tables of commands of their own. These commands read them; the others only take them."""
KEYS = (*WIRE_KEYS, "formats", "former-names", "reference-folders", "refs", "wire", "allow", *COMMAND_TABLES)
ALLOW_KEYS = ("rule", "file", "span-type", "reason")


class ConfigError(Exception):
    """The command line or the configuration is wrong. The message names the place, and what was expected and found."""


@dataclass(frozen=True)
class PackageConfig:
    """One package to generate.

    Attributes:
        wire: it holds models of plain JSON Schema documents, without span helpers.
        settings: what else the configuration says.
    """

    sources: tuple[str, ...]
    output: Path
    package: str
    wire: bool = False
    settings: Settings = field(default_factory=Settings)

    @property
    def folder(self) -> Path:
        """The folder of the package's files."""
        return self.output / self.package


@dataclass(frozen=True)
class ProjectConfig:
    """A project: its folder, its name, and the packages that its configuration asks for.

    Attributes:
        hint: if there is no configuration, a table with a similar name, as the end of a message.
        tables: the tables of commands, as they are written, by the names in `COMMAND_TABLES`.
    """

    base: Path
    name: str | None = None
    packages: tuple[PackageConfig, ...] = ()
    hint: str = ""
    tables: Mapping[str, object] = field(default_factory=dict)

    @property
    def wanted_sources(self) -> str:
        """What a message says is missing where there is no configuration."""
        hint = self.hint or ", which `prefactor-gen init` writes"
        return f"sources in [tool.{TABLE}] of pyproject.toml{hint}"

    def default_package(self) -> str | None:
        """The default package name: the project's name with `_spans`."""
        if self.name is None:
            return None
        words = re.sub(r"[^0-9a-z]+", "_", self.name.lower()).strip("_")
        return f"{words}_spans" if words.isidentifier() else None


def find_project(start: Path) -> Path:
    """The nearest folder at or above `start` with a pyproject.toml, else `start`."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / "pyproject.toml").is_file()), start)


def is_project(base: Path) -> bool:
    """Whether a folder's pyproject.toml is that of a project, and not of the settings of a tool only.

    Raises:
        ConfigError: pyproject.toml cannot be read, or is not TOML.
    """
    document = read_pyproject(base)[1]
    tools = document.get("tool")
    return "project" in document or (isinstance(tools, dict) and not tools.keys().isdisjoint(("poetry", TABLE)))


def read_pyproject(base: Path) -> tuple[str, dict[str, Any]]:
    """The text of the folder's pyproject.toml, with its line ends, and what it says; both are empty if there is none.

    Raises:
        ConfigError: it cannot be read, or is not TOML.
    """
    path = base / "pyproject.toml"
    if not path.is_file():
        return "", {}
    shown = shown_path(path)
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{shown}: expected UTF-8 text, found the byte {content[error.start]:#04x} in line {line}"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{shown}: not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"cannot read {shown}: {error.strerror}") from None


def read_project(base: Path) -> ProjectConfig:
    """Read the configuration of the project in a folder.

    Raises:
        ConfigError: pyproject.toml cannot be read, is not TOML, or the table has a wrong key or value.
    """
    return project_config(read_pyproject(base)[1], base)


def project_config(document: dict[str, Any], base: Path) -> ProjectConfig:
    """The configuration of the project in a folder.

    Args:
        document: what pyproject.toml says.
        base: the folder.

    Raises:
        ConfigError: the table has a wrong key or value.
    """
    project = document.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    config = ProjectConfig(base, name if isinstance(name, str) else None)
    tools = document.get("tool")
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    if table is None:
        near = closest_match(TABLE, tools, cutoff=0.75) if isinstance(tools, dict) else None
        return config if near is None else replace(config, hint=f", found [tool.{near}]")
    packages = [_package(table, f"tool.{TABLE}", config, wire=False)]
    if "wire" in table:
        packages.append(_package(table["wire"], f"tool.{TABLE}.wire", config, wire=True))
    tables = {key: table[key] for key in COMMAND_TABLES if key in table}
    return ProjectConfig(base, config.name, tuple(packages), tables=tables)


def _package(table: object, where: str, config: ProjectConfig, *, wire: bool) -> PackageConfig:
    if not isinstance(table, dict):
        raise ConfigError(f"pyproject.toml: expected a table in [{where}], found {type(table).__name__}")
    keys = WIRE_KEYS if wire else KEYS
    check_keys(table, keys, f"[{where}]")
    sources = table.get("sources")
    if not isinstance(sources, list) or not sources or not all(isinstance(item, str) for item in sources):
        found = "nothing" if sources is None else repr(sources)
        raise ConfigError(f'pyproject.toml: expected sources = ["…"] in [{where}], found {found}')
    output = _text(table, "output", "generated", where, config)
    # The project's name is the default for the package of span types only.
    package = _text(table, "package", None if wire else config.default_package(), where, config)
    formats = _text(table, "formats", "annotate", where, config)
    if formats not in {"annotate", "assert"}:
        raise ConfigError(f'pyproject.toml: expected formats = "annotate" or "assert" in [{where}], found {formats!r}')
    former = table.get("former-names", {})
    if not isinstance(former, dict) or not all(isinstance(name, str) for name in former.values()):
        raise ConfigError(
            f'pyproject.toml: expected former-names = {{ OldName = "NewName" }} in [{where}], found {former!r}'
        )
    names = tuple(sorted(former.items()))
    return PackageConfig(
        tuple(sources),
        config.base / output,
        package,
        wire,
        Settings(
            formats == "assert",
            names,
            _allowances(table.get("allow", []), config.base),
            ReferenceSettings(config.base) if wire else _references(table, where, config.base),
        ),
    )


def check_keys(table: Iterable[str], keys: Sequence[str], where: str) -> None:
    """Refuse unknown keys of a table.

    Args:
        table: its keys.
        keys: those that it may have.
        where: how messages name it, such as `[tool.prefactor-gen]`.

    Raises:
        ConfigError: there is another key.
    """
    for key in table:
        if key not in keys:
            hint = did_you_mean(key, keys)
            raise ConfigError(f"pyproject.toml: unknown key {key!r} in {where}; expected {', '.join(keys)}{hint}")


def _references(table: dict[str, object], where: str, base: Path) -> ReferenceSettings:
    folders = table.get("reference-folders", [])
    if not isinstance(folders, list) or not all(isinstance(item, str) for item in folders):
        raise ConfigError(f'pyproject.toml: expected reference-folders = ["…"] in [{where}], found {folders!r}')
    locked = locked_refs(base)
    paths: dict[str, Path] = {}
    for uri, target in ref_entries(table, where).items():
        path = _existing(target, base, f"[{where}.refs]", _how_to_fetch(uri, locked))
        paths[f"{uri.removesuffix('/')}/" if path.is_dir() else uri] = path
    real_folders = tuple(_existing(each, base, f"reference-folders of [{where}]") for each in folders)
    if (file := next((each for each in real_folders if not each.is_dir()), None)) is not None:
        raise ConfigError(f"pyproject.toml: expected folders in reference-folders of [{where}], found {file.name!r}")
    return ReferenceSettings(base, paths, real_folders, locked)


def _how_to_fetch(uri: str, locked: Mapping[str, str]) -> str:
    """The end of a message about a file that should stand for a URL, and is not there."""
    if any(each.startswith(uri) for each in locked):
        return "; prefactor-gen refs update fetches it"
    return f"; prefactor-gen refs add {shlex.quote(uri)} fetches it" if is_fetchable(uri) else ""


def ref_entries(table: dict[str, object], where: str) -> dict[str, str]:
    """The key `refs` of `[tool.prefactor-gen]`, as it is written: a path for each URL.

    Raises:
        ConfigError: it has another form.
    """
    copies = table.get("refs", {})
    if not isinstance(copies, dict) or not all(isinstance(item, str) for item in copies.values()):
        raise ConfigError(f'pyproject.toml: expected "URL" = "path" in [{where}.refs], found {copies!r}')
    return {address.removesuffix("#"): target for address, target in copies.items()}


def locked_refs(base: Path) -> dict[str, str]:
    """The hashes in the project's lock file of references, by URL.

    Raises:
        ConfigError: the file has another form.
    """
    try:
        return read_lock(base)
    except LockError as error:
        raise ConfigError(str(error)) from None


def _existing(target: str, base: Path, where: str, hint: str = "") -> Path:
    path = None if "\0" in target or not target else Path(os.path.realpath(base / target))
    if path is None or not path.exists():
        raise ConfigError(f"pyproject.toml: expected a file or a folder in {where}, found no {target!r}{hint}")
    return path


def _allowances(entries: object, base: Path) -> tuple[Allowance, ...]:
    where = "[[tool.prefactor-gen.allow]]"
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"pyproject.toml: expected tables in {where}, found {entries!r}")
    return tuple(_allowance(entry, number, f"{where}, entry {number}", base) for number, entry in enumerate(entries, 1))


def _allowance(entry: dict[str, object], number: int, where: str, base: Path) -> Allowance:
    check_keys(entry, ALLOW_KEYS, where)
    rule, file, span_type, reason = (_entry_text(entry, key, where) for key in ALLOW_KEYS)
    if rule not in ALLOWABLE:
        found = "nothing" if rule is None else repr(rule)
        why = f"{rule} cannot be allowed" if rule in RULES else f"expected a rule, found {found}"
        hint = "" if rule in RULES or rule is None else did_you_mean(rule.upper(), ALLOWABLE)
        raise ConfigError(f"pyproject.toml: {why} in {where}; expected one of {', '.join(ALLOWABLE)}{hint}")
    if reason is None:
        raise ConfigError(f"pyproject.toml: expected the reason why {rule} is allowed in {where}, found nothing")
    if file is None and span_type is None:
        raise ConfigError(f'pyproject.toml: expected file = "…" or span-type = "…" in {where}, found neither')
    return Allowance(rule, base, number, file, span_type)


def _entry_text(entry: dict[str, object], key: str, where: str) -> str | None:
    value = entry.get(key)
    if value is not None and not (isinstance(value, str) and value.strip()):
        raise ConfigError(f"pyproject.toml: expected text in {key} of {where}, found {value!r}")
    return value if isinstance(value, str) else None


def _text(table: dict[str, object], key: str, default: str | None, where: str, config: ProjectConfig) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        if value is None:
            gives = config.name is None or config.default_package() is not None
            why = "" if gives else f"; the project's name {config.name!r} gives no package name"
            raise ConfigError(f'pyproject.toml: expected {key} = "…" in [{where}], found nothing{why}')
        raise ConfigError(f"pyproject.toml: expected text in {key} of [{where}], found {value!r}")
    return value
