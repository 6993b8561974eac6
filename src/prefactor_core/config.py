"""The configuration of the client."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from prefactor_core._payloads.redaction import RedactCallback
from prefactor_core._payloads.snapshot import TEXT_LIMIT
from prefactor_core._typed.validation import ValidationMode
from prefactor_core.exceptions import ErrorCallback
from prefactor_http._log import logger_of
from prefactor_http.config import HttpClientConfig
from prefactor_schema.suggestions import did_you_mean

__all__ = ["PrefactorCoreConfig", "QueueConfig", "SchemaSource"]

logger = logger_of("prefactor_core")


def _spool_of_environment() -> Path | None:
    path = os.environ.get("PREFACTOR_SPOOL")
    return Path(path) if path else None


class SchemaSource(Protocol):
    """An object that can be a `schema_registry`: a SchemaRegistry, or any object with this method.

    If it has an attribute `content_hash`, that names its schema version. If it has a method `has_schema`, the client
    asks it whether a generated span type is registered.
    """

    def to_agent_schema_version(self, external_identifier: str, /) -> dict[str, Any]:
        """The definitions in the API's `agent_schema_version` form."""
        ...


class _Options(BaseModel):
    """Options by keyword. Unknown options are ignored with a warning, as prefactor-core does."""

    @model_validator(mode="before")
    @classmethod
    def _warn_of_unknown_options(cls, given: object) -> object:
        for name in given.keys() - cls.model_fields.keys() if isinstance(given, dict) else ():
            hint = did_you_mean(str(name), cls.model_fields)
            logger.warning("%s: the unknown option %r is ignored%s", cls.__name__, name, hint)
        return given


class QueueConfig(_Options):
    """How operations are delivered.

    Attributes:
        num_workers: how many requests run at the same time.
        max_retries: how often an operation that fails is tried again while others succeed. While none succeeds, the API
            is unavailable: delivery is paused, and no retries are used up.
        retry_delay_base: seconds before the first retry; the delay doubles with each further retry. Retry-After is
            honoured up to 300 s for an operation, and up to 60 s while the API is unavailable.
        close_timeout: seconds that `flush()` and `close()` take at most if they are given no timeout, and that delivery
            takes at most when the program ends.
        span_ids: with "auto", the client generates span ids itself if the instance's id allows it. With "server", the
            API generates them, and `span.start()` waits for its answer.
        bulk: with "auto", operations that wait at the same time share a request. With "never", each has its own.
        bulk_interval: seconds for which operations gather after a request, to share the next one. While they keep
            coming, it grows to three times as much. The first operation after a pause is sent at once. `flush()`,
            `close()`, a call that waits for an answer, and more operations than fit into a request end the interval. 0
            sends as soon as possible.
        max_queue_size: how many operations may wait for delivery. While the queue is full, new spans and quality
            records are dropped, counted, and logged. Operations of spans that were accepted before are always accepted.
        max_queue_bytes: the same limit for the size of their payloads, in bytes of JSON.
        spool: a directory in which operations are kept until they are delivered, so that they survive the process. The
            next process that uses it, with the same API and token, delivers what one that was killed has left. While
            the queue is full, operations wait there alone. By default the value of PREFACTOR_SPOOL. Without a
            directory, or with an empty text, nothing is written to disk.
        spool_max_bytes: how much this process may keep in the spool. Beyond it, new spans are dropped as above.
        spool_sync: with "background", another thread writes within about 10 ms. With "call", each call waits until its
            operation is written, for a second at most.
    """

    num_workers: int = Field(default=3, ge=1, le=20)
    max_retries: int = Field(default=3, ge=0)
    retry_delay_base: float = Field(default=1.0, gt=0)
    close_timeout: float = Field(default=10.0, ge=0)
    span_ids: Literal["auto", "server"] = "auto"
    bulk: Literal["auto", "never"] = "auto"
    bulk_interval: float = Field(default=0.05, ge=0, allow_inf_nan=False)
    max_queue_size: int = Field(default=100_000, ge=1)
    max_queue_bytes: int = Field(default=64 * 1024 * 1024, ge=1)
    spool: Path | str | None = Field(default_factory=_spool_of_environment)
    spool_max_bytes: int = Field(default=1024 * 1024 * 1024, ge=1)
    spool_sync: Literal["background", "call"] = "background"

    @field_validator("spool")
    @classmethod
    def _empty_is_none(cls, value: Path | str | None) -> Path | str | None:
        return value or None


class PrefactorCoreConfig(_Options):
    """Configuration of a `PrefactorCoreClient`.

    Attributes:
        http_config: where the API is; by default what the environment says, PREFACTOR_API_URL and PREFACTOR_API_TOKEN.
        queue_config: how operations are delivered.
        schema_registry: the span types, which are registered with every agent instance: a SchemaRegistry, or any object
            with its method `to_agent_schema_version`.
        validation: what happens to a payload that does not match its schema. "warn" counts it and logs a warning,
            "raise" raises SpanValidationError, and "off" does not check.
        on_error: called on the delivery thread with a DeliveryError for every operation that fails. Operations that are
            dropped because the client closes before they are delivered are in the report of `close()` instead.
        require_api_at_start: whether `initialize()` raises if the API does not answer. Otherwise it asks once, for 5
            seconds at most, and the client starts without the API. An invalid token always raises.
        max_payload_bytes: the largest size of the params, the result or a quality payload, in bytes of JSON. A larger
            payload is cut, long texts first. A marker in the payload says what was cut, and a warning is logged.
        redact: called for every value of every payload, in the agent's call, before the payload is recorded. Its return
            value is recorded instead. If it raises, a marker is recorded, and a warning is logged.
        drain_on_sigterm: None: if SIGTERM is about to end the process by its default action, also at the end of a
            server that handles it first, the runs that are open are finished as failed, and the operations that wait
            are delivered, for `close_timeout` at most. A second SIGTERM does not wait. True: also before a handler of
            the program is called. False: SIGTERM is not handled. `initialize()` should be called on the main thread.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, hide_input_in_errors=True)

    http_config: HttpClientConfig = Field(default_factory=HttpClientConfig)
    queue_config: QueueConfig = Field(default_factory=QueueConfig)
    schema_registry: SchemaSource | None = None
    validation: ValidationMode = "warn"
    on_error: ErrorCallback | None = None
    require_api_at_start: bool = True
    max_payload_bytes: int = Field(default=1_048_576, ge=1024, le=TEXT_LIMIT)
    redact: RedactCallback | None = None
    drain_on_sigterm: bool | None = None

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
