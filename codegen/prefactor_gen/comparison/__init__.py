"""What has changed between two sets of definitions, and whom it breaks."""

__all__: list[str] = []
