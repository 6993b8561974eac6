"""Loggers whose calls never raise: an error in a logging handler must not disturb the agent.

A record does not go to a handler whose stream is closed, as those of a test run are when the process ends: logging
would print an error with a traceback for each. If no other handler is left, the record goes to stderr.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

__all__ = ["logger_of"]

if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


class _Log(_Adapter):
    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1  # the record shows the caller's line, not this one
        try:
            super().log(level, msg, *args, **kwargs)
        except KeyboardInterrupt:
            raise
        except BaseException:  # SystemExit too: it would end the delivery thread, not the program
            return


def logger_of(name: str) -> logging.LoggerAdapter[logging.Logger]:
    """The logger of a package or module."""
    logger = logging.getLogger(name)
    logger.addFilter(_avoid_closed_streams)
    return _Log(logger, None)


def _avoid_closed_streams(record: logging.LogRecord) -> bool:
    """Whether the logger can give a record to its handlers. If not, those that can write it get it here."""
    handlers = list(_handlers_of(logging.getLogger(record.name)))
    usable = [handler for handler in handlers if not _has_closed_stream(handler)]
    if len(usable) == len(handlers):
        return True
    if not usable and logging.lastResort is not None:
        usable = [logging.lastResort]
    for handler in usable:
        if record.levelno >= handler.level and not _has_closed_stream(handler):
            handler.handle(record)
    return False


def _handlers_of(logger: logging.Logger | None) -> Iterator[logging.Handler]:
    while logger is not None:
        yield from logger.handlers
        logger = logger.parent if logger.propagate else None


def _has_closed_stream(handler: logging.Handler) -> bool:
    return getattr(getattr(handler, "stream", None), "closed", False) is True
