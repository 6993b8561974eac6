"""Operations: the calls to the API that an agent hands over to delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any

from prefactor_core._records.records import InstanceRecord, SpanRecord

__all__ = ["Operation", "OperationType"]


class OperationType(Enum):
    """The API call that an operation makes."""

    __hash__ = object.__hash__  # that of Enum is a Python function, and types are keys wherever operations are counted

    REGISTER_AGENT_INSTANCE = auto()
    START_AGENT_INSTANCE = auto()
    FINISH_AGENT_INSTANCE = auto()
    RECORD_QUALITY = auto()
    CREATE_SPAN = auto()
    FINISH_SPAN = auto()


@dataclass(slots=True, eq=False)
class Operation:
    """One call to the API that is to be made.

    Attributes:
        type: which call.
        payload: the JSON-safe arguments of the call, which do not change any more. They contain no ids: those are read
            from `instance` and `span` when the request is encoded, since the API may still replace them.
        timestamp: when the agent made the call, with a time zone; or the time that the agent gave.
        idempotency_key: the key that every attempt sends.
        metadata: for custom queues; this package does not read it.
        instance: the agent instance that the operation belongs to.
        span: the span that the operation creates or finishes.
        size: the approximate size of the agent's payload as JSON, in bytes; 0 without one.
        send_timestamp: whether the request carries `timestamp`; otherwise the API uses its own clock.
        admitted: whether delivery has taken the operation from the queue. If a queue returns it again, it is ignored.
        tried: another process may have sent it before.
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
    tried: bool = field(default=False, repr=False)
