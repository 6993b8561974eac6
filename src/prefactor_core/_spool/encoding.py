"""Operations as text, and back.

The text has two lines of JSON: the head, which has no values of a payload, and the payload. Ids are those that the
records have when the text is made. `Records` finds what they mean later.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from types import NoneType
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from prefactor_core._records.records import CreateState, InstanceRecord, Phase, SpanRecord
from prefactor_core._spool.database import UnreadableRowError
from prefactor_core.operations import Operation, OperationType

__all__ = ["Encoded", "Records", "decode", "encode", "first_id"]


class Ids(NamedTuple):
    """The ids in a text; an empty one where there is no record."""

    instance: str
    span: str


class Encoded(NamedTuple):
    """An operation as text.

    Attributes:
        text: the text.
        ids: the ids in it.
        creates: that of what the operation creates.
    """

    text: str
    ids: Ids
    creates: str | None


class Records:
    """The records of the operations in one file that are being delivered, or that the program still uses.

    Args:
        new_id: returns the id that replaces another one, in a tuple; None if it was not replaced.
        creates_later: whether an operation after a number creates the span with an id.
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

    def remember(self, operation: Operation, ids: Ids) -> None:
        """Find the records of an operation again by the ids that its text has."""
        if operation.instance is not None:
            self._instances[ids.instance] = operation.instance
        if operation.span is not None:
            self._spans[ids.span] = operation.span

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
                record.started_at = _aware(head["started_at"])
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


def first_id(record: InstanceRecord | SpanRecord) -> str:
    """The id that a record had at first, whether the API has replaced it or not."""
    now = record.id  # before `local_id`, which is set before the id is replaced
    return record.local_id or now


def encode(operation: Operation) -> Encoded:
    """An operation as text.

    Raises:
        ValueError, TypeError: the payload is not JSON.
    """
    instance, span = operation.instance, operation.span
    ids = Ids(instance.id if instance else "", span.id if span else "")  # once: the API may just be replacing them
    head: dict[str, Any] = {
        "type": operation.type.name,
        "creates": _created_id(operation.type, ids),
        "key": operation.idempotency_key,
        "at": operation.timestamp.isoformat(),
        "send_at": operation.send_timestamp,
        "size": operation.size,
    }
    if instance is not None:
        head["instance"] = {
            "id": ids.instance,
            "partition": instance.partition,
            "minted": instance.minted,
            "agent": instance.agent,
        }
    if span is not None:
        parent = span.parent
        head["span"] = {
            "id": ids.span,
            "schema_name": span.schema_name,
            "minted": span.minted,
            "started_at": span.started_at and span.started_at.isoformat(),
            "parent": span.parent_id(),
            "parent_follows": isinstance(parent, SpanRecord) and parent.create_state is CreateState.NOT_HANDED_OVER,
        }
    return Encoded(f"{json.dumps(head)}\n{operation.payload_text()}", ids, head["creates"])


def _created_id(kind: OperationType, ids: Ids) -> str | None:
    if kind is OperationType.CREATE_SPAN:
        return ids.span
    return ids.instance if kind is OperationType.REGISTER_AGENT_INSTANCE else None


def decode(number: int, body: str, records: Records, *, tried: bool) -> tuple[Operation, str | None]:
    """The operation that a text describes, and the id in the text of what it creates.

    Args:
        number: its place in the order of the file.
        body: the text.
        records: finds its records.
        tried: it may have been sent before.

    Raises:
        UnreadableRowError: the text describes none.
    """
    try:
        return _decode(number, body, records, tried=tried)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise UnreadableRowError(f"operation {number} cannot be read: {type(error).__name__}") from None


def _decode(number: int, body: str, records: Records, *, tried: bool) -> tuple[Operation, str | None]:
    if not body.isascii():
        raise ValueError("json.dumps() has not written this")
    first_line, _, second_line = body.partition("\n")
    head, payload = json.loads(first_line), json.loads(second_line)
    _check(head, _HEAD)
    for name, members in (("instance", _INSTANCE_HEAD), ("span", _SPAN_HEAD)):
        if head.get(name) is not None:
            _check(head[name], members)
    _check(payload, {})
    kind = OperationType[head["type"]]
    instance = span = None
    if head.get("instance") is not None:
        instance = records.instance(head["instance"], is_created=kind is OperationType.REGISTER_AGENT_INSTANCE)
    if head.get("span") is not None and instance is not None:
        span = records.span(head["span"], instance, number, is_created=kind is OperationType.CREATE_SPAN)
    operation = Operation(
        kind,
        payload,
        _aware(head["at"]),
        head["key"],
        instance=instance,
        span=span,
        send_timestamp=head["send_at"],
        size=head["size"],
        tried=tried,
    )
    return operation, head["creates"]


_HEAD: dict[str, tuple[type, ...]] = {
    "type": (str,),
    "creates": (str, NoneType),
    "key": (str, NoneType),
    "at": (str,),
    "send_at": (bool,),
    "size": (int,),
}
_INSTANCE_HEAD: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "partition": (int, NoneType),
    "minted": (bool,),
    "agent": (str,),
}
_SPAN_HEAD: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "schema_name": (str,),
    "minted": (bool,),
    "started_at": (str, NoneType),
    "parent": (str, NoneType),
    "parent_follows": (bool,),
}


def _check(value: object, members: dict[str, tuple[type, ...]]) -> None:
    """Check the types of what was read: a damaged file must not reach delivery."""
    if not isinstance(value, dict):
        raise TypeError("not an object")
    for name, types in members.items():
        if not isinstance(value[name], types):
            raise TypeError(f"{name} has another type")


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a time zone")
    return at
