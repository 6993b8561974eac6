"""Reads the JSON that sources are given, in files and in answers of servers."""

from __future__ import annotations

import json
from pathlib import Path

from prefactor_gen.definitions.sources import read_file
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, printable
from prefactor_gen.importing.sources import SourceError

__all__ = ["read_json"]


def read_json(path: Path, what: str) -> object:
    """The value in a JSON file.

    Args:
        path: the file, relative to the working folder.
        what: what it should be, for the message: `a list of tools`.

    Raises:
        SourceError: it cannot be read, or is not JSON.
    """
    shown = printable(path.as_posix())
    try:
        return json.loads(read_file(path, shown).decode("utf-8-sig"))
    except DiagnosticError as error:
        raise SourceError(f"{shown}: {error.diagnostics[0].message}") from None
    except UnicodeDecodeError as error:
        raise SourceError(f"{shown}: expected UTF-8 text: {error}") from None
    except RecursionError:
        raise SourceError(f"{shown}: nested too deeply") from None
    except json.JSONDecodeError as error:
        raise SourceError(f"{shown}:{error.lineno}:{error.colno}: expected {what} as JSON: {error.msg}") from None
    except ValueError:
        raise SourceError(f"{shown}: expected numbers with fewer digits") from None
