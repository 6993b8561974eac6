"""Operations as text, and back.

The text has two lines of JSON: the head, which has no values of a payload, and the payload. Ids are those that the
records have when the text is made. `Records` finds what they mean later.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from prefactor_core._records.records import CreateState, InstanceRecord, Phase, SpanRecord
from prefactor_core.operations import Operation, OperationType

__all__ = ["Ids", "Records", "created_id", "decode", "encode", "ids_of"]


class Ids(NamedTuple):
    """The ids that an operation had when its text was made."""

    instance: str
    span: str | None


class Records:
    """The records of the operations in one file that are being delivered, or that the program still uses.

    Args:
        new_id: returns the id that replaces another one, in a tuple; None if it was not replaced.
        creates_later: whether an operation after a number creates the span with an id.
        known: the records of this process; None for the file of another one.
    """

    def __init__(
        self,
        new_id: Callable[[str], tuple[str | None] | None],
        creates_later: Callable[[int, str], bool],
    ) -> None:
        self._new_id = new_id
        self._creates_later = creates_later
        self._instances: WeakValueDictionary[str, InstanceRecord] = WeakValueDictionary()
        self._spans: WeakValueDictionary[str, SpanRecord] = WeakValueDictionary()

    def remember(self, operation: Operation) -> None:
        """Find the records of an operation again by the ids that they have now."""
        if operation.instance is not None:
            self._instances[operation.instance.id] = operation.instance
        if operation.span is not None:
            self._spans[operation.span.id] = operation.span

    def instance(self, head: dict[str, Any], *, is_created: bool) -> InstanceRecord:
        """The record of an operation's agent instance."""
        record_id = head["id"]
        record = self._instances.get(record_id)
        if record is None:
            record = self._new_instance(head, is_created=is_created)
            self._instances[record_id] = record
        return record

    def _new_instance(self, head: dict[str, Any], *, is_created: bool) -> InstanceRecord:
        record = InstanceRecord(head["id"], head["partition"], agent=head["agent"], ended=True)  # nobody polls for it
        if is_created:
            record.registration = CreateState.PENDING
            record.minted, record.asked = head["minted"], True
        elif (replaced := self._new_id(record.id)) is not None:
            if replaced[0] is None:
                record.registration = CreateState.FAILED
            else:
                record.id = replaced[0]
        return record

    def span(self, head: dict[str, Any], instance: InstanceRecord, number: int, *, is_created: bool) -> SpanRecord:
        """The record of an operation's span."""
        record_id = head["id"]
        record = self._spans.get(record_id)
        if record is None:
            record = SpanRecord(record_id, instance, head["schema_name"], None, head["minted"], phase=Phase.FINISHED)
            if head["started_at"] is not None:
                record.started_at = datetime.fromisoformat(head["started_at"])
            self._spans[record_id] = record
            if not is_created:
                self._find_out(record)
        if is_created and record.create_state is CreateState.NOT_HANDED_OVER and record.parent is None:
            record.parent = self._parent(head, instance, number)
            record.minted = head["minted"]
        return record

    def _find_out(self, record: SpanRecord) -> None:
        """The create of the span was settled before; it may have failed, or have got another id."""
        replaced = self._new_id(record.id)
        record.create_state = CreateState.FAILED if replaced == (None,) else CreateState.DELIVERED
        if replaced is not None and replaced[0] is not None:
            record.id = replaced[0]

    def _parent(self, head: dict[str, Any], instance: InstanceRecord, number: int) -> SpanRecord | str | None:
        parent_id = head["parent"]
        if parent_id is None:
            return None
        record = self._spans.get(parent_id)
        if record is not None:
            return record
        if (replaced := self._new_id(parent_id)) is not None:
            return replaced[0]
        if not head["parent_follows"]:
            return str(parent_id)
        if not self._creates_later(number, parent_id):
            return None  # it was never handed over
        record = SpanRecord(parent_id, instance, "", None, minted=True)  # its create says more
        self._spans[parent_id] = record
        return record


def created_id(operation: Operation) -> str | None:
    """The id of what an operation creates."""
    if operation.type is OperationType.CREATE_SPAN and operation.span is not None:
        return operation.span.id
    if operation.type is OperationType.REGISTER_AGENT_INSTANCE and operation.instance is not None:
        return operation.instance.id
    return None


def ids_of(operation: Operation) -> Ids:
    """The ids that the records of an operation have now."""
    return Ids(operation.instance.id if operation.instance else "", operation.span.id if operation.span else None)


def encode(operation: Operation) -> str:
    """An operation as text.

    Raises:
        ValueError, TypeError: the payload is not JSON.
    """
    instance, span = operation.instance, operation.span
    head: dict[str, Any] = {
        "type": operation.type.name,
        "creates": created_id(operation),
        "key": operation.idempotency_key,
        "at": operation.timestamp.isoformat(),
        "send_at": operation.send_timestamp,
        "size": operation.size,
    }
    if instance is not None:
        head["instance"] = {
            "id": instance.id,
            "partition": instance.partition,
            "minted": instance.minted,
            "agent": instance.agent,
        }
    if span is not None:
        parent = span.parent
        head["span"] = {
            "id": span.id,
            "schema_name": span.schema_name,
            "minted": span.minted,
            "started_at": span.started_at and span.started_at.isoformat(),
            "parent": span.parent_id(),
            "parent_follows": isinstance(parent, SpanRecord) and parent.create_state is CreateState.NOT_HANDED_OVER,
        }
    return f"{json.dumps(head)}\n{json.dumps(operation.payload)}"


def decode(number: int, body: str, records: Records, *, tried: bool) -> Operation:
    """The operation that a text describes.

    Args:
        number: its place in the order of the file.
        body: the text.
        records: finds its records.
        tried: it may have been sent before.

    Raises:
        ValueError, LookupError, TypeError: the text describes none.
    """
    first_line, _, second_line = body.partition("\n")
    head = json.loads(first_line)
    kind = OperationType[head["type"]]
    instance = span = None
    if "instance" in head:
        instance = records.instance(head["instance"], is_created=kind is OperationType.REGISTER_AGENT_INSTANCE)
    if "span" in head and instance is not None:
        span = records.span(head["span"], instance, number, is_created=kind is OperationType.CREATE_SPAN)
    return Operation(
        kind,
        json.loads(second_line),
        datetime.fromisoformat(head["at"]),
        head["key"],
        instance=instance,
        span=span,
        send_timestamp=head["send_at"],
        size=head["size"],
        tried=tried,
    )
