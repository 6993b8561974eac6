"""The command `prefactor-gen`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.config import ConfigError, PackageConfig, ProjectConfig, find_project, read_project
from prefactor_gen.diagnostics import RULES, Diagnostic, DiagnosticError, Severity, has_errors
from prefactor_gen.emit import (
    Change,
    NotGeneratedError,
    Origin,
    Previous,
    compare,
    is_current,
    read_previous,
    write,
)
from prefactor_gen.progress import progress_line
from prefactor_gen.report import FORMATS, summary

if TYPE_CHECKING:
    from prefactor_gen.pipeline import Generated
    from prefactor_gen.workers import Progress

__all__ = ["DONE", "USAGE", "WRONG", "run"]

DONE, WRONG, USAGE = 0, 1, 2
_COMMANDS = ("generate", "check", "demo")


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code: 0 done, 1 definitions wrong or output stale, 2 usage."""
    given = list(arguments)
    if not given or (given[0] not in _COMMANDS and given[0] not in {"-h", "--help", "--version"}):
        given = ["generate", *(word for word in given if word != "generate")]
    options = _parser().parse_args(given)
    try:
        if options.command == "demo":
            from prefactor_gen.demo import run_demo

            return run_demo()
        return _check(options) if options.command == "check" else _generate(options)
    except ConfigError as error:
        print(f"prefactor-gen: {error}", file=sys.stderr)
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="prefactor-gen",
        description="Compile span type definitions into a typed Python package.",
        epilog="With no command it generates. Example: prefactor-gen schemas --package my_agent_spans",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"prefactor-gen {version('prefactor-sdk')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    generate = commands.add_parser(
        "generate",
        help="write the package (the default)",
        description="Read definitions and write a package of typed models, span helpers and a catalog.",
        epilog=(
            "examples:\n"
            "  prefactor-gen                                        what [tool.prefactor-gen] of pyproject.toml says\n"
            "  prefactor-gen generate schemas --package my_spans    a folder of JSON and YAML files\n"
            "  prefactor-gen generate my_agent.spans:registry       a SchemaRegistry in Python\n"
            "  prefactor-gen --check                                in CI: exit 1 and show what would change\n"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    generate.add_argument("sources", nargs="*", metavar="SOURCE", help="file, folder or module:attribute")
    generate.add_argument(
        "--output", metavar="DIR", help="folder that the package is written into (default: generated)"
    )
    generate.add_argument("--package", metavar="NAME", help="package name (default: the project's name and _spans)")
    generate.set_defaults(fallback=None)
    generate.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 and name each file that would change"
    )
    check = commands.add_parser(
        "check",
        help="tell what is wrong with definitions, and who enforces what",
        description="Read definitions, tell everything that is wrong with them, and write nothing. "
        "Exits with 1 where something is wrong.",
        epilog=(
            "examples:\n"
            "  prefactor-gen check                      what [tool.prefactor-gen] of pyproject.toml says\n"
            "  prefactor-gen check schemas --strict     a folder; warnings fail, too\n"
            "  prefactor-gen check --format github      annotations in a workflow of GitHub's\n"
            "  prefactor-gen check --explain            who enforces each keyword: types, or the schema itself\n"
            "  prefactor-gen check --explain agent:llm  the same for one span type\n"
            "  prefactor-gen check --explain PG008      what a rule is about\n"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("sources", nargs="*", metavar="SOURCE", help="file, folder or module:attribute")
    check.add_argument("--format", choices=("text", "json", "github"), default="text", help="default: text")
    check.add_argument("--strict", action="store_true", help="warnings fail, too (notes do not)")
    check.add_argument(
        "--explain", nargs="?", const="", metavar="WHAT", help="a rule, a span type, or (left out) all span types"
    )
    check.set_defaults(output=None, package=None, fallback="checked")  # nothing is written
    commands.add_parser(
        "demo",
        help="compile, type-check and run an example agent against the embedded API",
        description="Compile the shipped definitions, type-check an example agent, run it against the embedded local "
        "API and print its trace. Needs no account and no network.",
        epilog="example: prefactor-gen demo",
    )
    return parser


def _generate(options: argparse.Namespace) -> int:
    project = read_project(find_project(Path.cwd()))
    code = DONE
    for package in _packages(options, project):
        code = max(code, _generate_one(package, _base(options, project), check=options.check))
    return code


def _check(options: argparse.Namespace) -> int:
    from prefactor_gen.explain import explain_rule, explained

    if options.explain and options.explain in RULES:
        print(explain_rule(options.explain))
        return DONE
    project = read_project(find_project(Path.cwd()))
    base = _base(options, project)
    found: list[Diagnostic] = []
    lines: list[str] = []
    for package in _packages(options, project):
        generated = _compiled(package, base, Origin(), Previous())
        found.extend(generated.diagnostics)
        lines.extend(explained(generated.definitions, generated.unsaid, options.explain or None))
    if options.explain is not None and not has_errors(found):
        if options.explain and not lines:
            raise ConfigError(f"--explain: {options.explain!r} is neither a rule nor a span type of these definitions")
        print(*lines, sep="\n")
        return DONE
    print(FORMATS[options.format](found, base, sys.stdout), end="")
    if options.format == "text":
        print(summary(found) if found else "nothing is wrong")
    weighty = [item for item in found if item.severity is not Severity.NOTE]
    return WRONG if has_errors(found) or (options.strict and weighty) else DONE


def _compiled(package: PackageConfig, base: Path, origin: Origin, previous: Previous) -> Generated:
    with progress_line(sys.stderr, package.package) as progress:
        return _made(package, base, origin, previous, progress)


def _made(
    package: PackageConfig, base: Path, origin: Origin, previous: Previous, progress: Progress | None
) -> Generated:
    from prefactor_gen.pipeline import generate_package  # needs the extra, unlike --help
    from prefactor_gen.wire import generate_wire_package

    gc.disable()  # a fifth of the time; little of what is made is garbage, and then the process ends
    try:
        if package.wire:
            return generate_wire_package(package.sources, base, origin)
        return generate_package(package.sources, base, package.package, origin, previous=previous, progress=progress)
    finally:
        gc.freeze()  # nor is it looked through at the end
        gc.enable()


def _base(options: argparse.Namespace, project: ProjectConfig) -> Path:
    """What sources are relative to: the working folder for the command line, else the project's."""
    return Path.cwd() if options.sources else project.base


def _packages(options: argparse.Namespace, project: ProjectConfig) -> list[PackageConfig]:
    """The packages that the configuration asks for, as the options change the first of them."""
    configured = project.packages[0] if project.packages else None
    sources = tuple(options.sources) or (configured.sources if configured else ())
    if not sources:
        raise ConfigError("expected a SOURCE, or sources in [tool.prefactor-gen] of pyproject.toml; see --help")
    output = (
        Path.cwd() / options.output
        if options.output
        else configured.output
        if configured
        else project.base / "generated"
    )
    name = options.package or (configured.package if configured else project.default_package() or options.fallback)
    if name is None:
        raise ConfigError("expected --package NAME: there is no project name in pyproject.toml to take one from")
    first = PackageConfig(sources, output, name)
    chosen = [first] if options.sources or options.package else [first, *project.packages[1:]]
    for package in chosen:
        project.check_package(package)
    return chosen


def _generate_one(package: PackageConfig, base: Path, *, check: bool) -> int:
    from prefactor_gen.fingerprint import package_origin, source_contents  # needs the extra, unlike --help

    try:
        origin = package_origin(source_contents(package.sources, base), package.package)
    except (DiagnosticError, OSError):
        origin = Origin()  # a source cannot be read: generating tells that and whatever else is wrong
    folder = package.folder
    shown = Path(os.path.relpath(folder, Path.cwd())).as_posix()
    if origin.fingerprint and is_current(folder, origin.fingerprint):
        print(f"{shown} is up to date")
        return DONE
    previous = read_previous(folder, origin.generator)
    generated = _compiled(package, base, origin, previous)
    _report(generated.diagnostics, base)
    if has_errors(generated.diagnostics):
        return WRONG
    try:
        changes = compare(folder, generated.files)
        if check:
            return _show(changes, base)
        write(changes)
    except NotGeneratedError as error:
        shown = Path(os.path.relpath(error.path, Path.cwd())).as_posix()
        raise ConfigError(
            f"{shown} was not written by prefactor-gen: move it away, or choose another --package or --output"
        ) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConfigError(f"cannot write {error.filename}: {error.strerror}") from None
    print(
        f"{shown}: {_count(len(generated.definitions.span_types), 'span type')}, {_count(len(changes), 'file')} changed"
    )
    return DONE


def _show(changes: Sequence[Change], base: Path) -> int:
    for change in changes:
        print(change.diff(base), end="")
    for change in changes:
        action = "would be removed" if change.new is None else "is missing" if change.old is None else "is stale"
        print(
            f"{Path(os.path.relpath(change.path, Path.cwd())).as_posix()} {action}; run prefactor-gen", file=sys.stderr
        )
    return WRONG if changes else DONE


def _report(found: Sequence[Diagnostic], base: Path) -> None:
    diagnostics = [item for item in found if item.severity is not Severity.NOTE]  # those are for `check`
    print(FORMATS["text"](diagnostics, base, sys.stderr), end="", file=sys.stderr)
    if diagnostics:
        print(f"prefactor-gen: {summary(diagnostics)}", file=sys.stderr)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
