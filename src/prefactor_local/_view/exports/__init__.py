"""Exports of a run as a file: JSON, OTLP/JSON, a Chrome trace, and a page that shows itself. Start with `formats`."""

from __future__ import annotations

__all__: list[str] = []
