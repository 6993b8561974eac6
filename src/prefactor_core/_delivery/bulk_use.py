"""Whether operations share a bulk request, and how many. No I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from prefactor_core._delivery.ticket import SINGLE, BatchLimit

__all__ = ["BulkUse"]

# A shorter queue is sent as documented requests, one operation each.
_MIN_QUEUED = 20
_MAX_OPERATIONS = 200
_MAX_REFUSALS = 3  # in a row: then the endpoint is not used any more
_MAX_BYTES = 512 * 1024  # many servers and proxies refuse bodies of 1 MB


@dataclass(slots=True)
class BulkUse:
    """Decides how the bulk endpoint is used.

    A request that fails is followed by smaller ones, down to single operations. So an operation that makes every
    request fail is sent separately in the end, and an overloaded API gets less work. Each success doubles the size.

    Attributes:
        usable: the program allows bulk requests, and the API is not known to lack the endpoint.
        limit: the maximum number of operations of the next request.
        max_limit: the maximum of `limit`; smaller after a request that was too large.
        ids_confirmed: the API accepted a span id that this client made. Until then, a span's create does not share a
            request with operations that refer to the span, because the API may give the span another id.
    """

    usable: bool
    limit: int = _MAX_OPERATIONS
    max_limit: int = _MAX_OPERATIONS
    ids_confirmed: bool = False
    _refusals: int = 0

    def batch_limit(self, unsent: int, *, mint_ids: bool) -> BatchLimit:
        """Return what fits into the next request when `unsent` operations are queued."""
        if not self.usable or unsent < _MIN_QUEUED:
            return SINGLE
        return BatchLimit(self.limit, _MAX_BYTES, ids_known=mint_ids and self.ids_confirmed)

    def failed(self, operations: int) -> None:
        """Record that a request with so many operations failed temporarily."""
        self.limit = max(operations // 2, 1)

    def succeeded(self) -> None:
        """Record that the API processed a request."""
        self.limit = min(self.limit * 2, self.max_limit)
        self._refusals = 0

    def too_large(self, operations: int) -> None:
        """Record that a request with so many operations was refused because of its size."""
        self.limit = self.max_limit = max(operations // 2, 1)

    def refused(self) -> None:
        """Record that a request was refused for another reason: one of its operations, or bulk requests as such."""
        self._refusals += 1
        self.usable = self.usable and self._refusals < _MAX_REFUSALS
