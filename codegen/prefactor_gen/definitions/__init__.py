"""Reads definition sources: files, folders, registries; collects span types; resolves references to other files.

May import `json_schema` and `documents`.
"""

__all__: list[str] = []
