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
    if sys.stdout is None or sys.stderr is None:  # closed by the caller: `prefactor-gen check >&-`
        nowhere = open(os.devnull, "w")  # noqa: SIM115  # until the process ends
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    try:
        return _run()
    except ModuleNotFoundError as error:
        print(missing_extra(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `prefactor-gen --check | head`: the reader has ended
        _discard_output()
        return 1
    except OSError as error:
        _discard_output()
        print(f"prefactor-gen: {_subject(error)}: {error.strerror or error}", file=sys.stderr)
        return 2


def _run() -> int:
    from prefactor_gen.command.main import run

    try:
        return run(sys.argv[1:])
    finally:
        sys.stdout.flush()  # here, where an error is told; at the end of the process, it would be a traceback


def _subject(error: OSError) -> str:
    """What an error of the system is about: what has no file name was printed, but for the working folder."""
    if isinstance(error, FileNotFoundError):
        return str(error.filename or "the working folder")
    return str(error.filename or "cannot write the output")


def _discard_output() -> None:
    """Write nothing more to standard output, also not what is still to be written there."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
