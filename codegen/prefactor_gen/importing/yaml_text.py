"""Writes definitions as YAML that the generator reads back to the same values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import yaml

from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place
from prefactor_gen.documents.nodes import from_python, is_same
from prefactor_gen.documents.yaml_text import parse_yaml

__all__ = ["yaml_text"]

_WIDTH = 120
_BREAKS = re.compile("[\x85\u2028\u2029]")  # which YAML 1.1 takes as line breaks


def yaml_text(value: Mapping[str, object]) -> str:
    """The value as YAML, or as JSON, which is YAML too, where a text would be read as something else."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return text if _is_read_as(value, text) else f"{json.dumps(value, indent=2)}\n"


def _is_read_as(value: Mapping[str, object], text: str) -> bool:
    try:
        return is_same(parse_yaml(text, ""), from_python(value, Place("")))
    except DiagnosticError:
        return False


class _Dumper(yaml.SafeDumper):
    """Indents lists, writes texts of several lines as blocks, and has no aliases."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # an override
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  # an override
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    is_quoted = _BREAKS.search(value) is not None or _is_reread(value)
    style = '"' if is_quoted else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _is_reread(value: str) -> bool:
    """Whether a text without quotes could be read as a number, a truth value or null."""
    return not value or value[0] in "+-.0123456789~" or value.lower() in {"null", "true", "false"}


_Dumper.add_representer(str, _text)
