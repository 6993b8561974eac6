"""What an answer of the API, or a missing one, means for an operation. No I/O, no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from prefactor_core._records.records import InstanceRecord, SpanRecord
from prefactor_core.operations import Operation, OperationType
from prefactor_http._text import problem_text
from prefactor_http.exceptions import (
    PrefactorApiError,
    PrefactorConnectionError,
    PrefactorHttpError,
    PrefactorResponseContractError,
    PrefactorValidationError,
    is_transient_http_error,
)

__all__ = [
    "BulkFailed",
    "BulkOutcome",
    "BulkUnavailable",
    "Delivered",
    "Failed",
    "NotExecuted",
    "Outcome",
    "Rewrite",
    "SendSeparately",
    "TryAgain",
    "judge",
    "judge_bulk",
]

_NOT_FOUND = 404
_CONFLICT = 409
_TOO_LARGE = 413
_NO_ENDPOINT = {404, 405, 501}
_IN_USE = re.compile(r"exist|already|taken|duplicate|unique|in use|conflict", re.IGNORECASE)
_MENTIONS_ID = re.compile(r"\bid\b|pfid|partition", re.IGNORECASE)
_PENDING = re.compile(r"\bpending\b", re.IGNORECASE)
_FINISHED = re.compile(
    r"""\b(?:terminated|terminal)\b
    | \b(?:already|is|are|was|been|state|status)\W+(?:(?:already|been|in|is|now|state|status)\W+)*
      (?:finished|completed?|failed|cancell?ed|ended|closed)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_INVALID_ACTION = "invalid_action"
_FINISHES = {OperationType.FINISH_SPAN, OperationType.FINISH_AGENT_INSTANCE}


@dataclass(slots=True)
class Delivered:
    """The API has the operation."""


class TryAgain(NamedTuple):
    """The same request may succeed later.

    Attributes:
        error: why it failed.
        unreachable: there was no connection, or no answer.
        retry_after: seconds that the API asked to wait.
        unreadable: the answer reports success, but cannot be read: a proxy may have emptied it.
        too_early: the operation refers to a span that another process delivers, and that has not arrived yet.
        refused: the API's host refused the connection.
    """

    error: Exception
    unreachable: bool
    retry_after: float | None = None
    unreadable: bool = False
    too_early: bool = False
    refused: bool = False


class Rewrite(NamedTuple):
    """The API refuses this form of the operation; another form is sent.

    Attributes:
        refused_id: the new form has no id of this client; otherwise its status is `failed`, not `cancelled`.
    """

    refused_id: bool


class Failed(NamedTuple):
    """The operation will never succeed.

    Attributes:
        error: why.
        reason: the name under which the failure is counted.
        answered: the API answered, so it is available.
    """

    error: Exception
    reason: str
    answered: bool = True


@dataclass(slots=True)
class NotExecuted:
    """An earlier operation of the same bulk request was refused, and this one was not executed."""


class SendSeparately(NamedTuple):
    """The bulk answer does not say enough about the operation: the answer to a single request will.

    Attributes:
        refused: the API did not execute it.
    """

    refused: bool


class BulkUnavailable(NamedTuple):
    """The API has no bulk endpoint: no operation of the request was executed.

    Attributes:
        error: what showed that.
    """

    error: Exception


class BulkFailed(NamedTuple):
    """The bulk request failed as a whole, or its answer cannot be read; another one may succeed.

    Attributes:
        error: why it failed.
        refused: no operation of the request was executed.
        too_large: a smaller request may be accepted.
    """

    error: Exception
    refused: bool
    too_large: bool = False


Outcome: TypeAlias = Delivered | TryAgain | Rewrite | Failed | NotExecuted | SendSeparately
BulkOutcome: TypeAlias = tuple[Outcome, ...] | TryAgain | BulkUnavailable | BulkFailed
"""One outcome per operation, or one of the request as a whole when that failed."""


def judge(error: Exception, operation: Operation, *, repeated: bool) -> Outcome:
    """Decide what a failed request means for its operation.

    Args:
        error: what the request raised.
        operation: what was sent.
        repeated: an earlier request for it may have reached the API.
    """
    if is_transient_http_error(error):
        return _try_again(error)
    if isinstance(error, PrefactorResponseContractError):
        return TryAgain(error, unreachable=False, unreadable=True)
    if isinstance(error, PrefactorApiError):
        if operation.type is OperationType.FINISH_SPAN and error.status_code == _NOT_FOUND and _is_inherited(operation):
            return TryAgain(error, unreachable=False, too_early=True)
        if operation.type in _FINISHES and error.status_code == _CONFLICT:
            return _refused_finish(error, operation, repeated=repeated)
        if operation.span and operation.type is OperationType.CREATE_SPAN:
            return _refused_create(error, operation.span, repeated=repeated)
        if operation.instance and operation.type is OperationType.REGISTER_AGENT_INSTANCE:
            return _refused_registration(error, operation, operation.instance, repeated=repeated)
        if operation.type is OperationType.START_AGENT_INSTANCE and repeated and error.status_code == _CONFLICT:
            return Delivered()  # by the first request
    return Failed(error, _reason(error), answered=isinstance(error, PrefactorApiError))


