"""Which packages a command is about: those of the configuration, as the options change them."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from prefactor_gen.command.config import ConfigError, PackageConfig, ProjectConfig
from prefactor_gen.command.package_checks import check_output, check_package
from prefactor_gen.command.paths import shown_path
from prefactor_gen.definitions.sources import is_attribute
from prefactor_gen.pipeline.settings import Settings

__all__ = ["chosen_packages", "names_missing_source", "source_base"]


def source_base(options: argparse.Namespace, project: ProjectConfig) -> Path:
    """The folder that sources are relative to: the working folder for arguments, otherwise the project's."""
    return Path.cwd() if options.sources else project.base


def chosen_packages(options: argparse.Namespace, project: ProjectConfig) -> list[PackageConfig]:
    """The packages to generate: those of the configuration, the first one as the options change it."""
    configured = project.packages[0] if project.packages else None
    sources = tuple(options.sources) or (configured.sources if configured else ())
    if not sources:
        raise ConfigError(f"expected a SOURCE, as in `prefactor-gen schemas`, or {project.wanted_sources}; see --help")
    output = (
        Path.cwd() / options.output
        if options.output
        else configured.output
        if configured
        else project.base / "generated"
    )
    name = options.package or (configured.package if configured else project.default_package() or options.fallback)
    if name is None:
        raise ConfigError("expected --package NAME: pyproject.toml has no project name to derive it from")
    settings = configured.settings if configured else Settings()
    if options.sources or options.package:
        settings = _for_another_package(settings, other_sources=bool(options.sources))
    first = PackageConfig(sources, output, name, settings=settings)
    chosen = [first] if options.sources or options.package else [first, *project.packages[1:]]
    for package in chosen:
        check_package(project, package)
        if not options.output or package is not first:
            check_output(project, package)
    if len({package.folder for package in chosen}) < len(chosen):
        raise ConfigError(
            "[tool.prefactor-gen] and [tool.prefactor-gen.wire] would both be written into "
            f"{shown_path(first.folder)}: choose another package name for one of them"
        )
    return chosen


def names_missing_source(options: argparse.Namespace) -> bool:
    """Whether the command line names a source that does not exist: then the command line is wrong."""
    given = getattr(options, "sources", ())
    return any(not is_attribute(each, Path.cwd()) and not os.path.lexists(Path.cwd() / each) for each in given)


def _for_another_package(settings: Settings, *, other_sources: bool) -> Settings:
    """The configured settings for a package of the command line, which has other classes, perhaps of other sources."""
    allowances = settings.allowances
    if other_sources:  # what is allowed may be in a configured one
        allowances = tuple(replace(each, is_told_if_unused=False) for each in allowances)
    return replace(settings, former_names=(), allowances=allowances)
