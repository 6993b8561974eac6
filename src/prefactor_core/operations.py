"""What is handed over from the agent to delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefactor_core._records import InstanceRecord, SpanRecord

__all__ = ["Operation", "OperationType"]


class OperationType(Enum):
    """Kinds of operations, one per API call."""

    REGISTER_AGENT_INSTANCE = auto()
    START_AGENT_INSTANCE = auto()
    FINISH_AGENT_INSTANCE = auto()
    RECORD_QUALITY = auto()
    CREATE_SPAN = auto()
    FINISH_SPAN = auto()


@dataclass(slots=True, eq=False)
class Operation:
    """One call to the API that waits to be made.

    Attributes:
        type: which call.
        payload: JSON-safe arguments of the call, fixed when it was handed over. IDs are not among them: they are
            read from `instance` and `span` when the request is encoded, for the API may still replace them.
        timestamp: when the agent made the call (aware), or the time it gave.
        idempotency_key: the same in every try.
        metadata: free for custom queues; this package does not read it.
        instance: the agent instance that it belongs to.
        span: the span that it creates or finishes.
        size: about the bytes that the agent's payload in it takes as JSON; 0 when it carries none.
        send_timestamp: the request carries `timestamp`; otherwise the API's clock decides.
        admitted: delivery has it: a queue that gives it out again changes nothing.
    """

    type: OperationType
    payload: dict[str, Any]
    timestamp: datetime
    idempotency_key: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    instance: InstanceRecord | None = field(default=None, repr=False)
    span: SpanRecord | None = field(default=None, repr=False)
    send_timestamp: bool = True
    size: int = 0
    admitted: bool = field(default=False, repr=False)
