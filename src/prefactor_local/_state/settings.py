"""Settings for behaviour in which the Prefactor platform may differ from the embedded API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

__all__ = ["BulkMode", "Settings", "bulk_mode"]

BulkMode: TypeAlias = Literal["on", "missing", "other_form"]


@dataclass
class Settings:
    """Settings that may be changed while the server runs.

    Attributes:
        strict_cancel: Whether cancelling an active instance or span is refused.
        refuse_ids: Whether a create request with an `id` from the client is refused.
        bulk: How the bulk endpoint answers.
    """

    strict_cancel: bool = False
    refuse_ids: bool = False
    bulk: BulkMode = "on"


def bulk_mode(text: str) -> BulkMode:
    """The text as a mode.

    Raises:
        ValueError: It is not a mode.
    """
    for mode in get_args(BulkMode):
        if text == mode:
            return text  # type: ignore[return-value] # just compared with every one
    raise ValueError(f"bulk must be one of {', '.join(get_args(BulkMode))}, not {text!r}")
