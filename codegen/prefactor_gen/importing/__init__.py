"""Span types from schemas that exist already: those of tools, APIs, programs and recorded spans."""

__all__: list[str] = []
