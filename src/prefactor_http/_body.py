"""The body of an answer, while it is read. No I/O."""

from __future__ import annotations

import zlib

__all__ = ["Body"]

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_COMPRESSED = {"gzip", "x-gzip", "deflate"}


class Body:
    """Collects the pieces of a body, and decompresses them. It never holds more than `limit` bytes of either form.

    Args:
        encoding: The Content-Encoding header; empty if there is none.
        limit: The most bytes, before and after decompression.

    Attributes:
        problem: Why the body cannot be read; empty while it can.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self.problem = ""
        self._content = bytearray()
        self._limit = limit
        self._received = 0
        encoding = encoding.strip().lower()
        self._decompressor = zlib.decompressobj(_GZIP_OR_ZLIB) if encoding in _COMPRESSED else None
        if encoding not in {*_COMPRESSED, "", "identity"}:
            self.problem = "its Content-Encoding is not gzip"

    def add(self, piece: bytes) -> None:
        """Add the next piece. After that, there may be a problem; then no more needs to be added."""
        self._received += len(piece)
        try:
            self._content += self._decompressed(piece)
        except zlib.error:
            self.problem = "it is not valid gzip"
        if max(self._received, len(self._content)) > self._limit:
            self.problem = f"it is longer than {self._limit:,} bytes"

    def end(self) -> bytes:
        """The whole body; empty if there was a problem."""
        if self._decompressor is not None and self._received and not self._decompressor.eof and not self.problem:
            self.problem = "its gzip is cut off"
        return b"" if self.problem else bytes(self._content)

    def _decompressed(self, piece: bytes) -> bytes:
        if self._decompressor is None:
            return piece
        return self._decompressor.decompress(piece, self._limit - len(self._content) + 1)
