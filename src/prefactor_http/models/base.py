"""The envelopes of answers."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from prefactor_api.base import ApiError, DetailedApiError, PaginationOutput, Sorting

__all__ = ["ApiError", "ApiResponse", "DetailedApiError", "ListResponse", "PaginationOutput", "Sorting"]

T = TypeVar("T")


class _Response(BaseModel):
    # Validation errors are logged, so they must not contain the answer's content.
    model_config = ConfigDict(hide_input_in_errors=True)


class ApiResponse(_Response, Generic[T]):
    """A successful answer with one object."""

    status: str
    details: T


class ListResponse(_Response, Generic[T]):
    """A successful answer with one page of a list."""

    status: str
    summaries: list[T]
    pagination: PaginationOutput | None = None
    sorting: Sorting | None = None
