"""Compares pages with the files that an earlier run has written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prefactor_gen.docs.visible_text import MARK
from prefactor_gen.package.output_folder import Change, NotGeneratedError, read_file

__all__ = ["page_changes"]

_MARKED_LINES = 2


def page_changes(files: Mapping[Path, str], folder: Path | None = None) -> list[Change]:
    """What would change if these became the pages. Pages in the folder that are no longer needed would be removed.

    Args:
        files: the text of each file.
        folder: the folder of Markdown pages.

    Raises:
        NotGeneratedError: a file has no mark of an earlier run, and is not empty.
        OSError: a file cannot be read.
    """
    changes = [Change(path, read_file(path), text) for path, text in files.items()]
    for change in changes:
        if change.old and not _is_marked(change.old):
            raise NotGeneratedError(change.path)
    others = sorted(path for path in folder.glob("*.md") if path not in files) if folder is not None else []
    texts = {path: read_file(path) for path in others if path.is_file()}
    changes.extend(Change(path, text, None) for path, text in texts.items() if text and _is_marked(text))
    return [change for change in changes if change.old != change.new]


def _is_marked(text: str) -> bool:
    return MARK in text.split("\n", _MARKED_LINES)[:_MARKED_LINES]
