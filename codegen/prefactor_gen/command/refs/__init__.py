"""What `prefactor-gen refs` reads, writes and prints."""

__all__: list[str] = []
