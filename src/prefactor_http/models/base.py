"""What answers have in common."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel

from prefactor_api.base import ApiError, DetailedApiError, PaginationOutput, Sorting

__all__ = ["ApiError", "ApiResponse", "DetailedApiError", "ListResponse", "PaginationOutput", "Sorting"]

T = TypeVar("T")


class ApiResponse(BaseModel, Generic[T]):
    """A success with one thing."""

    status: str
    details: T


class ListResponse(BaseModel, Generic[T]):
    """A success with a page of a list."""

    status: str
    summaries: list[T]
    pagination: PaginationOutput | None = None
    sorting: Sorting | None = None
