"""What `traced` has decided about one function: how its calls become spans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from pydantic_core import MISSING

from prefactor_core._findings import are_collected, report_finding
from prefactor_core._log_once import LogOnce
from prefactor_core._payloads.snapshot import EXIT_EXCEPTIONS, is_payload_object
from prefactor_core._traced.arguments import Arguments, Values
from prefactor_core._traced.payloads import AUTO, Auto, ParamsMapper, ResultMapper, params_reader, result_reader
from prefactor_core._typed.span import TypedSpan
from prefactor_core.exceptions import PrefactorCoreError
from prefactor_http._log import logger_of
from prefactor_http.config import is_disabled

__all__ = ["Capture", "Plan"]

Capture: TypeAlias = bool | Literal["params", "result"]

logger = logger_of("prefactor_core")


class Plan:
    """How the calls of one function become spans. Its methods never raise, but for what ends the program.

    Args:
        name: the function, for messages.
        place: where it is defined, such as "at agent.py:12; ", or nothing.
        span_type: the span type.
        arguments: reads the arguments of a call.
        params: makes the params of the arguments; None if they are taken by name.
        result: makes the result of the value that is returned, as `traced` says.
        collect: makes the result of the items of a stream.
        capture: which of the two are recorded.

    Raises:
        TypeError: the function does not fit the span type.
    """

    def __init__(
        self,
        name: str,
        place: str,
        span_type: type[TypedSpan[Any, Any]] | str,
        arguments: Arguments,
        *,
        params: ParamsMapper | None,
        result: ResultMapper | str | Auto | None,
        collect: Callable[[list[Any]], object] | None,
        capture: Capture,
    ) -> None:
        self.name = name
        self._place = place
        self.span_type = span_type
        self._arguments = arguments
        self._class: type[TypedSpan[Any, Any]] = TypedSpan if isinstance(span_type, str) else span_type
        self._params = params_reader(span_type, arguments, params) if capture in {True, "params"} else None
        takes_result = capture in {True, "result"}
        self._result = result_reader(span_type, result) if takes_result else None
        self._is_auto = result is AUTO
        self._collect = collect if takes_result else None
        self._log_once = LogOnce()
        self._ran_alone = False
        self._no_instance = (
            f"{name}() was called without an agent instance. Call it inside `with client.instance(…)`; for threads, "
            "see carry() and set_default_instance()"
        )

    @property
    def collects(self) -> bool:
        """Whether the items of a stream are kept."""
        return self._collect is not None

    def params(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Values | None:
        """The params of a call; None if they are left out, and not checked."""
        if self._params is None:
            return None
        values = self._arguments.read(args, kwargs)
        if values is None:  # the call raises TypeError
            return None
        return self._made("params", self._params, values)

    def result(self, value: object) -> tuple[Values | None, str | None]:
        """The result of a call, and the remark for a mismatch if it has none; without a remark, that is not checked."""
        if self._result is None:
            return None, None
        if self._is_auto:
            if value is None:
                return None, f"{self.name}() returned None"
            if not is_payload_object(value):
                self._report(
                    "value",
                    f"{self.name}() returned {_kind(value)}, which is no mapping, model or dataclass: give result=",
                )
                return None, None
        return self._made("result", self._result, value), None

    def collected(self, items: list[Any]) -> Values | None:
        """The result of a stream that has given these items."""
        return None if self._collect is None else self._made("collect", self._collect, items)

    def report_no_instance(self) -> None:
        """Log that a call is not recorded, because there is no current agent instance."""
        if self._ran_alone and not are_collected():  # each call of a program that records nothing comes here
            return
        report_finding("no_instance", self._no_instance)
        if self._ran_alone:
            return
        self._ran_alone = True
        if not is_disabled():
            self._log("no instance", self._no_instance)

    def report_no_stream(self, value: object) -> None:
        """Log that there is nothing to collect."""
        self._report("value", f"{self.name}() returned {_kind(value)}, which is no iterator: collect= has no items")

    def report_unrecorded(self, error: BaseException) -> None:
        """Log that a call is not recorded, or not as it should be, because the client failed."""
        text = str(error) if isinstance(error, PrefactorCoreError) else type(error).__name__
        self._log(type(error).__name__, f"{self.name}() could not be recorded: {text}")

    def _made(self, what: str, make: Callable[[Any], object], of: object) -> Values | None:
        """What a mapper makes, as a payload. An error of a mapper costs what it makes."""
        try:
            return self._payload(make(of))
        except EXIT_EXCEPTIONS:
            raise
        except _NotPayloadError as error:
            self._report(what, f"{what}= of {self.name}() made {error}, which is no mapping, model or dataclass")
        except BaseException as error:  # its message may have a value of a payload
            self._report(what, f"{what}= of {self.name}() raised {type(error).__name__}")
        return None

    def _payload(self, value: object) -> Values:
        if type(value) is dict:
            return {name: each for name, each in value.items() if each is not MISSING}
        if not is_payload_object(value):
            raise _NotPayloadError(_kind(value))
        return self._class._payload(value)

    def _report(self, key: str, text: str) -> None:
        report_finding("mapper_error", text)
        self._log(key, text)

    def _log(self, key: str, text: str) -> None:
        if self._log_once(key):
            logger.warning("%s (%sthe call itself is not affected; further ones are not logged)", text, self._place)


class _NotPayloadError(Exception):
    pass


def _kind(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"
