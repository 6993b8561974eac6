"""What answers have in common."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from prefactor_api.base import ApiError, DetailedApiError, PaginationOutput, Sorting

__all__ = ["ApiError", "ApiResponse", "DetailedApiError", "ListResponse", "PaginationOutput", "Sorting"]

T = TypeVar("T")


class _Response(BaseModel):
    # The text of a validation error ends up in logs: without the answer's content.
    model_config = ConfigDict(hide_input_in_errors=True)


class ApiResponse(_Response, Generic[T]):
    """A success with one thing."""

    status: str
    details: T


class ListResponse(_Response, Generic[T]):
    """A success with a page of a list."""

    status: str
    summaries: list[T]
    pagination: PaginationOutput | None = None
    sorting: Sorting | None = None
