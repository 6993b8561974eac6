"""The hatch build hook `prefactor-gen`: what a wheel holds is what its definitions say."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

from prefactor_gen.__main__ import missing_extra
from prefactor_gen.config import ConfigError, read_project

__all__ = ["PrefactorGenBuildHook", "hatch_register_build_hook"]


class PrefactorGenBuildHook(BuildHookInterface[BuilderConfig]):
    """Runs `prefactor-gen` before a build, as `[tool.prefactor-gen]` says, and has its packages taken in."""

    PLUGIN_NAME = "prefactor-gen"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's interface
        """Generate; where the definitions are wrong, the build stops."""
        root = Path(self.root)
        try:
            from prefactor_gen.cli import run

            packages = read_project(root).packages
            if not packages:
                raise ConfigError("expected [tool.prefactor-gen] with sources in pyproject.toml")
            with chdir(root):
                code = run(["generate"])
        except ModuleNotFoundError as error:
            self.app.abort(missing_extra(error))
        except ConfigError as error:
            self.app.abort(f"prefactor-gen: {error}")
        else:
            if code:
                self.app.abort("prefactor-gen: the package could not be generated")
            # They may be ignored by git.
            folders = (package.folder.relative_to(root).as_posix() for package in packages)
            build_data["artifacts"].extend(f"/{folder}/*" for folder in folders)


@hookimpl
def hatch_register_build_hook() -> type[PrefactorGenBuildHook]:
    """What hatchling asks its plugins for."""
    return PrefactorGenBuildHook
