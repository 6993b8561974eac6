"""What is wrong with a definition, and what is probably a mistake: one module per subject; those named `lint` warn.

May import `definitions`, `json_schema`, `documents` and `diagnostics`.
"""

__all__: list[str] = []
