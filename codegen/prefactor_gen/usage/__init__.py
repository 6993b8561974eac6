"""Which span types the source code of an agent uses."""

__all__: list[str] = []
