"""What happens to a payload before it is recorded: copy, redaction, size limit; and the schemas of payloads.

May import `_log_once` and `_call_site`.
"""

__all__: list[str] = []
