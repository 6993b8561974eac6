"""The JSON Schemas of Python types and functions: `registry.register_type(name, params=…, result=…)`.

1. `payload_schemas` decides what params and result are: a schema, a type, or a function.
2. `function_schemas` makes the schema of a function's parameters, and finds the type that it returns.
3. `json_schemas` asks pydantic for the schema of a type, and says which field has none.
4. `redaction_rules` says what is redacted of payloads of spans that are opened by name.
5. `typed_dicts` lets pydantic read `typing.TypedDict` on Python 3.11.

It is imported when the first type is registered.
"""

from __future__ import annotations

__all__: list[str] = []
