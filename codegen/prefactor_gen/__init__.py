"""prefactor-gen: compiles span type definitions into typed Python packages. Use the command; nothing here is an API."""

__all__: list[str] = []
