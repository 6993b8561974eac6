"""Errors of the API, with the wording and the envelope of the Prefactor platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["LocalApiError"]


class LocalApiError(Exception):
    """The API refuses a request.

    Attributes:
        status: HTTP status.
        code: The platform's code for the error, for example `invalid_action`.
        errors: Problems by field; only with the code `validation_errors`.
    """

    def __init__(self, status: int, code: str, message: str, errors: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def envelope(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"status": "error", "code": self.code, "message": self.message}
        if self.errors is not None:
            body["errors"] = {field: list(problems) for field, problems in self.errors.items()}
        return body


def bad_request(message: str) -> LocalApiError:
    return LocalApiError(400, "bad_request", message)


def bad_authtoken() -> LocalApiError:
    return LocalApiError(401, "bad_authtoken", "The token is invalid or has expired.")


def unauthorized(message: str) -> LocalApiError:
    return LocalApiError(401, "unauthorized", message)


def forbidden(message: str) -> LocalApiError:
    return LocalApiError(403, "forbidden", message)


def not_found(what: str) -> LocalApiError:
    return LocalApiError(404, "not_found", f"{what} not found.")


def invalid_action(message: str) -> LocalApiError:
    return LocalApiError(409, "invalid_action", message)


def conflict(message: str) -> LocalApiError:
    return LocalApiError(409, "conflict", message)


def storage_failed(reason: str) -> LocalApiError:
    return LocalApiError(503, "storage_failed", f"The database cannot be used: {reason}.")


def validation_errors(errors: Mapping[str, Sequence[str]]) -> LocalApiError:
    return LocalApiError(422, "validation_errors", f"Invalid: {', '.join(errors)}.", errors)
