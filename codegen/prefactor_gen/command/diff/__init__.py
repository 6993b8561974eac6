"""What `prefactor-gen diff` reads, decides and prints."""

__all__: list[str] = []
