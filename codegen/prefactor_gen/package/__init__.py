"""Writes the generated package: plans the span helpers, renders the templates, compares and replaces files.

May import `models`, `checks` and what those may import.
"""

__all__: list[str] = []
