"""Logging from inside an agent: what a handler of the program raises comes in nobody's way."""

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
        kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1  # the record names who called, not this line
        try:
            super().log(level, msg, *args, **kwargs)
        except KeyboardInterrupt:
            raise
        except BaseException:  # nobody is left to tell; SystemExit would end the delivery thread, not the program
            return


def logger_of(package: str) -> logging.LoggerAdapter[logging.Logger]:
    """The log of a package."""
    return _Log(logging.getLogger(package), None)
