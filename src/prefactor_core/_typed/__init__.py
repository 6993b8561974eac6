"""The base of generated packages, and the check of payloads against their schemas.

May import `schema_registry`, `exceptions` and `_payloads`. Generated code imports `typed` and `_typed_package`.
"""

__all__: list[str] = []
