"""The tree of a run, whatever arrived in which order."""

from __future__ import annotations

from prefactor_local._view.shapes import RunExport

__all__ = ["parents"]


def parents(export: RunExport) -> dict[str, str | None]:
    """The ID of each span's parent, by the span's ID; None at the top.

    A parent that is not in the run stays. Parents may arrive after their children, so a hostile client can make a
    circle of them: one span of it is taken for the top.
    """
    found = {span["id"]: span["parent_id"] for span in export["spans"]}
    settled: set[str | None] = {None}
    for start in found:
        path: set[str] = set()
        current: str | None = start
        while current not in settled and current in found:
            path.add(current)
            if found[current] in path:
                found[current] = None
            current = found[current]
        settled |= path
    return found
