"""When operations share a request, and how many. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from prefactor_core._scheduler import SINGLE, Room

__all__ = ["BulkUse"]

# A shorter queue is sent as the documented requests, one operation each.
_BACKLOG = 20
_MOST_OPERATIONS = 200
_REFUSALS = 3  # in a row: then the endpoint takes nothing of ours
_MOST_BYTES = 512 * 1024  # what servers and proxies refuse begins at 1 MB


@dataclass(slots=True)
class BulkUse:
    """How the bulk endpoint is used.

    A request that fails is followed by smaller ones, down to single operations: so an operation that fails all that
    it is sent with ends up alone, and an API that is overloaded is asked for less. Each success doubles the size.

    Attributes:
        usable: the API has the endpoint, as far as is known, and the program lets it be used.
        limit: the most operations of the next request.
        most: the most operations of any request, after one that was too large.
        ids_hold: the API took a span's id that was minted here. Until then nothing that refers to a span shares a
            request with its create, for the span might get another id.
    """

    usable: bool
    limit: int = _MOST_OPERATIONS
    most: int = _MOST_OPERATIONS
    ids_hold: bool = False
    _refusals: int = 0

    def room(self, waiting: int, *, mint_ids: bool) -> Room:
        """What fits into the next request when so many operations wait."""
        if not self.usable or waiting < _BACKLOG:
            return SINGLE
        return Room(self.limit, _MOST_BYTES, with_creates=mint_ids and self.ids_hold)

    def failed(self, operations: int) -> None:
        """A request of so many operations failed in a way that may pass."""
        self.limit = max(operations // 2, 1)

    def succeeded(self) -> None:
        """The API answered a request."""
        self.limit = min(self.limit * 2, self.most)
        self._refusals = 0

    def too_large(self, operations: int) -> None:
        """A request of so many operations was refused for its size."""
        self.limit = self.most = max(operations // 2, 1)

    def refused(self) -> None:
        """A request was refused for another reason. One operation in it may be why; or all, when it goes on."""
        self._refusals += 1
        self.usable = self.usable and self._refusals < _REFUSALS
