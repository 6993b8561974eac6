"""What runs are read from may be damaged, or lie: what it says is checked before anything is done with it."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from prefactor_local._protocol.strings import is_identifier
from prefactor_local._view.shapes import Finding, RowsPage, RunDetails, RunsPage, SpanDetails

__all__ = ["CODE", "DETAILS", "FINDINGS", "ROWS", "RUNS", "SPAN", "checked_id"]

RUNS: Final = TypeAdapter[RunsPage](RunsPage)
DETAILS: Final = TypeAdapter[RunDetails](RunDetails)
ROWS: Final = TypeAdapter[RowsPage](RowsPage)
SPAN: Final = TypeAdapter[SpanDetails](SpanDetails)
FINDINGS: Final = TypeAdapter[list[Finding]](list[Finding])
CODE: Final = TypeAdapter[str](str)


def checked_id(run_id: str) -> str:
    """The ID of a run, which becomes part of addresses and of file names.

    Raises:
        ValueError: It may not.
    """
    if not is_identifier(run_id):
        raise ValueError("not an ID")
    return run_id
