"""What commands read over the network. No other folder uses it, and `generate` and `check` never do."""

__all__: list[str] = []
