"""What `prefactor-gen risk` reads and prints."""

__all__: list[str] = []
