"""`python -m prefactor_gen` and the command `prefactor-gen`."""

from __future__ import annotations

import os
import sys

__all__ = ["main", "missing_extra"]

# The import names of what the extra `gen` installs.
_EXTRA = frozenset(
    {
        "datamodel_code_generator",
        "jinja2",
        "jsonschema",
        "liquid",
        "platformdirs",
        "rich",
        "shtab",
        "tomlkit",
        "watchfiles",
        "yaml",
    }
)  # fmt: skip


def missing_extra(error: ModuleNotFoundError, remedy: str = "") -> str:
    """The message when a library of the extra is not installed.

    Args:
        error: the error of the import.
        remedy: how to install it, where that is not obvious.

    Raises:
        ModuleNotFoundError: the missing module is not of the extra.
    """
    missing = (error.name or "").partition(".")[0]
    if missing not in _EXTRA:
        raise error
    how = f": {remedy}" if remedy else ""
    return f"prefactor-gen needs the extra 'gen' of prefactor-sdk ({missing} is not installed){how}"


def main() -> int:
    """Run the command with the arguments of this process; returns the exit code."""
    try:
        from prefactor_gen.command.main import run

        return run(sys.argv[1:])
    except ModuleNotFoundError as error:
        print(missing_extra(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `prefactor-gen --check | head`: the reader has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
