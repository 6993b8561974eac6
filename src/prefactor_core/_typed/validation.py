"""Checks payloads against their schemas, and warns or raises for those that do not match."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from prefactor_core._call_site import at_call_site
from prefactor_core._findings import report_finding
from prefactor_core._log_once import LogOnce
from prefactor_core._payloads.redaction import PayloadPart, payload_name
from prefactor_core._payloads.schemas import PayloadSchemas, SpanTypes
from prefactor_core._payloads.snapshot import EXIT_EXCEPTIONS, Payload
from prefactor_core._typed.untyped_span import PayloadCall
from prefactor_core.exceptions import SpanValidationError, ValidatedPart
from prefactor_http._log import logger_of
from prefactor_http._text import NAME_CHARS, one_line
from prefactor_schema import Mismatch, SchemaError
from prefactor_schema.suggestions import did_you_mean

__all__ = ["UnknownKeyword", "Validation", "ValidationMode"]

ValidationMode: TypeAlias = Literal["warn", "raise", "off"]
LateCall: TypeAlias = Literal["start", "complete", "fail", "set_result"]

# The fields of `AgentVersionForRegister`, which takes long to import. tests/core/test_schema_checks.py compares them.
AGENT_VERSION_KEYS = ("external_identifier", "name", "description", "runtime_environment")

_MOST_NAMES_COMPARED = 1_000
_MOST_EXPLAINED = 200
"""How many payloads of one schema are explained. Explaining takes time, and later mismatches are rarely new."""

logger = logger_of("prefactor_core")


class UnknownKeyword(NamedTuple):
    """A keyword that a method of a generated span type does not have, and those that it has."""

    call: PayloadCall
    name: str
    known: Sequence[str]

    def problem(self) -> str:
        """The problem as one line of a message, with the keyword that was probably meant."""
        name = one_line(self.name, NAME_CHARS)
        hint = did_you_mean(name, self.known[:_MOST_NAMES_COMPARED])
        return f"{name}: {self.call}() has no such keyword{hint or f'; {self.call}_with(…) takes other properties'}"


class Validation:
    """The client's policy for payloads that do not match their schema.

    By default a mismatch is only logged, since the platform records a span whether or not it matches.

    Args:
        mode: what to do about a mismatch.
        count: called for every payload that does not match.
    """

    def __init__(self, mode: ValidationMode, count: Callable[[], None]) -> None:
        self.mode = mode
        self._count = count
        self._log_once = LogOnce()
        self._explained: dict[tuple[str, str], int] = {}

    def check(
        self,
        schemas: PayloadSchemas | None,
        name: str,
        part: PayloadPart,
        payload: Payload,
        why: str = "",
        *,
        unknown: Sequence[UnknownKeyword] = (),
        span: object = None,
    ) -> None:
        """Check a payload.

        Args:
            schemas: the schemas of its span type, if they are known.
            name: the span type, or the name of the quality payload.
            part: which of its payloads.
            payload: the payload.
            why: what the message adds if the payload does not match: why the program gave no other one.
            unknown: keywords that it was given with, and that the generated method does not have.
            span: the record of its span, for tests that collect mistakes.

        Raises:
            SpanValidationError: the payload does not match, and the mode is "raise".
        """
        if self.mode == "off" or (schemas is None and not unknown):
            return
        key = name, part
        found: Sequence[Mismatch] = ()
        try:
            if self._explained and self._explained.get(key, 0) >= _MOST_EXPLAINED and self.mode == "warn":
                if unknown or not (schemas is None or schemas.matches(part, payload)):
                    self._count()
                    report_finding("mismatch", f"{part}: too many do not match to explain each", span)
                return
            if schemas is not None:
                found = schemas.mismatches(part, payload)
        except EXIT_EXCEPTIONS:
            raise
        except SchemaError as error:
            self._report_unchecked(name, part, f"its schema is not valid: {error.message}")
        except BaseException as error:  # the engine is native code, and may panic
            self._report_unchecked(name, part, type(error).__name__)
        if not (found or unknown):  # as a rule
            return
        wrong = [each for each in found if each.checked]
        if wrong or unknown:
            self._explained[key] = self._explained.get(key, 0) + 1
            self._report_mismatch(name, part, wrong, why, unknown, span)
        if found and not wrong:
            first = found[0]
            self._report_unchecked(name, part, f"{first.where}: {first.message}" if first.path else first.message)

    def find(self, types: SpanTypes | None, name: str) -> PayloadSchemas | None:
        """The schemas of a span type that is opened by name. An unknown span type is logged once.

        Args:
            types: the span types of the agent instance, if they are known.
            name: the span type.

        Raises:
            SpanValidationError: no span type has this name, and the mode is "raise".
        """
        if types is None or self.mode == "off":
            return None
        found = types.span_type(name)
        if found is None and not types.is_empty:
            self.report_unknown_type(name, types)
        return found

    def find_quality(self, types: SpanTypes | None, name: str) -> PayloadSchemas | None:
        """As `find`, for the name of a quality payload."""
        if types is None or self.mode == "off":
            return None
        found = types.quality(name)
        if found is None and types.quality_names:
            self._report_unknown(
                name, "quality", f"quality schema {name!r} is not registered", lambda: types.quality_names
            )
        return found

    def report_unknown_type(self, name: str, known: SpanTypes | None) -> None:
        """Warn or raise because a span of an unregistered span type is opened.

        Args:
            name: the span type.
            known: the registered span types.

        Raises:
            SpanValidationError: the mode is "raise".
        """
        text = f"span type {name!r} is not registered"
        self._report_unknown(name, "schema_name", text, lambda: known.names if known else [])

    def report_late(self, name: str, call: LateCall, *, finished: bool) -> None:
        """Warn or raise because a call is ignored: the span was already started or finished.

        Args:
            name: the span type.
            call: the name of the method. A late `fail` never raises, because it is often called for an exception.
            finished: whether the span was already finished.

        Raises:
            SpanValidationError: the mode is "raise".
        """
        part: PayloadPart = "params" if call == "start" else "result"
        text = f"{call}() of {name!r} was ignored: the span was already {'finished' if finished else 'started'}"
        report_finding("too_late", text)
        if self.mode == "raise" and call != "fail":
            raise _error(text, name, part, text)
        if self._log_once((name, call, "late")):
            logger.warning("%s (%sfurther ones are not logged)", text, at_call_site())

    def report_positional(self, name: str, call: PayloadCall, *, recorded: bool) -> None:
        """Warn or raise because a method of a generated span type was given positional arguments.

        Args:
            name: the span type.
            call: the name of the method.
            recorded: whether the argument is a payload, which is recorded.

        Raises:
            SpanValidationError: the mode is "raise".
        """
        text = f"{name!r}: {call}() takes keywords; for a whole payload use {call}_with(…)"
        report_finding("mismatch", text)
        if self.mode == "raise":
            raise _error(text, name, "params" if call == "start" else "result", text)
        if self._log_once((name, call, "positional", recorded)):
            kept = "it was recorded as the whole payload" if recorded else "positional arguments were not recorded"
            logger.warning("%s (%s%s; further ones are not logged)", text, at_call_site(), kept)

    def check_agent_version(self, given: Mapping[str, object]) -> None:
        """Report keys that the API does not know.

        Raises:
            SpanValidationError: there are some, and the mode is "raise".
        """
        unknown = [key for key in given if key not in AGENT_VERSION_KEYS]
        if not unknown or self.mode == "off":
            return
        name = one_line(unknown[0], NAME_CHARS)
        text = f"agent_version has the unknown key {name!r}{did_you_mean(name, AGENT_VERSION_KEYS)}"
        report_finding("mismatch", text)
        if self.mode == "raise":
            raise _error(text, "", "agent_version", text)
        if self._log_once(("agent_version", name)):
            logger.warning("%s (%sfurther ones are not logged)", text, at_call_site())

    def _report_mismatch(  # noqa: PLR0917
        self,
        name: str,
        part: PayloadPart,
        found: Sequence[Mismatch],
        why: str,
        unknown: Sequence[UnknownKeyword],
        span: object,
    ) -> None:
        self._count()
        names = {(each.name,) for each in unknown}
        found = [each for each in found if each.path not in names]  # the schema may forbid an unknown keyword, too
        problems = [f"{each.where or part}: {each.message}" for each in found]
        problems += [each.problem() for each in unknown]
        whose = "" if span is not None else f"{payload_name(part, name)}: "
        report_finding("mismatch", f"{whose}{'; '.join(problems)}{why and f' ({why})'}", span)
        error = SpanValidationError(name, part, problems)
        text = str(error) if found else f"{payload_name(part, name)}: {'; '.join(problems)}"
        if self.mode == "raise":
            error.args = (f"{text} ({at_call_site()}{why})" if why else text,)
            raise error
        kinds = [(_without_indexes(each.path), each.message.partition(",")[0]) for each in found]
        kinds += [((each.name,), "") for each in unknown]
        if [kind for kind in kinds if self._log_once((name, part, kind, why))]:
            logger.warning(
                "%s (%s%srecorded anyway; further mismatches of these kinds are not logged)",
                text,
                at_call_site(),
                why and f"{why}; ",
            )

    def _report_unchecked(self, name: str, part: PayloadPart, why: str) -> None:
        text = f"{payload_name(part, name)} could not be checked: {why}"
        report_finding("mismatch", text)
        if self.mode == "raise":
            raise _error(text, name, part, f"could not be checked: {why}")
        if self._log_once((name, part, "cannot be checked")):
            logger.warning("%s (%srecorded anyway; further ones are not logged)", text, at_call_site())

    def _report_unknown(
        self, name: str, part: Literal["schema_name", "quality"], text: str, known: Callable[[], Sequence[str]]
    ) -> None:
        if self.mode != "off":
            report_finding("unknown_type", text)
        if self.mode == "raise":
            text += did_you_mean(name, known()[:_MOST_NAMES_COMPARED])
            raise _error(text, name, part, text)
        if self.mode == "warn" and self._log_once((name, part, "unknown")):
            text += did_you_mean(name, known()[:_MOST_NAMES_COMPARED])
            logger.warning(
                "%s%s It is recorded anyway. Register it in PrefactorCoreConfig.schema_registry, which may be the "
                "`registry` of its generated package (%sfurther ones are not logged)",
                text,
                "" if text.endswith("?") else ".",
                at_call_site(),
            )


def _without_indexes(path: Sequence[str | int]) -> tuple[str, ...]:
    """The path, which is the same for all items of a list."""
    return tuple("*" if isinstance(step, int) else step for step in path)


def _error(text: str, name: str, part: ValidatedPart, problem: str) -> SpanValidationError:
    """An error with a text of its own, for another problem than a mismatch, which the usual text would claim."""
    error = SpanValidationError(name, part, [problem])
    error.args = (text,)
    return error
