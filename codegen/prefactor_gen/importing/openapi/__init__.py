"""The operations of OpenAPI documents as span types; start with document.py."""

__all__: list[str] = []
