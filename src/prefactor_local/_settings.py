"""How the embedded API behaves where the platform might behave differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

__all__ = ["BulkMode", "Settings", "bulk_mode"]

BulkMode: TypeAlias = Literal["on", "missing", "other_form"]


@dataclass
class Settings:
    """May be changed while the server runs.

    Attributes:
        strict_cancel: refuse to cancel what is active.
        refuse_ids: refuse what a client creates with an `id` of its own.
        bulk: how the bulk endpoint answers.
    """

    strict_cancel: bool = False
    refuse_ids: bool = False
    bulk: BulkMode = "on"


def bulk_mode(text: str) -> BulkMode:
    """The text, if it is a mode. Raises ValueError."""
    for mode in get_args(BulkMode):
        if text == mode:
            return text  # type: ignore[return-value] # just compared with every one
    raise ValueError(f"bulk must be one of {', '.join(get_args(BulkMode))}, not {text!r}")
