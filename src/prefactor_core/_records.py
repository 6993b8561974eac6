"""What the client knows of agent instances and spans whose operations are under way.

Operations refer to records, never to ids: an id may change until the API has answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any

from prefactor_core._redaction import PayloadPart, RedactionRules
from prefactor_core._snapshot import Payload
from prefactor_core._span_schemas import PayloadSchemas, SpanTypes
from prefactor_core._termination import TerminationEvent

__all__ = ["CreateState", "InstanceRecord", "Phase", "SpanRecord"]


class Phase(Enum):
    """How far the agent has taken a span."""

    PREPARED = auto()
    STARTED = auto()
    FINISHED = auto()


class CreateState(Enum):
    """How far delivery has taken a span's create, or an instance's registration.

    Written by the scheduler; the client writes PENDING before it hands over the registration of an instance, and
    delivery writes FAILED for what never reaches the scheduler.
    """

    NOT_HANDED_OVER = auto()
    PENDING = auto()
    DELIVERED = auto()
    FAILED = auto()


@dataclass(slots=True, eq=False, weakref_slot=True)
class InstanceRecord:
    """One agent instance.

    Attributes:
        id: local until the API has answered, when the registration was queued.
        partition: that of the id, when the id is a PFID.
        registration: pending only when the registration was queued.
        finish_delivered: the API holds a finish of this instance.
        ended: the agent finished it, or the platform terminated it.
        terminated: set when the platform terminated it.
        span_types: those that it was registered with, unless they are those of the client's registry.
    """

    id: str
    partition: int | None = None
    registration: CreateState = CreateState.DELIVERED
    finish_delivered: bool = False
    ended: bool = False
    terminated: TerminationEvent = field(default_factory=TerminationEvent)
    span_types: SpanTypes | None = None


@dataclass(slots=True, eq=False)
class SpanRecord:
    """One span.

    Attributes:
        id: minted here, or local until the API answers.
        minted: `id` may be sent to the API as the span's id.
        parent: the parent's record, or the id of a span that this client did not create.
        default_payload: the params, unless `start` gives others.
        marks: what the span type's schemas mark for redaction.
        schemas: what its payloads are checked against.
        on_stack: it may be the parent of new spans.
        dropped: why none of it is sent: the queue was full when it was started, say.
        finish_delivered: the API holds a finish of this span.
        answered: done as soon as the API has answered the create, or the first try has failed.
        local_id: the id before the API gave another one.
        inherited: the parent of this process delivers the create, which may still be under way.
    """

    id: str
    instance: InstanceRecord
    schema_name: str
    parent: SpanRecord | str | None
    minted: bool
    entered_at: datetime
    default_payload: Payload | None = None
    marks: Mapping[PayloadPart, RedactionRules] = field(default_factory=dict)
    schemas: PayloadSchemas | None = None
    phase: Phase = Phase.PREPARED
    create_state: CreateState = CreateState.NOT_HANDED_OVER
    started_at: datetime | None = None
    finished_at: datetime | None = None
    status: str = "pending"
    payload: dict[str, Any] = field(default_factory=dict)
    on_stack: bool = False
    dropped: str | None = None
    finish_delivered: bool = False
    answered: Future[None] | None = None
    local_id: str = ""
    inherited: bool = False

    def parent_id(self) -> str | None:
        """The id to send as `parent_span_id`; None when the parent never came to be."""
        parent = self.parent
        if not isinstance(parent, SpanRecord):
            return parent
        return None if parent.create_state is CreateState.FAILED else parent.id
