"""Loggers whose calls never raise: an error in a logging handler must not disturb the agent."""

from __future__ import annotations

import logging
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
    return _Log(logging.getLogger(name), None)
