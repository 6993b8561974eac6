"""The command `prefactor-gen`."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.command import diff, docs, imports, pull, refs, risk, status
from prefactor_gen.command.arguments import parse, without_watch
from prefactor_gen.command.config import ConfigError, PackageConfig, find_project, read_project
from prefactor_gen.command.exit_codes import DONE, USAGE, WRONG, exit_code
from prefactor_gen.command.packages import chosen_packages, source_base
from prefactor_gen.command.progress import progress_bar
from prefactor_gen.command.report import OUTPUT_FORMATS, print_text, report_errors, summary
from prefactor_gen.diagnostics.diagnostics import Checked, DiagnosticError, has_errors
from prefactor_gen.diagnostics.every_rule import EVERY_RULE
from prefactor_gen.package.output_folder import Change, NotGeneratedError, compare, write
from prefactor_schema.suggestions import did_you_mean

if TYPE_CHECKING:
    from prefactor_gen.pipeline.cache import CachedPackage
    from prefactor_gen.pipeline.processes import Progress
    from prefactor_gen.pipeline.stages import GeneratedPackage

__all__ = ["DONE", "USAGE", "WRONG", "run"]


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code: 0 done, 1 wrong definitions or stale output, 2 wrong usage."""
    options = parse(arguments)
    try:
        folders = _folders(options)
        if len(folders) == 1:
            with _started_in(folders[0]):
                return _RUN[options.command](options)
        if getattr(options, "watch", False):
            return _watch(options, folders)
        from prefactor_gen.command.projects import combination, run_each

        return run_each(arguments, folders, combination(options))
    except ConfigError as error:
        print(f"prefactor-gen: {error}", file=sys.stderr)
        return USAGE


def _folders(options: argparse.Namespace) -> list[Path]:
    """The folders to run in."""
    from prefactor_gen.command.projects import chosen_projects

    if "project" not in options or getattr(options, "explain", None) in EVERY_RULE:
        return [Path()]
    folders = chosen_projects(options)
    if len(folders) > 1 and getattr(options, "wheel", None):
        raise ConfigError(f"--wheel: a wheel is of one project; name it: -C {folders[0].as_posix()}")
    return folders


@contextlib.contextmanager
def _started_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    try:
        os.chdir(folder)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"--project: expected a folder, found {str(folder)!r}: {reason}") from None
    try:
        yield
    finally:
        os.chdir(before)


def _generate(options: argparse.Namespace) -> int:
    if options.watch:
        return _watch(options, [Path()])
    project = read_project(find_project(Path.cwd()))
    code = DONE
    for package in chosen_packages(options, project):
        code = max(code, _generate_one(package, source_base(options, project), options))
        if options.tracked:
            code = max(code, _report_untracked(package.folder))
    return code


def _watch(options: argparse.Namespace, folders: Sequence[Path]) -> int:
    from prefactor_gen.command.watch import WatchedProject, watch

    def read_project_in(folder: Path) -> WatchedProject:
        with _started_in(folder):
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
    shown = Path(os.path.relpath(folder, Path.cwd())).as_posix()
    for path in missing:
        print(f"{path.as_posix()} is not tracked by git; run git add {shown}", file=sys.stderr)
    return WRONG if missing else DONE


def _check(options: argparse.Namespace) -> int:
    from prefactor_gen.command.explain import enforced_keywords, explain_rule, print_enforced

    if options.explain and options.explain in EVERY_RULE:
        print(explain_rule(options.explain))
        return DONE
    project = read_project(find_project(Path.cwd()))
    base = source_base(options, project)
    compiled = [_compile(package, base) for package in chosen_packages(options, project)]
    found = [item for each in compiled for item in each.diagnostics]
    if options.explain is not None and not has_errors(found):
        parts = {
            part: items
            for each in compiled
            for part, items in enforced_keywords(each.value, options.explain or None).items()
        }
        if options.explain and not parts:
            known = [*EVERY_RULE, *(item.name for each in compiled for item in each.value.definitions.span_types)]
            hint = did_you_mean(options.explain, known)
            message = f"--explain: {options.explain!r} is neither a rule nor a span type of these definitions{hint}"
            raise ConfigError(message)
        print_enforced(parts, sys.stdout)
        return DONE
    if options.format == "text":
        print_text(found, base, sys.stdout, every=options.all)
        print(summary(found) if found else "no problems found")
    else:
        OUTPUT_FORMATS[options.format](found, base, sys.stdout)
    return exit_code((item.severity for item in found), strict=options.strict)


