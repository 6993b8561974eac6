"""JSON and YAML with the place of each value.

May import `diagnostics`.
"""

__all__: list[str] = []
