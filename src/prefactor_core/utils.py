"""Small helpers for programs and integrations."""

from __future__ import annotations

import logging

from prefactor_http._random import RandomTexts, uuid4_text

__all__ = ["generate_idempotency_key", "validate_idempotency_key", "warn_missing_adaptor_config"]

_MAX_KEY_LENGTH = 64
_keys = RandomTexts(16, uuid4_text)

logger = logging.getLogger("prefactor_core")


def generate_idempotency_key() -> str:
    """A new random idempotency key: a UUID, since the API may accept no others."""
    return _keys.take()


def validate_idempotency_key(key: str) -> str:
    """Return `key` unchanged.

    Raises:
        ValueError: it is empty, or longer than the 64 characters that the API allows.
    """
    if not key:
        raise ValueError("an idempotency key must not be empty")
    if len(key) > _MAX_KEY_LENGTH:
        raise ValueError(f"an idempotency key has at most {_MAX_KEY_LENGTH} characters, not {len(key)}")
    return key


def warn_missing_adaptor_config(instance_id: str, adaptor_name: str, create_client_call: str) -> None:
    """Warn that an adaptor was given an agent instance of a client that was not created for the adaptor.

    The message does not say whether the adaptor's span types are registered, because that depends on the client's
    `schema_registry` alone.

    Args:
        instance_id: the agent instance.
        adaptor_name: the adaptor's display name.
        create_client_call: the call that creates the right client, as source code.
    """
    logger.warning(
        "agent instance %s was registered by a client that was not created for %s, so its registration does not name "
        "the adaptor and its version; create the client with %s",
        instance_id,
        adaptor_name,
        create_client_call,
    )
