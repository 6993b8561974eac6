"""What is reported about definitions: the rules, the limits, and a diagnostic with its place.

Imports no other folder.
"""

__all__: list[str] = []
