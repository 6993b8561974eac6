"""Writes files, where a file that cannot be written is a mistake of the user."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.paths import shown_path

__all__ = ["writing"]


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Files are written or compared meanwhile.

    Raises:
        ConfigError: a file cannot be read or written.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None:  # what is printed, as into a pipe that was closed
            raise
        raise ConfigError(f"cannot write {shown_path(Path(str(error.filename)))}: {error.strerror}") from None
