"""Pages that describe the span types to people."""

__all__: list[str] = []
