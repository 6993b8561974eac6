"""What becomes of a payload that does not match its schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from prefactor_core._redaction import PayloadPart
from prefactor_core._snapshot import MEANT_FOR_THE_PROGRAM, Payload
from prefactor_core._span_schemas import PayloadSchemas, SpanTypes
from prefactor_core.exceptions import SpanValidationError
from prefactor_http._log import logger_of
from prefactor_schema import Mismatch, SchemaError
from prefactor_schema.suggestions import did_you_mean

__all__ = ["Validation", "ValidationMode"]

ValidationMode: TypeAlias = Literal["warn", "raise", "off"]

_MOST_WARNINGS = 1000
_MOST_EXPLAINED = 200
"""Mismatches of a payload of a span type that are looked into; of further ones, which take their time, none is new."""

logger = logger_of("prefactor_core")


class Validation:
    """The client's policy: the platform records a span whether or not it matches, so by default this only tells.

    Args:
        mode: what a mismatch leads to.
        count: called for every payload that does not match.
    """

    def __init__(self, mode: ValidationMode, count: Callable[[], None]) -> None:
        self.mode = mode
        self._count = count
        self._told: set[tuple[str, str, str]] = set()
        self._explained: dict[tuple[str, str], int] = {}

    def check(self, schemas: PayloadSchemas | None, name: str, part: PayloadPart, payload: Payload) -> None:
        """Check a payload.

        Args:
            schemas: those of its span type, if they are known.
            name: the span type, or the name of the quality payload.
            part: which payload of it.
            payload: the payload.

        Raises:
            SpanValidationError: it does not match, and the mode is "raise".
        """
        if schemas is None or self.mode == "off":
            return
        key = name, part
        try:
            if self._explained.get(key, 0) >= _MOST_EXPLAINED and self.mode == "warn":
                if not schemas.matches(part, payload):
                    self._count()
                return
            found = schemas.mismatches(part, payload)
        except MEANT_FOR_THE_PROGRAM:
            raise
        except SchemaError as error:
            self._cannot(name, part, f"its schema is not valid: {error.message}")
            return
        except BaseException as error:  # the engine is native code, and may panic
            self._cannot(name, part, type(error).__name__)
            return
        if wrong := [each for each in found if each.checked]:
            self._explained[key] = self._explained.get(key, 0) + 1
            self._mismatch(name, part, wrong)
        elif found:
            first = found[0]
            self._cannot(name, part, f"{first.where}: {first.message}" if first.path else first.message)

    def find(self, types: SpanTypes | None, name: str) -> PayloadSchemas | None:
        """The schemas of a span type that is opened by name; one that is unknown is told of once.

        Args:
            types: the span types of the agent instance, if they are known.
            name: the span type.

        Raises:
            SpanValidationError: there is none of this name, and the mode is "raise".
        """
        if types is None or self.mode == "off":
            return None
        found = types.span_type(name)
        if found is None and types.names:
            self.unknown_type(name, types.names)
        return found

    def find_quality(self, types: SpanTypes | None, name: str) -> PayloadSchemas | None:
        """The same for the name of a quality payload."""
        if types is None or self.mode == "off":
            return None
        found = types.quality(name)
        if found is None and types.quality_names:
            self._unknown(name, "quality", f"no quality schema is called {name!r}", types.quality_names)
        return found

    def unknown_type(self, name: str, known: Sequence[str]) -> None:
        """A span is opened whose type is not among those that are registered.

        Args:
            name: the span type.
            known: those that are.

        Raises:
            SpanValidationError: the mode is "raise".
        """
        self._unknown(name, "schema_name", f"span type {name!r} is not in the schema registry", known)

    def _mismatch(self, name: str, part: PayloadPart, found: Sequence[Mismatch]) -> None:
        self._count()
        problems = [f"{each.where or part}: {each.message}" for each in found]
        if self.mode == "raise":
            raise SpanValidationError(name, part, problems)
        if self._is_new(name, part, found[0].where):
            logger.warning(
                "%s of %r: does not match its schema: %s (recorded anyway; "
                "further mismatches at this path are not logged)",
                part,
                name,
                "; ".join(problems),
            )

    def _cannot(self, name: str, part: PayloadPart, why: str) -> None:
        if self.mode == "raise":
            raise SpanValidationError(name, part, [f"it could not be checked: {why}"])
        if self._is_new(name, part, "cannot be checked"):
            logger.warning(
                "%s of %r could not be checked: %s (recorded anyway; further ones are not logged)", part, name, why
            )

    def _unknown(self, name: str, part: Literal["schema_name", "quality"], text: str, known: Sequence[str]) -> None:
        if self.mode == "raise":
            raise SpanValidationError(name, part, [text + did_you_mean(name, known[:_MOST_WARNINGS])])
        if self.mode == "warn" and self._is_new(name, part, "unknown"):
            text += did_you_mean(name, known[:_MOST_WARNINGS])
            logger.warning(
                "%s%s It is recorded anyway. Register it, or give the client the registry of its package: "
                "PrefactorCoreConfig(schema_registry=…)",
                text,
                "" if text.endswith("?") else ".",
            )

    def _is_new(self, name: str, part: str, what: str) -> bool:
        key = (name, part, what)
        if key in self._told or len(self._told) >= _MOST_WARNINGS:
            return False
        self._told.add(key)
        return True
