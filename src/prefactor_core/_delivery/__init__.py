"""Takes operations from the agent's threads, and sends them from a thread of its own.

May import `config`, `exceptions`, `operations`, `queue`, `_records` and `_payloads`; read `delivery` first.
"""

__all__: list[str] = []
