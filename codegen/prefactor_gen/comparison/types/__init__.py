"""What has changed in the generated types."""

__all__: list[str] = []
