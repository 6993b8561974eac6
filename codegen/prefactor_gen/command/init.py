"""`prefactor-gen init`: writes the configuration and an example definition into a project. Nothing is overwritten."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from prefactor_gen.command.config import (
    TABLE,
    ConfigError,
    PackageConfig,
    ProjectConfig,
    find_project,
    is_project,
    project_config,
    read_pyproject,
)
from prefactor_gen.command.layout import find_layout
from prefactor_gen.command.package_checks import check_output, check_package
from prefactor_gen.command.paths import shown_path
from prefactor_gen.command.project_tools import (
    configured_checkers,
    is_mypy_strict,
    lacks_build_hook,
    required_names,
    uses_uv,
)
from prefactor_gen.command.projects import projects_below
from prefactor_gen.command.toml_edit import add_keys, as_lines
from prefactor_gen.definitions.definitions import SECTIONS
from prefactor_gen.definitions.sources import SUFFIXES, is_attribute
from prefactor_gen.package.output_folder import Change, write

__all__ = ["init", "project_of"]

_SOURCES: Final = ("schemas", "span_schemas")
"""The names of the folder of definitions; the first one that is not used for something else is taken."""

_DEFINITION_KEY: Final = "|".join(SECTIONS).encode()
_MAX_FILES, _MAX_READ = 1_000, 100_000
"""The number of files, and of bytes of each, that are looked at to see whether a folder holds definitions."""

_EXAMPLE_NAME: Final = "example.yaml"
_EXAMPLE: Final = """\
# Each span type becomes a class: example:lookup becomes ExampleLookup. Run prefactor-gen after each change.
span_type_schemas:
  - name: example:lookup
    title: Lookup
    description: The agent looks something up.
    template: "{{ query }} in {{ source }}"
    params_schema:
      type: object
      required: [query]
      properties:
        query: { type: string, minLength: 1, description: What is looked up. }
        source: { enum: [documents, web], description: Where it is looked up. }
    result_schema:
      type: object
      required: [found]
      properties:
        found: { type: integer, minimum: 0, description: How many entries were found. }
