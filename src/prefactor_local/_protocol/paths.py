"""Paths on the server."""

from __future__ import annotations

__all__ = ["ADMIN", "BULK", "PREFIX"]

PREFIX = "/api/v1"
BULK = f"{PREFIX}/bulk"
ADMIN = "/_local"
