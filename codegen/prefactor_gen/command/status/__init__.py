"""What `prefactor-gen status` reads and prints."""

__all__: list[str] = []
