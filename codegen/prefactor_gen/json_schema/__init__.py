"""What JSON Schema means: keywords, references, schemas of the same value, `allOf`, redaction rules.

May import `documents` and `diagnostics`.
"""

__all__: list[str] = []
