"""Copies of schemas from the web: what they refer to, where they are saved, what the lock file says of them."""

__all__: list[str] = []
