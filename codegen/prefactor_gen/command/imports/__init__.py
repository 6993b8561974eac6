"""What `prefactor-gen import` and `pull` read, write and print."""

__all__: list[str] = []
