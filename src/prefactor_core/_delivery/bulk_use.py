"""Whether operations share a bulk request, and how many. No I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from prefactor_core._delivery.suspension import Suspension
from prefactor_core._delivery.ticket import SINGLE, BatchLimit

__all__ = ["MAX_OPERATIONS", "BulkUse"]

MAX_OPERATIONS = 200
_MAX_REFUSALS = 3  # in a row: then the endpoint is not used for a while
_MAX_BYTES = 512 * 1024  # many servers and proxies refuse bodies of 1 MB


@dataclass(slots=True)
class BulkUse:
    """Decides how the bulk endpoint is used.

    A request that fails is followed by smaller ones, down to single operations. So an operation that makes every
    request fail is sent separately in the end, and an overloaded API gets less work. Each success doubles the size,
    also that of a single operation.

    Attributes:
        allowed: the program allows bulk requests.
        limit: the maximum number of operations of the next request.
        max_limit: the maximum of `limit`; smaller for a while after a request that was too large.
        ids_confirmed: the API accepted a span id that this client made. Until then, a span's create does not share a
            request with operations that refer to the span, because the API may give the span another id.
    """

    allowed: bool
    limit: int = MAX_OPERATIONS
    max_limit: int = MAX_OPERATIONS
    ids_confirmed: bool = False
    _unusable: Suspension = field(default_factory=Suspension)
    _too_large: Suspension = field(default_factory=Suspension)
    _refusals: int = 0
    _reported: bool = False

    def usable(self, now: float) -> bool:
        """Return whether operations may share requests now."""
        return self.allowed and not self._unusable.active(now)

    def batch_limit(self, now: float, *, mints_ids: bool) -> BatchLimit:
        """Return what fits into the next request. One operation alone is sent as its documented request."""
        if not self.usable(now):
            return SINGLE
        return BatchLimit(self.limit, _MAX_BYTES, ids_known=mints_ids and self.ids_confirmed)

    def failed(self, operations: int) -> None:
        """Record that a request with so many operations failed temporarily."""
        self.limit = max(operations // 2, 1)

    def succeeded(self, now: float) -> None:
        """Record that the API processed a bulk request."""
        self._refusals = 0
        self._unusable.end()
        self._reported = False
        self.grow(now)

    def grow(self, now: float) -> None:
        """Record that the API processed a request: the next one may be larger."""
        if self.max_limit < MAX_OPERATIONS and not self._too_large.active(now):
            self.max_limit = min(self.max_limit * 2, MAX_OPERATIONS)
        self.limit = min(self.limit * 2, self.max_limit)

    def too_large(self, operations: int, now: float) -> None:
        """Record that a request with so many operations was refused because of its size."""
        self.limit = self.max_limit = max(operations // 2, 1)
        self._too_large.begin(now)

    def missing(self, now: float) -> bool:
        """Record that the API has no bulk endpoint. Return whether that is to be logged."""
        self._unusable.begin(now)
        was_reported, self._reported = self._reported, True
        return not was_reported

    def refused(self, now: float) -> bool:
        """Record that a request was refused for another reason: one of its operations, or bulk requests as such.

        Return whether it is to be logged that the endpoint is not used for a while.
        """
        self._refusals += 1
        return self._refusals >= _MAX_REFUSALS and self.missing(now)
