"""The versions of an agent's definitions that the platform has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["AgentVersion", "RemoteError"]


class RemoteError(Exception):
    """Something cannot be read over the network. The message says what, why, and what to do, on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentVersion:
    """One version of an agent's definitions.

    Attributes:
        identifier: the external identifier of the agent schema version.
        inserted_at: when it was registered, as the API says it.
        deployments: the deployments that use it now.
        definitions: the definitions in the form of a definition file: `span_type_schemas` is a list again, and the
            defaults that the API adds are left out.
    """

    identifier: str
    inserted_at: str
    deployments: Sequence[str]
    definitions: Mapping[str, object]
