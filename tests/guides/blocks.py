"""The code blocks of the guides, by name, as in `README.md#quick-start/python`: guide, heading and language.

A second block of the same language under the same heading is `…/python/2`. As a program this prints the blocks that
it is given the names of. `.ci/run` uses that before anything is installed, so only the standard library is imported.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections import Counter
from functools import cache
from pathlib import Path

__all__ = ["ROOT", "USED", "block", "blocks", "guides", "section", "slugs", "table"]

ROOT = Path(__file__).parents[2]
USED: set[str] = set()
"""The names of the blocks that tests have asked for."""

_NOT_OURS = {"build", "dist", "generated", "golden", "node_modules"}
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


@cache
def guides() -> dict[str, str]:
    """The text of each guide, by its path in the repository."""
    found = {}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in _NOT_OURS and not name.startswith((".", "_")))
        for name in files:
            if name in {"README.md", "CONTRIBUTING.md"}:
                path = Path(folder) / name
                found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    return found


def slugs(text: str) -> list[str]:
    """The anchors of a guide's headings, as GitHub makes them."""
    headings = _HEADING.findall(_FENCE.sub("", text))
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@cache
def blocks() -> dict[str, str]:
    """All blocks, by name."""
    found = {}
    for guide, text in guides().items():
        numbers: Counter[str] = Counter()
        for match in _FENCE.finditer(text):
            heading = slugs(text[: match.start()])[-1]
            name = f"{guide}#{heading}/{match[2] or 'no language'}"
            numbers[name] += 1
            number = f"/{numbers[name]}" if numbers[name] > 1 else ""
            found[name + number] = textwrap.dedent(match[3])
    return found


def block(name: str) -> str:
    """A block that the caller runs or compares."""
    USED.add(name)
    return blocks()[name]


def section(guide: str, slug: str) -> str:
    """The text under a heading, to the next heading of any level."""
    parts = re.split(r"^(?=#{1,6} )", _FENCE.sub("", guides()[guide]), flags=re.MULTILINE)
    (found,) = (part for part in parts if slugs(part) == [slug])
    return found


def table(guide: str, slug: str, number: int = 0) -> list[tuple[str, ...]]:
    """The rows of a table under a heading, without its head."""
    tables = re.findall(r"(?:^\|.*\|\n)+", section(guide, slug), re.MULTILINE)
    return [tuple(cell.strip() for cell in line[1:-1].split("|")) for line in tables[number].splitlines()[2:]]


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        sys.stdout.write(block(wanted))
