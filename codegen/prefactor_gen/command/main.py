"""The command `prefactor-gen`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from prefactor_gen.command import check, generate
from prefactor_gen.command.arguments import parse
from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.exit_codes import DONE, USAGE, WRONG
from prefactor_gen.command.packages import names_missing_source
from prefactor_gen.command.parsers import MODULES, command_module
from prefactor_gen.command.projects import chosen_projects, combination, run_each, started_in
from prefactor_gen.diagnostics.every_rule import EVERY_RULE

__all__ = ["DONE", "USAGE", "WRONG", "run"]


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code: 0 done, 1 wrong definitions or stale output, 2 wrong usage."""
    options = parse(arguments)
    try:
        folders = _folders(options)
        if len(folders) == 1:
            with started_in(folders[0]):
                return _run(options)
        if getattr(options, "watch", False):
            return generate.watch_projects(options, folders)
        return run_each(arguments, folders, combination(options))
    except ConfigError as error:
        print(f"prefactor-gen: {error}", file=sys.stderr)
        return USAGE


def _run(options: argparse.Namespace) -> int:
    name = options.command
    code = command_module(name).run(options) if name in MODULES else _RUN[name](options)
    return USAGE if code == WRONG and names_missing_source(options) else code


def _folders(options: argparse.Namespace) -> list[Path]:
    """The folders to run in."""
    if "project" not in options or getattr(options, "explain", None) in EVERY_RULE:
        return [Path()]
    folders = chosen_projects(options)
    if len(folders) > 1 and getattr(options, "wheel", None):
        raise ConfigError(f"--wheel: a wheel is of one project; name it: -C {folders[0].as_posix()}")
    return folders


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
    "generate": generate.run,
    "check": check.run,
    "demo": _demo,
    "schema": _schema,
    "completion": _completion,
}