def judge_bulk(error: Exception) -> TryAgain | BulkUnavailable | BulkFailed:
    """Decide what the failure of a whole bulk request means."""
    if isinstance(error, PrefactorApiError) and error.status_code in _NO_ENDPOINT:
        # A page of a gateway says nothing about the endpoint.
        return BulkFailed(error, refused=False) if error.from_gateway else BulkUnavailable(error)
    if is_transient_http_error(error):
        return _try_again(error)
    if isinstance(error, PrefactorApiError):
        return BulkFailed(error, refused=True, too_large=error.status_code == _TOO_LARGE)
    return BulkFailed(error, refused=False)


def _try_again(error: Exception) -> TryAgain:
    retry_after = error.retry_after if isinstance(error, PrefactorHttpError) else None
    unreachable = isinstance(error, PrefactorConnectionError)
    return TryAgain(error, unreachable=unreachable, retry_after=retry_after, refused=_is_refused(error))


def _is_refused(error: BaseException | None) -> bool:
    """Whether an error was caused by a connection that was refused."""
    if isinstance(error, BaseExceptionGroup):  # a host with several addresses
        return all(_is_refused(each) for each in error.exceptions)
    return isinstance(error, ConnectionRefusedError) or (
        error is not None and _is_refused(error.__cause__ or error.__context__)
    )


def _refused_finish(error: PrefactorApiError, operation: Operation, *, repeated: bool) -> Outcome:
    """Decide what a conflict (409) at a finish means.

    The codes and messages of these answers are documented only in part. What this client knows is used first, then
    the text of the answer.

    1. `cancelled` was refused for something that may be running: it is sent again as `failed`.
    2. It is not started yet, so it cannot be finished: the operation fails.
    3. It is finished already: the operation counts as delivered.
    4. Otherwise the operation fails.
    """
    text = f"{error} {error.code}".replace("_", " ")
    finished = _has_finish(operation) or _FINISHED.search(text) is not None
    if operation.status == "cancelled" and _may_be_started(operation) and not (finished or repeated):
        return Rewrite(refused_id=False)
    if _PENDING.search(text):
        return Failed(error, _reason(error))
    if finished or repeated or (operation.span and error.code == _INVALID_ACTION):
        return Delivered()
    return Failed(error, _reason(error))


def _is_inherited(operation: Operation) -> bool:
    return operation.span is not None and operation.span.inherited


def _has_finish(operation: Operation) -> bool:
    """An earlier finish was delivered."""
    record = operation.span or operation.instance
    return record is not None and record.finish_delivered


def _may_be_started(operation: Operation) -> bool:
    return operation.span is None or operation.span.started_at is not None


def _refused_create(error: PrefactorApiError, span: SpanRecord, *, repeated: bool) -> Outcome:
    if not span.minted:
        return Failed(error, _reason(error))
    if error.status_code == _CONFLICT and repeated:
        return Delivered()
    if isinstance(error, PrefactorValidationError) and (about_id := _complaint_about_id(error)):
        return Delivered() if repeated and _IN_USE.search(about_id) else Rewrite(refused_id=True)
    return Failed(error, _reason(error))


def _refused_registration(
    error: PrefactorApiError, operation: Operation, instance: InstanceRecord, *, repeated: bool
) -> Outcome:
    """Decide what the refusal of a registration means. Only a registration with an id may be more than a failure.

    1. It was sent before, and now conflicts (409), with itself: the operation counts as delivered.
    2. It is not valid, and this client made the id: it is sent again without, which costs one request if the id was not
       the reason.
    3. Otherwise the operation fails.
    """
    if operation.payload.get("id") is not None:
        if error.status_code == _CONFLICT and (repeated or instance.asked):
            return Delivered()
        if instance.minted and isinstance(error, PrefactorValidationError):
            return Rewrite(refused_id=True)
    return Failed(error, _reason(error))


def _complaint_about_id(error: PrefactorValidationError) -> str:
    """Return the error at the field `id`, beside or inside `details`; an empty text if there is none.

    How the API refuses an id is not documented. Without errors by field, a message that mentions an id counts as one.
    A mistake costs one request: the operation is sent again without the id, and fails for its real reason.
    """
    if not error.errors:
        text = f"{error} {error.code}"
        return text if _MENTIONS_ID.search(text) else ""
    details = error.errors.get("details")
    nested = details.get("id") if isinstance(details, dict) else None
    found = error.errors.get("id") or error.errors.get("details.id") or nested
    return problem_text(found) if found else ""


def _reason(error: Exception) -> str:
    return f"http_{error.status_code}" if isinstance(error, PrefactorApiError) else "not_sent"
