"""Configuration of the client."""

from __future__ import annotations

import inspect
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from prefactor_core._incidents import ErrorCallback
from prefactor_core._redaction import RedactCallback
from prefactor_core._snapshot import TEXT_LIMIT
from prefactor_core._validation import ValidationMode
from prefactor_http._log import logger_of
from prefactor_http.config import HttpClientConfig
from prefactor_schema.suggestions import did_you_mean

__all__ = ["PrefactorCoreConfig", "QueueConfig", "SchemaSource"]

logger = logger_of("prefactor_core")


class SchemaSource(Protocol):
    """What serves as a `schema_registry`: a SchemaRegistry, or any object with this method.

    If it has `content_hash`, that names its schema version; if it has `has_schema`, span types are looked up there.
    """

    def to_agent_schema_version(self, external_identifier: str, /) -> dict[str, Any]:
        """The API's `agent_schema_version`."""
        ...


class _Options(BaseModel):
    """Options by keyword; one that is none is ignored, as in the documented client, and told of."""

    @model_validator(mode="before")
    @classmethod
    def _told(cls, given: object) -> object:
        for name in given.keys() - cls.model_fields.keys() if isinstance(given, dict) else ():
            hint = did_you_mean(str(name), cls.model_fields)
            logger.warning("%s has no option %r, which is ignored%s", cls.__name__, name, hint)
        return given


class QueueConfig(_Options):
    """How operations are delivered.

    Attributes:
        num_workers: how many requests run at a time.
        max_retries: how often an operation that fails is tried again while others succeed.
            A failure costs no retry as long as nothing succeeds: then the API is away, and delivery waits for it.
        retry_delay_base: seconds before the first retry; doubled with each further one. Retry-After is honoured up to
            300 s for an operation, and up to 60 s when the API is away.
        close_timeout: seconds that `flush()` and `close()` take at most when they are given no time-out.
        span_ids: "auto" mints span ids here when the instance's id allows it; "server" leaves them to the API, and
            `span.start()` waits for it.
        bulk: "auto" lets operations share requests while more than a few wait; "never" sends each by itself.
        max_queue_size: how many operations may wait for delivery. When it is full, spans that are started are dropped
            whole, counted, and told of in the log; what belongs to spans that were taken is always taken.
        max_queue_bytes: the same for the size of their payloads, as JSON.
    """

    num_workers: int = Field(default=3, ge=1, le=20)
    max_retries: int = Field(default=3, ge=0)
    retry_delay_base: float = Field(default=1.0, gt=0)
    close_timeout: float = Field(default=10.0, ge=0)
    span_ids: Literal["auto", "server"] = "auto"
    bulk: Literal["auto", "never"] = "auto"
    max_queue_size: int = Field(default=100_000, ge=1)
    max_queue_bytes: int = Field(default=64 * 1024 * 1024, ge=1)


class PrefactorCoreConfig(_Options):
    """Configuration of a `PrefactorCoreClient`.

    Attributes:
        http_config: where the API is.
        queue_config: how operations are delivered.
        schema_registry: the span types, registered with every agent instance: a SchemaRegistry, or any object with its
            method `to_agent_schema_version`.
        validation: what becomes of a typed payload that does not match its span type: "warn" counts it and logs a
            warning, "raise" raises SpanValidationError, "off" does not look.
        on_error: called on the delivery thread with a DeliveryError for every operation that fails. What is dropped
            because the client closed first is in the report of `close()`.
        require_api_at_start: `initialize()` and `create_agent_instance()` raise when the API does not answer; otherwise
            each asks once, for 5 seconds at most, and the registration is queued. An invalid token always raises.
        max_payload_bytes: what the params, the result or a quality payload takes at most as JSON. A larger one is cut,
            long texts first; it says in its place what was cut, and a warning is logged.
        redact: called for every value of every payload, in the agent's call, before it is recorded; what it returns is
            recorded instead. When it raises, a marker is recorded in its place, and a warning is logged.
        drain_on_sigterm: SIGTERM delivers what waits, for `close_timeout` at most, while the program goes on, and only
            then does what it did before: end the program, or call its handler. A second one does not wait. It needs
            `initialize()` to be called on the main thread. A signal that an event loop handles is left to the program.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, hide_input_in_errors=True)

    http_config: HttpClientConfig
    queue_config: QueueConfig = Field(default_factory=QueueConfig)
    schema_registry: SchemaSource | None = None
    validation: ValidationMode = "warn"
    on_error: ErrorCallback | None = None
    require_api_at_start: bool = True
    max_payload_bytes: int = Field(default=1_048_576, ge=1024, le=TEXT_LIMIT)
    redact: RedactCallback | None = None
    drain_on_sigterm: bool = False

    @field_validator("schema_registry", mode="plain")
    @classmethod
    def _check_schema_registry(cls, value: Any) -> Any:
        if value is not None and not callable(getattr(value, "to_agent_schema_version", None)):
            raise ValueError(f"schema_registry needs a method to_agent_schema_version; {type(value).__name__} has none")
        return value

    @field_validator("redact")
    @classmethod
    def _check_redact(cls, value: Any) -> Any:
        if inspect.iscoroutinefunction(value):
            raise ValueError("redact must not be a coroutine function: it is called, not awaited")
        return value
