"""The command `prefactor-gen generate`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from prefactor_gen.command.arguments import without_watch
from prefactor_gen.command.compiling import compile_package
from prefactor_gen.command.config import ConfigError, PackageConfig, find_project, read_project
from prefactor_gen.command.exit_codes import DONE, WRONG
from prefactor_gen.command.packages import chosen_packages, source_base
from prefactor_gen.command.paths import shown_path
from prefactor_gen.command.projects import started_in
from prefactor_gen.command.report import report_errors
from prefactor_gen.command.writing import writing
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, has_errors
from prefactor_gen.package.output_folder import Change, NotGeneratedError, compare, write

__all__ = ["run", "watch_projects"]


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if options.watch:
        return watch_projects(options, [Path()])
    project = read_project(find_project(Path.cwd()))
    code = DONE
    for package in chosen_packages(options, project):
        code = max(code, _generate_one(package, source_base(options, project), options))
        if options.tracked:
            code = max(code, _report_untracked(package.folder))
    return code


def watch_projects(options: argparse.Namespace, folders: Sequence[Path]) -> int:
    """Run again after each change of the projects in these folders, until Ctrl-C."""
    from prefactor_gen.command.watch import WatchedProject, watch

    def read_project_in(folder: Path) -> WatchedProject:
        with started_in(folder):
            project = read_project(find_project(Path.cwd()))
            configuration = project.base / "pyproject.toml"
            return WatchedProject(chosen_packages(options, project), source_base(options, project), configuration)

    named = [argument for folder in folders if len(folders) > 1 for argument in ("-C", str(folder))]
    return watch(lambda: list(map(read_project_in, folders)), [*named, *without_watch(options)])


def _report_untracked(folder: Path) -> int:
    """Report the files of a package that git neither tracks nor ignores: a commit would not have them."""
    import subprocess  # most runs do not need it

    command = ["git", "ls-files", "--others", "--exclude-standard", "-z", "--", ":(glob)*.py", "py.typed"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603  # a fixed command
    except OSError as error:
        raise ConfigError(f"--tracked: cannot run git in {error.filename}: {error.strerror}") from None
    if done.returncode:
        raise ConfigError(f"--tracked: {os.fsdecode(done.stderr).strip()}")
    missing = [
        Path(os.path.relpath(folder / name, Path.cwd())) for name in os.fsdecode(done.stdout).split("\0") if name
    ]
    shown = shown_path(folder)
    for path in missing:
        print(f"{path.as_posix()} is not tracked by git; run git add {shown}", file=sys.stderr)
    return WRONG if missing else DONE


def _generate_one(package: PackageConfig, base: Path, options: argparse.Namespace) -> int:
    from prefactor_gen.pipeline.cache import CachedPackage, cache_folder, read_cached, write_cached
    from prefactor_gen.pipeline.fingerprint import Origin, package_origin, source_contents  # needs the extra

    try:
        contents = source_contents(package.sources, base, package.folder, package.settings.references)
        origin = package_origin(contents, package.package, package.settings)
    except (DiagnosticError, OSError):
        origin = Origin()  # A source cannot be read: the run reports that, with everything else that is wrong.
    folder = package.folder
    shown = shown_path(folder)
    cache = None if options.no_cache or os.environ.get("CI") else cache_folder()
    cached = read_cached(cache, folder)
    if not options.wheel and origin.fingerprint and origin == cached.origin and _is_current(folder, cached.files):
        print(f"{shown} is up to date")
        return DONE
    generated, diagnostics = compile_package(
        package, base, cached if origin.generator == cached.origin.generator else None
    )
    report_errors(diagnostics, base, warnings=True)  # only `check` reports notes
    if has_errors(diagnostics):
        return WRONG
    write_cached(cache, folder, CachedPackage(origin, generated.files, generated.modules))
    if options.wheel:
        return _check_wheel(Path(options.wheel), package, generated.files)
    changes = _changes(folder, generated.files)
    if options.check and changes:
        return _show(changes, base)
    with writing():
        write(changes)
    span_types = _count(len(generated.definitions.span_types), "span type")
    files = _count(len(changes), "file")
    print(f"{shown}: {span_types}, {files} changed" if changes else f"{shown} is up to date")
    return DONE


def _changes(folder: Path, files: Mapping[str, str]) -> Sequence[Change]:
    """What is to be written into the folder of a package."""
    try:
        with writing():
            return compare(folder, files)
    except NotGeneratedError as error:
        raise ConfigError(
            f"{shown_path(error.path)} was not written by prefactor-gen: move it away, or choose another --package or "
            "--output"
        ) from None


def _check_wheel(wheel: Path, package: PackageConfig, files: Mapping[str, str]) -> int:
    from prefactor_gen.command.wheel import compare_wheel, import_name

    changes = compare_wheel(wheel, package.folder, files)
    is_current = _is_current(package.folder, files)
    if changes is None:
        first = "" if is_current else "run prefactor-gen, and "
        print(
            f"{wheel.as_posix()} has no package {import_name(package.folder)}; {first}list it among those that the "
            "build includes",
            file=sys.stderr,
        )
        return WRONG
    if changes:
        remedy = "build the wheel from the current package" if is_current else "run prefactor-gen, then build the wheel"
        return _show(changes, Path.cwd(), remedy)
    print(f"{wheel.as_posix()} has the current {import_name(package.folder)}")
    return DONE


def _is_current(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether the folder has these generated files, and no others. What cannot be read is reported later."""
    try:
        return not compare(folder, files)
    except (NotGeneratedError, OSError):
        return False


def _show(changes: Sequence[Change], base: Path, remedy: str = "run prefactor-gen") -> int:
    for change in changes:
        print(change.diff(base), end="")
    for change in changes:
        action = "would be removed" if change.new is None else "is missing" if change.old is None else "is stale"
        print(f"{shown_path(change.path)} {action}; {remedy}", file=sys.stderr)
    return WRONG


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
