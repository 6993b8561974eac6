"""What the client knows about agent instances and spans.

Operations refer to records, never to ids, because an id may change until the API has answered.
"""

from __future__ import annotations

import json
from asyncio import Task
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final, cast
from weakref import ReferenceType

from prefactor_core._payloads.redaction import PayloadPart, RedactionRules
from prefactor_core._payloads.schemas import PayloadSchemas, SpanTypes
from prefactor_core._payloads.snapshot import Payload
from prefactor_core._records.termination_event import TerminationEvent
from prefactor_http import _clock

__all__ = ["FINISHED", "PREPARED", "STARTED", "CreateState", "InstanceRecord", "Phase", "SpanRecord"]


class Phase(Enum):
    """The state of a span in the agent's code."""

    PREPARED = auto()
    STARTED = auto()
    FINISHED = auto()


# Python 3.11 takes five times as long to find a member of an enum as to find a name of a module.
PREPARED: Final = Phase.PREPARED
STARTED: Final = Phase.STARTED
FINISHED: Final = Phase.FINISHED


class CreateState(Enum):
    """The state of the create of a span, or of the registration of an instance, in delivery.

    The scheduler writes it. In addition, the client writes PENDING before it hands over the registration of an
    instance, and delivery writes FAILED for operations that never reach the scheduler. The spool writes SPOOLED for a
    create that waits on disk alone.
    """

    NOT_HANDED_OVER = auto()
    SPOOLED = auto()
    PENDING = auto()
    DELIVERED = auto()
    FAILED = auto()


@dataclass(slots=True, eq=False, weakref_slot=True)
class InstanceRecord:
    """One agent instance.

    Attributes:
        id: the id; if the registration was queued and it is not `minted`, a local one until the API has answered.
        minted: this client made the id, which was or will be sent to the API.
        asked: a request to register it may have reached the API before the registration was queued.
        registering: a request to register it that was begun before, and has no answer yet. It gives the id.
        partition: the partition of the id, if the id is a PFID.
        registration: the state of the registration; PENDING only if it was queued.
        finish_delivered: a finish of this instance was delivered.
        ended: the agent finished it, or the platform terminated it.
        terminated: set when the platform terminates it.
        span_types: the span types that it was registered with; None for those of the client's registry.
        client: the client that made this record.
        in_block: the program is inside the block of its handle.
        created_at: when this record was made.
        created: the reading of `_clock.elapsed()` then.
        open_spans: those of its spans that are open, as the `SpanIndex` of its client keeps them.
        agent: the name of the agent, for people who look into a spool.
        local_id: the first id, if the API gave the instance another one.
    """

    id: str
    partition: int | None = None
    registration: CreateState = CreateState.DELIVERED
    finish_delivered: bool = False
    ended: bool = False
    terminated: TerminationEvent = field(default_factory=TerminationEvent)
    span_types: SpanTypes | None = None
    client: ReferenceType[Any] | None = None
    in_block: bool = False
    minted: bool = False
    asked: bool = False
    registering: Task[str] | None = None
    created_at: datetime = field(default_factory=_clock.now)
    created: float = field(default_factory=_clock.elapsed)
    open_spans: set[SpanRecord] = field(default_factory=set, repr=False)
    agent: str = ""
    local_id: str = ""

    def now(self) -> datetime:
        """The time, counted from `created_at`: a clock that is set back does not end a run before its start."""
        return _clock.later(self.created_at, self.created)


@dataclass(slots=True, eq=False, weakref_slot=True)
class SpanRecord:
    """One span.

    Attributes:
        id: made by this client; a local one, until the API answers, if not `minted`.
        minted: `id` may be sent to the API as the span's id.
        entered_at: when it was opened.
        entered: the reading of `_clock.elapsed()` then.
        parent: the parent's record, or the id of a span that this client did not create.
        default_payload: the params, if `start()` gives none; None as soon as the span is started.
        redaction_rules: those of its params and result; None for a span that is opened by name.
        schemas: what its payloads are checked against.
        payload: the params, or their JSON, until the create is settled: they may be large, and the API has them.
        on_stack: it is on context stacks: new spans may become its children.
        dropped: why the span is not sent, for example because the queue was full when it was started.
        finish_delivered: a finish of this span was delivered.
        answered: done when the API has answered the create, or the first request has failed.
        local_id: the first id, if the API gave the span another one.
        ended_with_process: the client finished it, because the process is about to be ended.
        context: the `SpanContext` that the program has of it, until it is finished.
        inherited: it was opened before this process was forked. The parent process may deliver its create, which may
            still be pending.
    """

    id: str
    instance: InstanceRecord
    schema_name: str
    parent: SpanRecord | str | None
    minted: bool
    entered_at: datetime = field(default_factory=_clock.now)
    entered: float = field(default_factory=_clock.elapsed)
    default_payload: Payload | None = field(default=None, repr=False)  # it is not redacted yet
    redaction_rules: Mapping[PayloadPart, RedactionRules] | None = None
    schemas: PayloadSchemas | None = None
    phase: Phase = PREPARED
    create_state: CreateState = CreateState.NOT_HANDED_OVER
    started_at: datetime | None = None
    finished_at: datetime | None = None
    status: str = "pending"
    payload: dict[str, Any] | bytes | None = None
    on_stack: bool = False
    dropped: str | None = None
    finish_delivered: bool = False
    answered: Future[None] | None = None
    local_id: str = ""
    ended_with_process: bool = False
    context: object = field(default=None, repr=False)
    inherited: bool = False

    def settle_create(self, state: CreateState) -> None:
        """The create was delivered, or never will be: the params are not kept."""
        self.create_state = state
        self.payload = None

    def params(self) -> dict[str, Any]:
        """The params, as long as they are kept."""
        payload = self.payload
        return cast("dict[str, Any]", json.loads(payload)) if isinstance(payload, bytes) else payload or {}

    def now(self) -> datetime:
        """The time, counted from `entered_at`: a clock that is set back does not end a span before its start."""
        return _clock.later(self.entered_at, self.entered)

    def parent_id(self) -> str | None:
        """The id to send as `parent_span_id`; None if there is no parent, or its create failed."""
        parent = self.parent
        if not isinstance(parent, SpanRecord):
            return parent
        return None if parent.create_state is CreateState.FAILED else parent.id
