"""Copies of schemas from the web, which a lock file names."""

__all__: list[str] = []
