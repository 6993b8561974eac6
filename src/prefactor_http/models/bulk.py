"""Bulk requests: several operations in one request."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, field_validator

from prefactor_api import bulk as wire
from prefactor_api.bulk import BulkItem

__all__ = ["BulkItem", "BulkOutput", "BulkRequest", "BulkResponse"]


class BulkRequest(wire.BulkRequest):
    """Operations that are executed in order, each with its own idempotency key."""

    @field_validator("items")
    @classmethod
    def validate_unique_idempotency_keys(cls, items: list[BulkItem]) -> list[BulkItem]:
        """Refuses two items with the same key, because the answer identifies items by key."""
        keys = {item.idempotency_key for item in items}
        if len(keys) != len(items):
            raise ValueError("idempotency keys must be unique within a bulk request")
        return items


class BulkOutput(BaseModel):
    """The output of one operation. Its result, or `code` and `message` of its error, are extra fields."""

    model_config = ConfigDict(extra="allow")

    status: str

    @field_validator("status")
    @classmethod
    def validate_status(cls, v: str) -> str:
        """Refuses values other than success and error."""
        if v not in {"success", "error"}:
            raise ValueError("status must be success or error")
        return v


class BulkResponse(BaseModel):
    """The outputs by idempotency key. An operation that was not executed has none."""

    model_config = ConfigDict(hide_input_in_errors=True)

    status: str = "success"
    outputs: dict[str, BulkOutput]
