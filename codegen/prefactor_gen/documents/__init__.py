"""JSON and YAML with the place of each value; diagnostics, rules and limits.

Imports no other folder.
"""

__all__: list[str] = []
