"""Reads definition sources (files, folders, registries), collects span types, and resolves references to other files.

May import `json_schema`, `documents` and `diagnostics`.
"""

__all__: list[str] = []
