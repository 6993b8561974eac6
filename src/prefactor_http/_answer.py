"""An HTTP answer, turned into values or errors. No I/O."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

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
    is_temporary_status,
)

__all__ = ["Answer"]

ModelT = TypeVar("ModelT", bound=BaseModel)

_SNIPPET_CHARS = 200
_PAGE_CHARS = 2000  # where the title of a page is looked for
_PROBLEMS_SHOWN = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_REPEATING_REDIRECTS = {307, 308}  # they keep the method and the body
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TITLE = re.compile(r"<title[^>]*>([^<]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    Args:
        request: The request, for messages: "POST /api/v1/agent_spans".
        status_code: HTTP status.
        content: The body.
        unreadable: Why the body could not be read; empty if it could.
        retry_after: Value of the Retry-After header.
        location: Value of the Location header.
        content_type: Value of the Content-Type header.
        url: The address that the request was sent to.
        secret: The token. It is removed from error messages, in case the server or a proxy repeats it.
    """

    request: str
    status_code: int
    content: bytes = field(repr=False)
    unreadable: str = ""
    retry_after: str | None = None
    location: str | None = None
    content_type: str = ""
    url: str = ""
    secret: str = field(default="", repr=False)

    def raise_for_error(self) -> None:
        """Does nothing if the answer is a success.

        Raises:
            PrefactorApiError: The answer is an error.
        """
        if not 200 <= self.status_code < 300:
            raise self._api_error()

    def redirect(self) -> str | None:
        """The address to which the same request is to be sent, if the answer says so and it is on the same host.

        The token is sent there, so scheme, host and port must be the same.
        """
        if self.status_code not in _REPEATING_REDIRECTS or (target := self._redirect_target()) is None:
            return None
        url = target._replace(fragment="").geturl()
        can_be_sent = url.isascii() and url.isprintable() and " " not in url and target.username is None
        return url if can_be_sent and _origin(target) == _origin(urlsplit(self.url)) else None

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
        if cause is not None and self._is_page():
            raise self._contract_error(self._not_the_api(), cause, from_gateway=True) from cause
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

    def parse_part(self, model: type[ModelT]) -> ModelT:
        """As `parse()`, for a model of a few fields. The others are skipped, and cost no Python objects.

        The parser of pydantic is stricter than that of json. What it refuses gets a second chance.
        """
        with contextlib.suppress(ValidationError):  # it holds the answer, and must not be the context of another one
            if not self.unreadable:
                return model.model_validate_json(self.content)
        return self.parse(model)

    def _api_error(self) -> PrefactorApiError:
        body = self._error_body()
        status = self.status_code
        message, code, errors = (bounded_copy(body.get(name), self._hide) for name in ("message", "code", "errors"))
        from_gateway = not _has_api_form(body)
        if not message:
            problem = self._gateway_problem() if from_gateway else self._snippet()
            message = ": ".join(filter(None, (f"HTTP {status} to {self.request}", problem)))
        args = (json_text(message, MESSAGE_CHARS), json_text(code or f"http_{status}", NAME_CHARS), status)
        error_class = ERROR_CLASSES.get(status, PrefactorApiError)
        if issubclass(error_class, PrefactorValidationError):
            error: PrefactorApiError = error_class(*args, errors=errors if isinstance(errors, dict) else {})
        else:
            error = error_class(*args)
        if status == TOO_MANY_REQUESTS or status >= SERVER_ERROR:
            error.retry_after = seconds_to_wait(self.retry_after, now=unix_time())
        error.from_gateway = from_gateway
        return error

    def _error_body(self) -> dict[str, Any]:
        # The error page of a proxy is not JSON; then the status decides.
        try:
            body = json.loads(self.content.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}

    def _gateway_problem(self) -> str:
        """What came in place of an error of the API."""
        if self.unreadable:
            return f"its body cannot be read: {self.unreadable}"
        if self.status_code in _REDIRECTS and (target := self._redirect_target()):
            return f"{self._shown(urlsplit(self.url))} redirects to {self._shown(target)}, which is not followed"
        return self._page_text() if is_temporary_status(self.status_code) else self._not_the_api()

    def _not_the_api(self) -> str:
        media_type = self.content_type.partition(";")[0].strip()
        what = ": ".join(filter(None, (one_line(self._hide(media_type), NAME_CHARS), self._page_text())))
        return f"this is not the Prefactor API: {self._shown(urlsplit(self.url))} answers with {what or 'nothing'}"

    def _page_text(self) -> str:
        """The title of an HTML page, or the beginning of another text."""
        title = _TITLE.search(self._beginning()[:_PAGE_CHARS])
        if title is None:
            return self._snippet()
        from html import unescape  # noqa: PLC0415  # with its table of names, which only such a page needs

        return one_line(" ".join(unescape(title[1]).split()), _SNIPPET_CHARS)

    def _is_page(self) -> bool:
        return "html" in self.content_type.lower() or self.content.lstrip()[:1] == b"<"

    def _redirect_target(self) -> SplitResult | None:
        try:
            target = urlsplit(urljoin(self.url, self.location or ""))
            return target if self.location and target.hostname and _origin(target) else None
        except ValueError:
            return None

    def _shown(self, target: SplitResult) -> str:
        """An address without its query and credentials, which may be secret."""
        netloc = target.netloc.rpartition("@")[2]
        return one_line(self._hide(f"{target.scheme}://{netloc}{target.path}"), _SNIPPET_CHARS)

    def _contract_error(
        self, problem: str, cause: Exception | None = None, *, from_gateway: bool = False
    ) -> PrefactorResponseContractError:
        error = PrefactorResponseContractError(
            f"unexpected answer to {self.request}: {one_line(problem, MESSAGE_CHARS)}",
            status_code=self.status_code,
            body_snippet=self._snippet(),
            cause=cause,
        )
        error.from_gateway = from_gateway
        return error

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
        return one_line(self._beginning(), _SNIPPET_CHARS)

    def _beginning(self) -> str:
        # Not the whole body, which may have megabytes; but no token is cut in the part that is shown.
        beginning = self.content[: 20_000 + _SNIPPET_CHARS * len(self.secret)]
        return self._hide(beginning.decode("utf-8", "replace"))


def _has_api_form(body: Mapping[str, Any]) -> bool:
    """Whether an error has the form of the API's: an object with a status, a code or errors by field."""
    return body.get("status") == "error" or isinstance(body.get("code"), str) or isinstance(body.get("errors"), dict)


def _origin(url: SplitResult) -> tuple[str, str, int | None]:
    return url.scheme, url.hostname or "", url.port or _DEFAULT_PORTS.get(url.scheme)


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
