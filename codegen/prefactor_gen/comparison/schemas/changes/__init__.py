"""What has changed between two schemas: `walk` compares them place by place, and makes `findings`."""

__all__: list[str] = []
