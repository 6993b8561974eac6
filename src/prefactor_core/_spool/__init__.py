"""What was handed over is kept on disk until it is delivered, so that it survives the process.

May import `operations` and `_records`, and what those may import.
"""

__all__: list[str] = []
