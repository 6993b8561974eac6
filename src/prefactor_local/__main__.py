"""The command `prefactor-local`."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from prefactor_local import EXTRA_PACKAGES, MissingExtraError
from prefactor_local._terminal.commands import parsed
from prefactor_local._terminal.errors import CommandError
from prefactor_local._terminal.text import visible
from prefactor_local._view.errors import NoSuchRunError

__all__ = ["main"]

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Returns:
        The exit code: 0 after a normal end, 1 if something is not there or cannot be used, 2 for wrong usage.
    """
    _prepare_output()
    options = parsed(arguments)
    try:
        options.run(options)
    except CommandError as error:
        return _fail(str(error), error.exit_code)
    except NoSuchRunError as error:
        return _fail(str(error), 1)
    except MissingExtraError as error:
        return _fail(str(error), 2)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA_PACKAGES:
            raise
        return _fail(str(MissingExtraError()), 2)
    except BrokenPipeError:  # as with `prefactor-local show | head`
        _drop_output()
    except OSError as error:
        _drop_output()
        return _fail(f"cannot write the output: {error.strerror or error}", 1)
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _prepare_output() -> None:
    """Characters that standard output cannot encode are written as escapes. It may be closed, too."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """What is not written yet is written nowhere: the interpreter would try it at its end, and report an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"prefactor-local: {visible(message)}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
