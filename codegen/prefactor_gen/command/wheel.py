"""`--check --wheel`: whether a wheel holds the generated package, and holds it as it is generated now."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from prefactor_gen.command.config import ConfigError
from prefactor_gen.package.generated_line import GENERATED_BY
from prefactor_gen.package.output_folder import CATALOG, Change

__all__ = ["compare_wheel", "import_name"]

_DATA: Final = re.compile(r"[^/]+\.data/(?:purelib|platlib)/")
"""A folder of a wheel whose content is installed beside the other files."""


def compare_wheel(wheel: Path, folder: Path, files: Mapping[str, str]) -> Sequence[Change] | None:
    """What would change in a wheel if it held these generated files; None if it has nothing of the package.

    Args:
        wheel: the path of the wheel.
        folder: the folder of the package in the project.
        files: the files of the package, by name.

    Raises:
        ConfigError: the wheel cannot be read.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = {name[match.end() if (match := _DATA.match(name)) else 0 :]: name for name in archive.namelist()}
            if (place := _place(folder, names)) is None:
                return None
            found = {
                name.removeprefix(place): _text(archive.read(names[name]))
                for name in names
                if name.startswith(place) and _may_be_generated(name.removeprefix(place), files)
            }
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:  # damaged, encrypted, or no zip file
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"--wheel: cannot read {wheel.as_posix()}: {reason}") from None
    old = {name: text for name, text in found.items() if name in files or text.startswith(GENERATED_BY)}
    changes = (Change(wheel / place / name, old.get(name), files.get(name)) for name in sorted({*files, *old}))
    return [change for change in changes if change.old != change.new]


def import_name(folder: Path) -> str:
    """The name by which the package in a folder is imported, with the packages that it is inside of."""
    return ".".join(_import_path(folder))


def _import_path(folder: Path) -> Sequence[str]:
    absolute = Path(os.path.abspath(folder))
    outer = next((n for n, parent in enumerate(absolute.parents) if not (parent / CATALOG).is_file()), 0)
    return absolute.parts[-outer - 1 :]


def _place(folder: Path, names: Mapping[str, str]) -> str | None:
    """The folder of the package in the wheel, with a slash at the end: its path from a folder that is imported from."""
    parts = Path(os.path.abspath(folder)).parts
    # A namespace package has no file by which it could be known, so longer paths are tried first.
    starts = range(1, len(parts) - len(_import_path(folder)) + 1)
    places = ("/".join(parts[start:]) + "/" for start in starts)
    return next((place for place in places if any(name.startswith(place) for name in names)), None)


def _may_be_generated(name: str, files: Mapping[str, str]) -> bool:
    return name in files or ("/" not in name and name.endswith(".py"))


def _text(content: bytes) -> str:
    """The text of a file. Line ends make no difference to Python."""
    return content.decode("utf-8", errors="replace").replace("\r\n", "\n")
