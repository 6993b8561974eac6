"""Takes operations from the agent's threads, and sends them from a thread of its own.

Imports `config`, `exceptions`, `operations`, `queue`, `utils`, `_records` and `_log_once`. Read `delivery` first.
"""

__all__: list[str] = []
