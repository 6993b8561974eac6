"""Writes the generated package: plans the span helpers, renders the templates, compares and replaces files.

Where generated code changes: `templates` and `plan`. May import `models` and what that may import.
"""

__all__: list[str] = []
