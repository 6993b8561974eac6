"""The states of a client, and what it runs while it is open.

May import `_delivery` and `_process`, and what those may import.
"""

__all__: list[str] = []
