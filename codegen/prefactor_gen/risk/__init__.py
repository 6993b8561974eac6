"""The data risk that span types declare, and what a project allows of it."""

__all__: list[str] = []
