"""The part of an answer that delivery reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Receipt"]


class Receipt(BaseModel):
    """Base class of what delivery reads of answers."""

    # Validation errors are logged, so they must not contain the answer's content.
    model_config = ConfigDict(hide_input_in_errors=True, defer_build=True)
