"""What the client does when the process ends, gets SIGTERM, or forks.

Imports no other part of prefactor_core.
"""

__all__: list[str] = []
