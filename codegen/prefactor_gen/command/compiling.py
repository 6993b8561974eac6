"""Compiles one package of the configuration."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.command.config import PackageConfig
from prefactor_gen.command.progress import progress_bar
from prefactor_gen.diagnostics.diagnostics import Checked

if TYPE_CHECKING:
    from prefactor_gen.pipeline.cache import CachedPackage
    from prefactor_gen.pipeline.processes import Progress
    from prefactor_gen.pipeline.stages import GeneratedPackage

__all__ = ["compile_package"]


def compile_package(
    package: PackageConfig, base: Path, cached: CachedPackage | None = None
) -> Checked[GeneratedPackage]:
    """The generated package of a configuration, with progress on a terminal; and what is wrong with it.

    Args:
        package: the configuration.
        base: the folder that its sources are relative to.
        cached: what an earlier run has generated.
    """
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
