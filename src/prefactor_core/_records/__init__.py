"""What the client remembers of agent instances and spans.

May import `_payloads`.
"""

__all__: list[str] = []
