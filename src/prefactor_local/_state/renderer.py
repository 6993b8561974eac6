"""Renders display templates, each parsed once, as the Prefactor platform does."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from functools import lru_cache
from threading import Event
from typing import Any

from liquid import BoundTemplate

from prefactor_http._text import one_line
from prefactor_templates import (
    InvalidTemplateError,
    RenderTimeoutError,
    TemplateLimitError,
    parse_template,
    render_template,
)

__all__ = ["Renderer"]

logger = logging.getLogger("prefactor_local")
_TEMPLATES = 256
_SHOWN_CHARS = 100


class Renderer:
    """Renders templates until it is stopped. Any thread may use it."""

    def __init__(self) -> None:
        self._stop = Event()
        self._parsed = lru_cache(maxsize=_TEMPLATES)(_Parsed)

    def stop(self) -> None:
        """Ends the rendering in progress. From now on nothing is rendered."""
        self._stop.set()

    def render(self, template: str | None, params: Mapping[str, Any], result: Mapping[str, Any] | None) -> str | None:
        """Renders a template with the members of params and result; the result's members take precedence.

        White space is collapsed. A template that takes too long is not rendered again.

        Returns:
            The text; None if there is no template, or it is not valid Liquid or exceeds a limit.
        """
        if template is None:
            return None
        parsed = self._parsed(template)
        if parsed.template is None:
            return None
        try:
            text = render_template(parsed.template, {**params, **(result or {})}, self._stop)
        except RenderTimeoutError as error:
            parsed.template = None
            logger.warning("%s and is not rendered again: %s", error, one_line(template, _SHOWN_CHARS))
            return None
        except Exception:  # an error in a template or filter must not keep the span from being recorded
            return None
        return " ".join(text.split())


class _Parsed:
    """A template, or None if it cannot be rendered."""

    def __init__(self, text: str) -> None:
        self.template: BoundTemplate | None = None
        with contextlib.suppress(InvalidTemplateError, TemplateLimitError):
            self.template = parse_template(text)