"""


@dataclass(frozen=True)
class _Setup:
    """What a project compiles, and where to.

    Attributes:
        sources: the definitions, as in the configuration.
        package: the generated package.
        root: the folder that Python imports it from, relative to the project: `src` or `.`.
        import_name: the name that it is imported by.
        checked: what a type checker is given: the folder `src`, or the project's package.
    """

    sources: tuple[str, ...]
    package: PackageConfig
    root: str
    import_name: str
    checked: str


@dataclass
class _Plan:
    """What is added to the tables of `[tool]`, which files are created, what is left as it is, and what is missing."""

    additions: dict[str, dict[str, object]] = field(default_factory=dict)
    created: dict[Path, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


def project_of(start: Path) -> Path:
    """The folder to configure: the one of the project that `start` is part of, else `start`.

    Raises:
        ConfigError: the pyproject.toml above cannot be read, or is not TOML.
    """
    nearest = find_project(start)
    return nearest if nearest == start.resolve() or is_project(nearest) else start


def init(base: Path) -> None:
    """Configure the project in a folder, and print what was done and what to do next.

    Raises:
        ConfigError: pyproject.toml is wrong or cannot be written. Nothing has been written then.
    """
    text, document = read_pyproject(base)
    tools = document.get("tool", {})
    if not isinstance(tools, dict):
        raise ConfigError(f"pyproject.toml: expected a table in [tool], found {type(tools).__name__}")
    plan = _Plan()
    if below := [shown_path(each) for each in projects_below(base)]:
        plan.hints.append(
            f"{', '.join(below)}: with a configuration here, prefactor-gen in this folder compiles no longer these "
            f"projects; name all that you mean: {' '.join(f'-C {each}' for each in ['.', *below])}"
        )
    try:
        setup = _setup(_configure(document, tools, base, plan), base)
        checker = _configure_type_checker(plan, document, base, setup)
        if uses_uv(document, base):
            _configure_uv(plan, tools.get("uv", {}), setup)
    except OSError as error:
        raise ConfigError(f"cannot read {error.filename}: {error.strerror}") from None
    _write(base / "pyproject.toml", text, plan)
    _tell(plan, setup, checker, base, document)


def _configure(document: dict[str, Any], tools: dict[str, Any], base: Path, plan: _Plan) -> PackageConfig:
    """The package of the configuration. What it needs and does not say is added."""
    table = tools.get(TABLE, {})
    project = project_config({**document, "tool": {}}, base)
    if not isinstance(table, dict) or ("sources" in table and ("package" in table or project.default_package())):
        package = project_config(document, base).packages[0]
        plan.left.append(f"[tool.{TABLE}] of {shown_path(base / 'pyproject.toml')}")
        _fill_sources(package.sources, base, plan)
        return package
    missing = _missing_keys(table, project.name or _name_for_poetry(tools), base, plan)
    project = project_config({**document, "tool": {**tools, TABLE: {**table, **missing}}}, base)
    package = project.packages[0]
    check_package(project, package)
    check_output(project, package)
    plan.additions[TABLE] = missing
    return package


def _missing_keys(table: dict[str, Any], name: str | None, base: Path, plan: _Plan) -> dict[str, object]:
    """The keys that the table needs and does not have."""
    layout = find_layout(base, name)
    package = layout.package
    if table.get("output", layout.output) != layout.output:
        package = ProjectConfig(base, name or base.name).default_package() or "agent_spans"
    keys: dict[str, object] = {} if "sources" in table else {"sources": [_source(base, plan)]}
    keys |= {"output": layout.output, "package": package}
    return {key: value for key, value in keys.items() if key not in table}


def _setup(package: PackageConfig, base: Path) -> _Setup:
    parts = Path(os.path.relpath(package.folder, base)).parts
    outer = base / parts[0]
    is_root = len(parts) > 1 and not (outer / "__init__.py").is_file()
    names = parts[1:] if is_root else parts
    # The calls are not in a folder that holds generated code only, or that does not exist.
    is_checked = len(parts) > 1 and parts[0] != "generated" and outer.is_dir()
    return _Setup(
        package.sources, package, parts[0] if is_root else ".", ".".join(names), parts[0] if is_checked else "."
    )


def _name_for_poetry(tools: dict[str, Any]) -> str | None:
    """The project's name where older versions of Poetry have it."""
    table = tools.get("poetry")
    name = table.get("name") if isinstance(table, dict) else None
    return name if isinstance(name, str) else None


def _source(base: Path, plan: _Plan) -> str:
    """The folder of definitions; if it has none, the example is planned."""
    for name in _SOURCES:
        folder = base / name
        if _holds_definitions(folder):
            plan.left.append(f"the definitions in {shown_path(folder)}")
            return name
        if _is_unused(folder):
            plan.created[folder / _EXAMPLE_NAME] = _EXAMPLE
            return name
    raise ConfigError(f"{' and '.join(_SOURCES)} hold other things than definitions; move one of them away")


def _is_unused(folder: Path) -> bool:
    """Whether there is nothing of this name, or an empty folder."""
    is_folder = folder.is_dir() and not folder.is_symlink()
    return not os.path.lexists(folder) or (is_folder and not any(folder.iterdir()))


def _fill_sources(sources: tuple[str, ...], base: Path, plan: _Plan) -> None:
    """Plan the example if none of the configured sources is there; tell which ones are not."""
    unused = [base / source for source in sources if not is_attribute(source, base) and _is_unused(base / source)]
    if len(unused) == len(sources) and not unused[0].suffix and _is_inside(unused[0], base):
        plan.created[unused.pop(0) / _EXAMPLE_NAME] = _EXAMPLE
    plan.hints += [f"{shown_path(path)}, one of the sources, has no definitions yet" for path in unused]


def _is_inside(path: Path, base: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(base))


