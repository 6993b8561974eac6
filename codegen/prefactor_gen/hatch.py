"""The hatch build hook `prefactor-gen`: generates the packages before a wheel is built."""

from __future__ import annotations

import os
from contextlib import chdir
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

from prefactor_gen.__main__ import missing_extra
from prefactor_gen.command.config import ConfigError, read_project

__all__ = ["PrefactorGenBuildHook", "hatch_register_build_hook"]


class PrefactorGenBuildHook(BuildHookInterface[BuilderConfig]):
    """Runs `prefactor-gen` before a build and adds the packages of `[tool.prefactor-gen]` to the build."""

    PLUGIN_NAME = "prefactor-gen"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's interface
        """Generate the packages. Errors in the definitions stop the build."""
        root = Path(self.root)
        try:
            from prefactor_gen.command.main import run

            packages = read_project(root).packages
            if not packages:
                raise ConfigError("expected [tool.prefactor-gen] with sources in pyproject.toml")
            with chdir(root):
                code = run(["generate"])
        except ModuleNotFoundError as error:
            self.app.abort(missing_extra(error, 'name "prefactor-sdk[gen]" in requires of [build-system]'))
        except ConfigError as error:
            self.app.abort(f"prefactor-gen: {error}")
        else:
            if code:
                self.app.abort("prefactor-gen: the package could not be generated")
            folders = [package.folder for package in packages]
            if self.target_name == "wheel" and (missing := [each for each in folders if not self._is_included(each)]):
                self.app.abort(self._not_included(missing))
            # Files that git ignores are included only as artifacts.
            build_data["artifacts"].extend(f"/{self._shown(folder)}/*" for folder in folders)

    def _is_included(self, folder: Path) -> bool:
        """Whether the wheel contains this folder. If its files are selected by patterns, it contains all artifacts."""
        config = self.build_config
        selected = self._selected()
        by_patterns = not selected and bool(config.target_config.get("include") or config.build_config.get("include"))
        return by_patterns or any(folder.is_relative_to(each) for each in (*selected, *map(Path, config.force_include)))

    def _selected(self) -> list[Path]:
        """The folders and files of the wheel, by configuration or as hatch finds them."""
        try:
            return [Path(each) for each in self.build_config.only_include]
        except ValueError:  # hatch finds none
            return []

    def _not_included(self, folders: list[Path]) -> str:
        packages = ", ".join(f'"{self._shown(each)}"' for each in (*self._selected(), *folders))
        return (
            f"prefactor-gen: the wheel would not contain {' and '.join(map(self._shown, folders))}; list its packages "
            f"in pyproject.toml:\n\n[tool.hatch.build.targets.wheel]\npackages = [{packages}]"
        )

    def _shown(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.root)).as_posix()


@hookimpl
def hatch_register_build_hook() -> type[PrefactorGenBuildHook]:
    """The hook that hatchling calls for the plugin's build hook."""
    return PrefactorGenBuildHook
