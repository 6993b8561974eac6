# Written by prefactor-gen from schemas/api. Do not edit.

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class ApiError(BaseModel):
    """An error answer."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    status: str = "error"
    code: str
    """The API's word for the error."""
    message: str
    """For people."""


class DetailedApiError(ApiError):
    """An error answer that names the wrong fields."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    errors: dict[str, Any]
    """What is wrong, by field."""


class PaginationOutput(BaseModel):
    """Where a page of a list stands."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    item_count: int
    item_start: int
    """From 1."""
    item_end: int
    """From 1."""
    page_count: int
    page_index: int
    """From 1."""
    page_offset: int
    """From 0."""
    page_size: int
    next_page_offset: int | None
    previous_page_offset: int | None


class Sorting(BaseModel):
    """How a list is sorted."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    field: str
    direction: str
    """asc or desc."""