def _demo(_options: argparse.Namespace) -> int:
    from prefactor_gen.command.demo import run_demo

    return run_demo()


def _init(options: argparse.Namespace) -> int:
    from prefactor_gen.command.init import init, project_of  # needs the extra

    init(Path.cwd() if options.project else project_of(Path.cwd()))
    return DONE


def _schema(options: argparse.Namespace) -> int:
    from prefactor_gen.command.editor_schemas import config_schema, definitions_schema

    schema = {"config": config_schema, "definitions": definitions_schema}[options.what]()
    print(json.dumps(schema, indent=2, ensure_ascii=False))
    return DONE


def _completion(options: argparse.Namespace) -> int:
    from prefactor_gen.command.completion import completion_script

    print(completion_script(options.shell))
    return DONE


_RUN: dict[str, Callable[[argparse.Namespace], int]] = {
    "init": _init,
    "generate": _generate,
    "check": _check,
    "diff": diff.run,
    "import": imports.run,
    "pull": pull.run,
    "status": status.run,
    "refs": refs.run,
    "risk": risk.run,
    "docs": docs.run,
    "demo": _demo,
    "schema": _schema,
    "completion": _completion,
}


def _compile(package: PackageConfig, base: Path, cached: CachedPackage | None = None) -> Checked[GeneratedPackage]:
    with progress_bar(sys.stderr, package.package) as progress:
        return _run_stages(package, base, cached, progress)


def _run_stages(
    package: PackageConfig, base: Path, cached: CachedPackage | None, progress: Progress | None
) -> Checked[GeneratedPackage]:
    from prefactor_gen.pipeline.stages import generate_package  # needs the extra, unlike --help
    from prefactor_gen.pipeline.wire_models import generate_wire_package

    gc.disable()  # collecting takes a fifth of the time and frees little
    try:
        if package.wire:
            return generate_wire_package(package.sources, base)
        return generate_package(
            package.sources,
            base,
            package.folder,
            package.settings,
            cached=cached,
            progress=progress,
        )
    finally:
        gc.freeze()  # collecting everything at the end of the process would take long
        gc.enable()


def _generate_one(package: PackageConfig, base: Path, options: argparse.Namespace) -> int:
    from prefactor_gen.pipeline.cache import CachedPackage, cache_folder, read_cached, write_cached
    from prefactor_gen.pipeline.fingerprint import Origin, package_origin, source_contents  # needs the extra

    try:
        contents = source_contents(package.sources, base, package.folder, package.settings.references)
        origin = package_origin(contents, package.package, package.settings)
    except (DiagnosticError, OSError):
        origin = Origin()  # A source cannot be read: the run reports that, with everything else that is wrong.
    folder = package.folder
    shown = Path(os.path.relpath(folder, Path.cwd())).as_posix()
    cache = None if options.no_cache or os.environ.get("CI") else cache_folder()
    cached = read_cached(cache, folder)
    if not options.wheel and origin.fingerprint and origin == cached.origin and _is_current(folder, cached.files):
        print(f"{shown} is up to date")
        return DONE
    generated, diagnostics = _compile(package, base, cached if origin.generator == cached.origin.generator else None)
    report_errors(diagnostics, base, warnings=True)  # only `check` reports notes
    if has_errors(diagnostics):
        return WRONG
    write_cached(cache, folder, CachedPackage(origin, generated.files, generated.modules))
    if options.wheel:
        return _check_wheel(Path(options.wheel), package, generated.files)
    try:
        changes = compare(folder, generated.files)
        if not changes:
            print(f"{shown} is up to date")
            return DONE
        if options.check:
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
        shown = Path(os.path.relpath(change.path, Path.cwd())).as_posix()
        print(f"{shown} {action}; {remedy}", file=sys.stderr)
    return WRONG


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
