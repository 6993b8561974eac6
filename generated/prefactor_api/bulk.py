# Written by prefactor-gen from schemas/api. Do not edit.

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class BulkItem(BaseModel):
    """One operation; its parameters stand beside its type and key."""

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    type: Annotated[str, Field(alias="_type")]
    """Operation, such as agent_spans/create."""
    idempotency_key: Annotated[str, Field(max_length=64, min_length=8)]
    """Unique in the request."""


class BulkRequest(BaseModel):
    """Operations that run in order; the first one that fails ends the run."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: Annotated[list[BulkItem], Field(min_length=1)]
