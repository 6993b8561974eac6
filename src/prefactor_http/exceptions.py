"""Errors of the HTTP client.

    PrefactorHttpError
    ├── PrefactorApiError                 the API answered with an error
    │   ├── PrefactorAuthError            401, 403
    │   ├── PrefactorNotFoundError        404
    │   └── PrefactorValidationError      400, 422
    ├── PrefactorClientError              the request could not be made: wrong use, or a value that is no JSON
    │   └── PrefactorConnectionError      no answer: no connection, connection lost, time-out
    ├── PrefactorResponseContractError    an answer that is not what the API promises
    └── PrefactorRetryExhaustedError      the last try failed too; `last_error` says how

Everything that `prefactor_http` raises for a request is one of these, apart from ValueError for a wrong argument.
No message holds the API token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "PrefactorApiError",
    "PrefactorAuthError",
    "PrefactorClientError",
    "PrefactorConnectionError",
    "PrefactorHttpError",
    "PrefactorNotFoundError",
    "PrefactorResponseContractError",
    "PrefactorRetryExhaustedError",
    "PrefactorValidationError",
    "is_permanent_http_error",
    "is_transient_http_error",
]

TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500


_MAX_ERRORS = 5
_MAX_PROBLEM = 200


class PrefactorHttpError(Exception):
    """Base of the errors of this package."""

    retry_after: float | None = None
    """Seconds that the API asked to wait before another try (Retry-After), if it did."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with `args`, which hold the message alone: an error could not be unpickled.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[PrefactorHttpError], args: tuple[Any, ...], state: dict[str, Any]) -> PrefactorHttpError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class PrefactorApiError(PrefactorHttpError):
    """The API answered with an error.

    Args:
        message: The API's text.
        code: The API's word for the error, such as "invalid_action"; `http_<status>` when it gave none.
        status_code: HTTP status.
    """

    def __init__(self, message: str, code: str, status_code: int) -> None:
        super().__init__(message)
        self.code = code
        self.status_code = status_code


class PrefactorAuthError(PrefactorApiError):
    """The token is not valid, or not for this."""


class PrefactorNotFoundError(PrefactorApiError):
    """There is no such thing."""


class PrefactorValidationError(PrefactorApiError):
    """The API refused the request's content; `errors` says what is wrong, by field, if the API does."""

    def __init__(self, message: str, code: str, status_code: int, errors: dict[str, Any]) -> None:
        super().__init__(message, code, status_code)
        self.errors = errors

    def __str__(self) -> str:
        """The message and the first errors: what the API says of a field is what helps."""
        told = [f"{field}: {_told(problem)}" for field, problem in list(self.errors.items())[:_MAX_ERRORS]]
        return f"{super().__str__()} ({'; '.join(told)})" if told else super().__str__()


def _told(problem: Any) -> str:
    """A field's problem as text: sources differ in its form."""
    if isinstance(problem, list):
        return ", ".join(map(_told, problem[:_MAX_ERRORS]))
    if isinstance(problem, dict) and isinstance(problem.get("message"), str):
        return str(problem["message"])
    text = str(problem)
    return text if len(text) <= _MAX_PROBLEM else f"{text[:_MAX_PROBLEM]} …"


ERROR_CLASSES: Mapping[int, type[PrefactorApiError]] = {
    400: PrefactorValidationError,
    401: PrefactorAuthError,
    403: PrefactorAuthError,
    404: PrefactorNotFoundError,
    422: PrefactorValidationError,
}
"""The class of the error for an HTTP status; `PrefactorApiError` for any other."""


class PrefactorClientError(PrefactorHttpError):
    """The request could not be made."""


class PrefactorConnectionError(PrefactorClientError):
    """No answer arrived: no connection, a connection that was lost, or a time-out. It may have been processed."""


class PrefactorResponseContractError(PrefactorHttpError):
    """An answer that is not what the API promises.

    Args:
        message: What is wrong with it.
        status_code: HTTP status of the answer.
        body_snippet: The start of its body.
        cause: The error that told.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        body_snippet: str | None = None,
        cause: Exception | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.body_snippet = body_snippet
        self.cause = cause


class PrefactorRetryExhaustedError(PrefactorHttpError):
    """Every try failed; `last_error` is the error of the last one."""

    def __init__(self, message: str, last_error: Exception | None = None) -> None:
        super().__init__(message)
        self.last_error = last_error


def is_transient_http_error(error: Exception) -> bool:
    """Whether the same request may succeed later: no answer, 429, or 5xx."""
    if isinstance(error, PrefactorRetryExhaustedError):
        return error.last_error is not None and is_transient_http_error(error.last_error)
    if isinstance(error, PrefactorApiError):
        return error.status_code == TOO_MANY_REQUESTS or error.status_code >= SERVER_ERROR
    return isinstance(error, PrefactorConnectionError)


def is_permanent_http_error(error: Exception) -> bool:
    """Whether the same request will fail again. False for errors that are not from this package."""
    return isinstance(error, PrefactorHttpError) and not is_transient_http_error(error)
