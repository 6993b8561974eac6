"""An HTTP answer, turned into values or errors. No I/O."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from prefactor_http._clock import unix_time
from prefactor_http._mask import without_token
from prefactor_http._text import MESSAGE_CHARS, NAME_CHARS, bounded_copy, json_text, one_line
from prefactor_http.exceptions import (
    ERROR_CLASSES,
    SERVER_ERROR,
    TOO_MANY_REQUESTS,
    PrefactorApiError,
    PrefactorResponseContractError,
    PrefactorValidationError,
    is_transient_http_error,
)

__all__ = ["Answer"]

ModelT = TypeVar("ModelT", bound=BaseModel)

_SNIPPET_CHARS = 200
_PROBLEMS_SHOWN = 3


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    Args:
        request: The request, for messages: "POST /api/v1/agent_spans".
        status_code: HTTP status.
        content: The body.
        unreadable: Why the body could not be read; empty if it could.
        retry_after: Value of the Retry-After header.
        secret: The token. It is removed from error messages, in case the server or a proxy repeats it.
    """

    request: str
    status_code: int
    content: bytes = field(repr=False)
    unreadable: str = ""
    retry_after: str | None = None
    secret: str = field(default="", repr=False)

    def raise_for_error(self) -> None:
        """Does nothing if the answer is a success.

        Raises:
            PrefactorApiError: The answer is an error.
            PrefactorResponseContractError: Its body cannot be read, and its status does not ask to try again.
        """
        if 200 <= self.status_code < 300:
            return
        error = self._api_error()
        if self.unreadable and not is_transient_http_error(error):
            raise self._contract_error(self.unreadable)
        raise error

    def value(self) -> dict[str, Any]:
        """The JSON object in the body.

        Raises:
            PrefactorResponseContractError: The body is not a JSON object.
        """
        if self.unreadable:
            raise self._contract_error(self.unreadable)
        cause = None
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError) as error:
            cause = self._without_body(error)
        if cause is not None:
            raise self._contract_error("not JSON", cause) from cause
        if not isinstance(value, dict):
            raise self._contract_error("not a JSON object")
        return value

    def parse(self, model: type[ModelT]) -> ModelT:
        """The body as a model.

        Raises:
            PrefactorResponseContractError: The body does not match the model.
        """
        value = self.value()
        try:
            return model.model_validate(value)
        except ValidationError as error:
            problems, cause = self._problems(error), self._without_body(error)
        raise self._contract_error(problems, cause) from cause

    def _api_error(self) -> PrefactorApiError:
        body = self._error_body()
        status = self.status_code
        message, code, errors = (bounded_copy(body.get(name), self._hide) for name in ("message", "code", "errors"))
        message = message or ": ".join(filter(None, (f"HTTP {status} to {self.request}", self._snippet())))
        args = (json_text(message, MESSAGE_CHARS), json_text(code or f"http_{status}", NAME_CHARS), status)
        error_class = ERROR_CLASSES.get(status, PrefactorApiError)
        if issubclass(error_class, PrefactorValidationError):
            error: PrefactorApiError = error_class(*args, errors=errors if isinstance(errors, dict) else {})
        else:
            error = error_class(*args)
        if status == TOO_MANY_REQUESTS or status >= SERVER_ERROR:
            error.retry_after = seconds_to_wait(self.retry_after, now=unix_time())
        return error

    def _error_body(self) -> dict[str, Any]:
        # The error page of a proxy is not JSON; then the status decides.
        try:
            body = json.loads(self.content.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}

    def _contract_error(self, problem: str, cause: Exception | None = None) -> PrefactorResponseContractError:
        return PrefactorResponseContractError(
            f"unexpected answer to {self.request}: {one_line(problem, MESSAGE_CHARS)}",
            status_code=self.status_code,
            body_snippet=self._snippet(),
            cause=cause,
        )

    def _problems(self, error: ValidationError) -> str:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        shown = [
            f"{one_line(self._hide('.'.join(map(str, problem['loc']))), NAME_CHARS)}: {self._hide(problem['msg'])}"
            for problem in problems[:_PROBLEMS_SHOWN]
        ]
        return "; ".join([*shown, f"and {len(problems) - len(shown)} more"] if len(problems) > len(shown) else shown)

    def _without_body(self, error: Exception) -> ValueError:
        """The error without the answer, which those of json and pydantic hold: errors are kept, answers are not."""
        return ValueError(one_line(self._hide(str(error)), MESSAGE_CHARS))

    def _hide(self, text: str) -> str:
        return without_token(text, self.secret)

    def _snippet(self) -> str:
        # Not the whole body, which may have megabytes; but no token is cut in the part that is shown.
        beginning = self.content[: 20_000 + _SNIPPET_CHARS * len(self.secret)]
        return one_line(self._hide(beginning.decode("utf-8", "replace")), _SNIPPET_CHARS)


def seconds_to_wait(retry_after: str | None, *, now: float) -> float | None:
    """Seconds to wait according to a Retry-After header.

    Args:
        retry_after: The header: a number of seconds, or a date.
        now: Unix time.

    Returns:
        The seconds; None if the header is missing or not valid.
    """
    if retry_after is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", retry_after.strip(), re.ASCII):
        return float(retry_after)
    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - now, 0.0)
    except (ValueError, OverflowError, OSError):
        return None
