"""Errors of the HTTP client.

    PrefactorHttpError
    ├── PrefactorApiError                 the API answered with an error
    │   ├── PrefactorAuthError            401, 403
    │   ├── PrefactorNotFoundError        404
    │   └── PrefactorValidationError      400, 422
    ├── PrefactorClientError              the request could not be sent: wrong use, or a value without a JSON form
    │   └── PrefactorConnectionError      no answer: no connection, lost connection, timeout
    │       └── PrefactorTlsError         no connection, because of TLS: a certificate, or a port with or without TLS
    ├── PrefactorResponseContractError    the answer does not have the documented form
    └── PrefactorRetryExhaustedError      all attempts failed; `last_error` is the last error

A request raises only these, and ValueError for a wrong argument. No message contains the API token.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from prefactor_http._text import NAME_CHARS, one_line, problem_text

__all__ = [
    "PrefactorApiError",
    "PrefactorAuthError",
    "PrefactorClientError",
    "PrefactorConnectionError",
    "PrefactorHttpError",
    "PrefactorNotFoundError",
    "PrefactorResponseContractError",
    "PrefactorRetryExhaustedError",
    "PrefactorTlsError",
    "PrefactorValidationError",
    "is_permanent_http_error",
    "is_temporary_status",
    "is_transient_http_error",
]

TOO_LARGE = 413
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500

# Request Timeout: the server closed an idle connection. Too Early: it refused a request that could be a replay.
_TEMPORARY = {408, 425, TOO_MANY_REQUESTS}

_MAX_ERRORS = 5


class PrefactorHttpError(Exception):
    """Base class of the errors of this package."""

    retry_after: float | None = None
    """Seconds to wait before a retry, if the API sent Retry-After."""

    from_gateway: bool = False
    """The answer does not have the API's form: a gateway, a proxy or another server gave it in place of the API."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with `args`, which hold only the message: unpickling would fail.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(cls: type[PrefactorHttpError], args: tuple[Any, ...], state: dict[str, Any]) -> PrefactorHttpError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class PrefactorApiError(PrefactorHttpError):
    """The API answered with an error.

    Args:
        message: The API's message.
        code: The API's code for the error, such as "invalid_action"; `http_<status>` if it sent none.
        status_code: HTTP status.
    """

    def __init__(self, message: str, code: str, status_code: int) -> None:
        super().__init__(message)
        self.code = code
        self.status_code = status_code


class PrefactorAuthError(PrefactorApiError):
    """The token is not valid, or it does not permit the request."""


class PrefactorNotFoundError(PrefactorApiError):
    """The object does not exist."""


class PrefactorValidationError(PrefactorApiError):
    """The API refused the content of the request. `errors` holds the problems by field, if the API sent any."""

    def __init__(self, message: str, code: str, status_code: int, errors: dict[str, Any]) -> None:
        super().__init__(message, code, status_code)
        self.errors = errors

    def __str__(self) -> str:
        """The message and the first errors."""
        shown = itertools.islice(self.errors.items(), _MAX_ERRORS)
        errors = [f"{one_line(field, NAME_CHARS)}: {problem_text(problem)}" for field, problem in shown]
        return f"{super().__str__()} ({'; '.join(errors)})" if errors else super().__str__()


ERROR_CLASSES: Mapping[int, type[PrefactorApiError]] = {
    400: PrefactorValidationError,
    401: PrefactorAuthError,
    403: PrefactorAuthError,
    404: PrefactorNotFoundError,
    422: PrefactorValidationError,
}
"""The class of the error for an HTTP status; `PrefactorApiError` for any other."""


class PrefactorClientError(PrefactorHttpError):
    """The request could not be sent."""


class PrefactorConnectionError(PrefactorClientError):
    """There was no answer: no connection, a lost connection, or a timeout. The API may have processed the request."""

    connection_lost: bool = False
    """There was a connection, and it was lost before the answer came."""


class PrefactorTlsError(PrefactorConnectionError):
    """There is no connection, because of TLS. The message says what to do.

    A request raises it at once: `PrefactorHttpClient` does not retry it. Delivery does, because it may be the network
    that a laptop is in.
    """


class PrefactorResponseContractError(PrefactorHttpError):
    """The answer does not have the form that the API documents.

    Args:
        message: What is wrong with the answer.
        status_code: HTTP status of the answer.
        body_snippet: The beginning of its body.
        cause: The original error, if there was one, as a ValueError without the answer's content.
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
    """All attempts failed. `last_error` is the error of the last one."""

    def __init__(self, message: str, last_error: Exception | None = None) -> None:
        super().__init__(message)
        self.last_error = last_error


def is_temporary_status(status_code: int) -> bool:
    """Whether an HTTP status says that the same request may succeed later: 408, 425, 429 and 5xx."""
    return status_code in _TEMPORARY or status_code >= SERVER_ERROR


def is_transient_http_error(error: Exception) -> bool:
    """Whether the same request may succeed later.

    It may if there was no answer, if the status was 408, 425, 429 or 5xx, or if it was not the API that answered. An
    exception is 413, with which gateways refuse what is too large for them.
    """
    if isinstance(error, PrefactorRetryExhaustedError):
        return error.last_error is not None and is_transient_http_error(error.last_error)
    if isinstance(error, PrefactorApiError):
        return is_temporary_status(error.status_code) or (error.from_gateway and error.status_code != TOO_LARGE)
    return isinstance(error, PrefactorConnectionError) or (isinstance(error, PrefactorHttpError) and error.from_gateway)


def is_permanent_http_error(error: Exception) -> bool:
    """Whether the same request will fail again. False for errors of other packages."""
    return isinstance(error, PrefactorHttpError) and not is_transient_http_error(error)
