"""The hatch build hook of this project: a wheel holds the viewer's script in one file, in place of its modules."""

from __future__ import annotations

import runpy
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VIEW = "prefactor_local/_view"


class WheelFiles(BuildHookInterface[BuilderConfig]):
    """Joins the modules before a wheel is built. pyproject.toml leaves the modules out of it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the script, unless the wheel is an editable one, which uses the modules."""
        if version == "editable":
            return
        view = Path(self.root, "src", VIEW)
        # The build may have nothing installed that the package imports, and this module imports nothing.
        bundle = runpy.run_path(str(view / "bundle.py"))["bundle"]
        modules = {file.name: file.read_text("utf-8") for file in (view / "static" / "js").glob("*.js")}
        self._folder = tempfile.TemporaryDirectory()
        script = Path(self._folder.name, "app.js")
        script.write_text(bundle(modules, "app.js"), encoding="utf-8", newline="\n")
        build_data["force_include"][str(script)] = f"{VIEW}/static/app.js"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        if version != "editable":
            self._folder.cleanup()
