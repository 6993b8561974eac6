"""What one initialised client runs: its delivery, and what happens when the process ends or forks.

May import `_delivery` and `_process`, and what those may import.
"""

__all__: list[str] = []
