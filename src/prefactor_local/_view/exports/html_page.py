"""The run as one file for a browser: the page of the viewer with its script, its style sheet and the data in it."""

from __future__ import annotations

import base64
import hashlib
import re

from prefactor_local._view import pages
from prefactor_local._view.exports.json_text import export_json
from prefactor_local._view.shapes import RunExport

__all__ = ["DATA_ELEMENT", "export_html"]

DATA_ELEMENT = "run-export"
"""The ID of the element that holds the `RunExport`: with it, the script asks no server."""

_CHARSET = '<meta charset="utf-8">'
_STYLE = re.compile(r'<link\b[^>]*\brel="stylesheet"[^>]*>')
_SCRIPT = re.compile(r"<script\b[^>]*\bsrc=[^>]*></script>")
_ICON = re.compile(r'\n?<link\b[^>]*\brel="icon"[^>]*>')
# `<` could end the element or begin a comment; the others are line ends in JavaScript, but not in JSON.
_ESCAPED = {character: f"\\u{ord(character):04x}" for character in "<\u2028\u2029"}
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def export_html(export: RunExport) -> bytes:
    """A run as an HTML file, which needs no server and no network, and connects to nothing.

    The browser runs only the script of the viewer, which it knows by its hash. The data is JSON that nothing executes.
    """
    script, style = _inside("script", pages.script()), _inside("style", pages.style_sheet())
    data = _escaped(export_json(export).decode())
    policy = _POLICY.format(script=_hash(script), style=_hash(style))
    safety = (
        f'{_CHARSET}\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '\n<meta name="referrer" content="no-referrer">'
    )
    page = _ICON.sub("", pages.shell()).replace(_CHARSET, safety, 1)
    page = _put(page, _STYLE, f"<style>{style}</style>")
    scripts = (
        f'<script type="application/json" id="{DATA_ELEMENT}">{data}</script>\n<script type="module">{script}</script>'
    )
    return _put(page, _SCRIPT, scripts).encode()


def _put(page: str, place: re.Pattern[str], element: str) -> str:
    page, count = place.subn(lambda _found: element, page)
    if count != 1:
        raise ValueError(f"the shell of the viewer has {count} of {place.pattern}, expected 1")
    return page


def _inside(element: str, text: str) -> str:
    """The text of an element, if nothing in it can be taken for its end."""
    if re.search(rf"</{element}|<!--", text, re.IGNORECASE):
        raise ValueError(f"the {element} of the viewer holds </{element} or <!--, which HTML does not take as text")
    return text


def _escaped(json: str) -> str:
    for character, escape in _ESCAPED.items():
        json = json.replace(character, escape)
    return json


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