def _holds_definitions(folder: Path) -> bool:
    """Whether a JSON or YAML file of the folder has a key of definitions."""
    files = (Path(top) / name for top, _, names in os.walk(folder) for name in names)
    candidates = (path for path in islice(files, _MAX_FILES) if path.suffix.lower() in SUFFIXES and path.is_file())
    return any(re.search(_DEFINITION_KEY, _start(path)) for path in candidates)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_READ)


def _configure_type_checker(plan: _Plan, document: dict[str, Any], base: Path, setup: _Setup) -> str:
    """Add the table of a type checker, unless one is configured; returns the command that checks the project."""
    mypy, pyright = f"mypy {setup.checked}", "pyright"
    if places := configured_checkers(document, base):
        plan.left.append(" and ".join(places))
        if "[tool.mypy]" in places and not is_mypy_strict(document):
            plan.hints.append("with strict = true in [tool.mypy], mypy looks into functions without annotations, too")
        return mypy if any("mypy" in place for place in places) else pyright
    required = required_names(document)
    if required & {"pyright", "basedpyright"} and "mypy" not in required:
        plan.additions["pyright"] = {"typeCheckingMode": "standard"}
        return pyright
    # mypy does not look into `src` by itself.
    path = {} if setup.root == "." else {"mypy_path": setup.root}
    plan.additions["mypy"] = {"strict": True, **path}
    return mypy


def _configure_uv(plan: _Plan, table: object, setup: _Setup) -> None:
    """Let uv build the project again when a definition has changed, which it would not see otherwise."""
    if isinstance(table, dict) and "cache-keys" in table:
        plan.left.append("cache-keys of [tool.uv]")
        return
    folders = [f"{source}/**/*" for source in setup.sources if ":" not in source and not Path(source).suffix]
    files = [source for source in setup.sources if ":" not in source and Path(source).suffix]
    plan.additions["uv"] = {"cache-keys": [{"file": each} for each in ("pyproject.toml", *folders, *files)]}


def _write(path: Path, text: str, plan: _Plan) -> None:
    changes = [Change(created, None, content) for created, content in plan.created.items()]
    if plan.additions:
        if path.is_symlink() or (edited := add_keys(text, plan.additions)) is None:
            why = "is a link" if path.is_symlink() else "cannot be edited without changing more of it"
            raise ConfigError(f"{shown_path(path)} {why}; add these lines to it by hand:\n\n{as_lines(plan.additions)}")
        if path.exists() and not os.access(path, os.W_OK):
            raise ConfigError(f"cannot write {shown_path(path)}: it is read-only")
        changes.append(Change(path, text, edited))
    try:
        write(changes)
    except OSError as error:
        raise ConfigError(f"cannot write {shown_path(Path(error.filename))}: {error.strerror}") from None


def _tell(plan: _Plan, setup: _Setup, checker: str, base: Path, document: dict[str, Any]) -> None:
    tables = document.get("tool", {})
    added = [
        f"{' and '.join(keys)} of [tool.{name}]" if name == "uv" or name in tables else f"[tool.{name}]"
        for name, keys in plan.additions.items()
    ]
    if added:
        print(f"{shown_path(base / 'pyproject.toml')}: added {', '.join(added)}")
    for path in plan.created:
        print(f"{shown_path(path)}: created")
    for each in plan.left:
        print(f"left as it was: {each}")
    for each in plan.hints:
        print(f"hint: {each}")
    if "build-system" in document and "." not in setup.import_name:
        print(f"for the build: list {setup.import_name} among the packages of the wheel")
    commands = {
        "prefactor-gen check": "says what is wrong with the definitions",
        "prefactor-gen": f"writes the package {setup.import_name}",
        checker: "finds calls that do not fit",
    }
    if lacks_build_hook(document):
        commands["the build"] = f"can write {setup.import_name}, too, with a hook: codegen/README.md#hatch"
    print("\nNext:" if base == Path.cwd() else f"\nNext, in {shown_path(base)}:")
    for command, text in commands.items():
        print(f"  {command:<22} {text}")
