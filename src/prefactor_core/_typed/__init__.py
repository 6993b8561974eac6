"""The base of generated packages, and the check of payloads against their schemas.

Imports `schema_registry`, `exceptions`, `_payloads`, `_call_site` and `_log_once`. Generated code imports `typed` and
`_typed_package`.
"""

__all__: list[str] = []
