"""Turns schemas into pydantic models: what types can express, class names, datamodel-code-generator.

May import `checks`, `definitions`, `json_schema` and `documents`.
"""

__all__: list[str] = []
