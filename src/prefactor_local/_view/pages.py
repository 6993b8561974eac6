"""The pages of the viewer: one shell for all, its script and its style sheet; and small ones without a script."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files

__all__ = ["front_page", "icon", "refusal_page", "script", "shell", "style_sheet"]

_STATIC = files(__package__) / "static"


def shell() -> str:
    """The page that the script fills. It holds no data."""
    return _text("index.html")


def style_sheet() -> str:
    return _text("app.css")


def icon() -> str:
    """An SVG image."""
    return _text("icon.svg")


@cache
def script() -> str:
    """All modules in one script. A wheel has it ready made (`src/wheel_files.py`)."""
    joined = _STATIC / "app.js"
    if joined.is_file():
        return joined.read_text("utf-8")
    from prefactor_local._view.bundle import bundle  # noqa: PLC0415 - a wheel does not hold it

    modules = {file.name: file.read_text("utf-8") for file in (_STATIC / "js").iterdir() if file.name.endswith(".js")}
    return bundle(modules, "app.js")


def front_page() -> str:
    """What a person sees who opens the address of the server."""
    return _small_page(
        "<p>This is the Prefactor API on your machine. Agents send their runs to this address.</p>\n"
        '<p><a href="/ui/">Look at the runs</a>. The first time, open the link that <code>prefactor-local serve</code> '
        "has printed, or run <code>prefactor-local open</code>.</p>"
    )


def refusal_page(message: str) -> str:
    """What a person sees whose address is refused, or leads nowhere."""
    return _small_page(f'<p>{escape(message)}</p>\n<p><a href="/ui/">Look at the runs</a></p>')


def _small_page(body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>prefactor-local</title>\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">\n'
        f"<h1>prefactor-local</h1>\n{body}\n</html>\n"
    )


@cache
def _text(name: str) -> str:
    return (_STATIC / name).read_text("utf-8")
