"""The command `prefactor-local`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from prefactor_local import MissingExtraError
from prefactor_local._terminal.commands import parser
from prefactor_local._terminal.errors import CommandError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Returns:
        The exit code: 0 after a normal end, 1 if something is not there or cannot be used, 2 for wrong usage.
    """
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except CommandError as error:
        return _fail(str(error), error.exit_code)
    except MissingExtraError as error:
        return _fail(str(error), 2)
    return 0


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"prefactor-local: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
