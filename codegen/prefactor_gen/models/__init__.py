"""Turns schemas into pydantic models: what types can express, class names, datamodel-code-generator.

May import `definitions`, `json_schema`, `documents` and `diagnostics`.
"""

__all__: list[str] = []
