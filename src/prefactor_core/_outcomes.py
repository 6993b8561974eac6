"""What an answer of the API, or its absence, means for an operation. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from prefactor_core._records import SpanRecord
from prefactor_core.operations import Operation, OperationType
from prefactor_http.exceptions import (
    PrefactorApiError,
    PrefactorHttpError,
    PrefactorResponseContractError,
    PrefactorValidationError,
    is_transient_http_error,
)

__all__ = [
    "BulkOutcome",
    "Delivered",
    "Failed",
    "NoBulk",
    "NotCarriedOut",
    "NotInBulk",
    "Outcome",
    "SendAlone",
    "SendOtherwise",
    "TryAgain",
    "judge",
    "judge_bulk",
]

_NOT_FOUND = 404
_CONFLICT = 409
_TOO_LARGE = 413
_NO_ENDPOINT = {404, 405, 501}
_IN_USE = re.compile(r"exist|already|taken|duplicate|unique|in use|conflict", re.IGNORECASE)
_SPEAKS_OF_ID = re.compile(r"\bid\b|pfid|partition", re.IGNORECASE)
_PENDING = re.compile(r"\bpending\b", re.IGNORECASE)
_FINISHED = re.compile(
    r"""\b(?:terminated|terminal)\b
    | \b(?:already|is|are|was|been|state|status)\W+(?:(?:already|been|in|is|now|state|status)\W+)*
      (?:finished|completed?|failed|cancell?ed|ended|closed)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_INVALID_ACTION = "invalid_action"
_FINISHES = {OperationType.FINISH_SPAN, OperationType.FINISH_AGENT_INSTANCE}


@dataclass(frozen=True, slots=True)
class Delivered:
    """The API has it."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The same request may succeed later.

    Attributes:
        error: why it has not.
        unreachable: no answer came.
        retry_after: seconds that the API asked to wait.
        garbled: the API says that it succeeded, in an answer that cannot be read: a proxy may have emptied it.
        early: what it refers to is delivered by another process, and has not arrived yet.
    """

    error: Exception
    unreachable: bool
    retry_after: float | None = None
    garbled: bool = False
    early: bool = False


@dataclass(frozen=True, slots=True)
class SendOtherwise:
    """The API refuses this form of it, and takes another one: without the minted id, or `failed` for `cancelled`."""

    refused_id: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """It will never succeed. `answered`: the API said so."""

    error: Exception
    reason: str
    answered: bool = True


@dataclass(frozen=True, slots=True)
class NotCarriedOut:
    """It shared a request with one that was refused before its turn."""


@dataclass(frozen=True, slots=True)
class SendAlone:
    """It shared a request, whose answer does not say enough of it: the answer to a request of its own will.

    Attributes:
        refused: the API did not take it.
    """

    refused: bool


@dataclass(frozen=True, slots=True)
class NoBulk:
    """The API has no bulk endpoint that could be used.

    Attributes:
        error: how it showed.
        refused: nothing of the request was carried out.
    """

    error: Exception
    refused: bool


@dataclass(frozen=True, slots=True)
class NotInBulk:
    """This request failed as a whole, for good; another one may not.

    Attributes:
        error: how.
        refused: nothing of the request was carried out.
        too_large: a smaller one would be taken.
    """

    error: Exception
    refused: bool
    too_large: bool = False


Outcome: TypeAlias = Delivered | TryAgain | SendOtherwise | Failed | NotCarriedOut | SendAlone
BulkOutcome: TypeAlias = tuple[Outcome, ...] | TryAgain | NoBulk | NotInBulk
"""One outcome per operation; or that of the request as a whole, when it failed."""


def judge(error: Exception, operation: Operation, *, repeated: bool) -> Outcome:
    """Judge a failed try.

    Args:
        error: what the try raised.
        operation: what was tried.
        repeated: an earlier try may have reached the API.
    """
    if is_transient_http_error(error):
        return _try_again(error)
    if isinstance(error, PrefactorResponseContractError):
        return TryAgain(error, unreachable=False, garbled=True)
    if isinstance(error, PrefactorApiError):
        if operation.type is OperationType.FINISH_SPAN and error.status_code == _NOT_FOUND and _is_inherited(operation):
            return TryAgain(error, unreachable=False, early=True)
        if operation.type in _FINISHES and error.status_code == _CONFLICT:
            return _refused_finish(error, operation, repeated=repeated)
        if operation.span and operation.type is OperationType.CREATE_SPAN:
            return _refused_create(error, operation.span, repeated=repeated)
        if operation.type is OperationType.START_AGENT_INSTANCE and repeated and error.status_code == _CONFLICT:
            return Delivered()  # it was taken the first time
    return Failed(error, _reason(error), answered=isinstance(error, PrefactorApiError))


def judge_bulk(error: Exception) -> TryAgain | NoBulk | NotInBulk:
    """Judge a bulk request that failed as a whole."""
    if isinstance(error, PrefactorApiError) and error.status_code in _NO_ENDPOINT:
        return NoBulk(error, refused=True)
    if is_transient_http_error(error):
        return _try_again(error)
    if isinstance(error, PrefactorResponseContractError):
        return NoBulk(error, refused=False)
    if isinstance(error, PrefactorApiError):
        return NotInBulk(error, refused=True, too_large=error.status_code == _TOO_LARGE)
    return NotInBulk(error, refused=False)


def _try_again(error: Exception) -> TryAgain:
    retry_after = error.retry_after if isinstance(error, PrefactorHttpError) else None
    return TryAgain(error, unreachable=not isinstance(error, PrefactorApiError), retry_after=retry_after)


def _refused_finish(error: PrefactorApiError, operation: Operation, *, repeated: bool) -> Outcome:
    """Finished already, which is what was wanted; or not yet started; or started, and not to be cancelled any more.

    The API's words for these are documented in part only, so what is known here counts first, then the text.
    """
    text = f"{error} {error.code}".replace("_", " ")
    finished = _has_finish(operation) or _FINISHED.search(text) is not None
    if operation.payload["status"] == "cancelled" and _may_be_started(operation) and not (finished or repeated):
        return SendOtherwise(refused_id=False)
    if _PENDING.search(text):
        return Failed(error, _reason(error))
    if finished or repeated or (operation.span and error.code == _INVALID_ACTION):
        return Delivered()
    return Failed(error, _reason(error))


def _is_inherited(operation: Operation) -> bool:
    return operation.span is not None and operation.span.inherited


def _has_finish(operation: Operation) -> bool:
    """The API took an earlier finish."""
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
        return Delivered() if repeated and _IN_USE.search(about_id) else SendOtherwise(refused_id=True)
    return Failed(error, _reason(error))


def _complaint_about_id(error: PrefactorValidationError) -> str:
    """What the API says about the field `id`, beside or inside `details`; empty when it says nothing.

    How it refuses an id is not documented, so without errors by field the message counts when it speaks of one. To be
    wrong costs a request: the operation is sent again without the id, and fails for its real reason.
    """
    if not error.errors:
        text = f"{error} {error.code}"
        return text if _SPEAKS_OF_ID.search(text) else ""
    details = error.errors.get("details")
    nested = details.get("id") if isinstance(details, dict) else None
    found = error.errors.get("id") or error.errors.get("details.id") or nested
    return str(found) if found else ""


def _reason(error: Exception) -> str:
    return f"http_{error.status_code}" if isinstance(error, PrefactorApiError) else "not_sent"
