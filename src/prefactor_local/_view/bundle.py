"""Joins the JavaScript modules of the viewer into one script, which a page can hold without a server.

The modules use a small part of the language's imports and exports, so that no parser of JavaScript is needed:

- `import { name, other } from "./other.js";`, at the beginning of a line, on one line or several;
- `export` before a declaration at the beginning of a line.

All names at the beginning of a line are names of the whole script, so no two modules may have the same one.

Lines that are only a comment, or empty, are left out: they are more than a third of the modules. So no text of several
lines may have such a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

__all__ = ["BundleError", "bundle"]

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./([^"]+)";[^\S\n]*\n?', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async |function|class|const|let)\b)", re.MULTILINE)
_DECLARATION = re.compile(
    r"^(export )?(?:(?:async )?function\s*\*?|class|const|let|var)\s+([\w$]+|[{\[])", re.MULTILINE
)
_COMMENT = re.compile(r"^[^\S\n]*(?:/\*.*?\*/[^\S\n]*|//[^\n]*|)\n", re.MULTILINE | re.DOTALL)
_OTHER = re.compile(r"^(?:import|export)\b.*|^(?!\s*[*/]).*\bimport\(.*", re.MULTILINE)  # not in comments: types


class BundleError(Exception):
    """The modules cannot be joined. The text says where and why."""


def bundle(modules: Mapping[str, str], entry: str) -> str:
    """One script.

    Args:
        modules: The text of each module by its name, for example `app.js`.
        entry: The module that imports the others.

    Raises:
        BundleError: A module is not there, has imports or exports of another form, imports what the other one does not
            export, or has a name that another one has; or modules import each other in a circle.
    """
    order = list(dict.fromkeys(_in_order(modules, entry, ())))
    _check_names({name: modules[name] for name in order})
    return "".join(f"// {name}\n{_without_modules(name, modules[name])}" for name in order)


def _in_order(modules: Mapping[str, str], name: str, importers: tuple[str, ...]) -> Iterator[str]:
    """The modules that a module imports, each before the one that imports it, and the module itself."""
    if name in importers:
        raise BundleError(f"modules import each other in a circle: {' → '.join((*importers, name))}")
    if name not in modules:
        raise BundleError(f"{importers[-1] if importers else 'the page'} imports {name}, which is not there")
    for imported in _IMPORT.finditer(modules[name]):
        yield from _in_order(modules, imported[2], (*importers, name))
    yield name


def _check_names(modules: Mapping[str, str]) -> None:
    owners: dict[str, str] = {}
    exported: set[tuple[str, str]] = set()
    for module, text in modules.items():
        for found in _DECLARATION.finditer(text):
            if found[2] in owners or found[2] in {"{", "["}:
                raise BundleError(f"{module}: {found[0]}: {_problem(owners.get(found[2]))}")
            owners[found[2]] = module
            exported.update({(module, found[2])} if found[1] else ())
    for module, text in modules.items():
        for imported in _IMPORT.finditer(text):
            for name in filter(None, map(str.strip, imported[1].split(","))):
                if (imported[2], name) not in exported:
                    raise BundleError(f"{module} imports {name}, which {imported[2]} does not export")


def _problem(owner: str | None) -> str:
    return f"{owner} has this name, too" if owner else "declare one name at a time"


def _without_modules(module: str, text: str) -> str:
    text = _EXPORT.sub("", _IMPORT.sub("", text))
    left = _OTHER.search(text)
    if left:
        raise BundleError(f'{module}: {left[0]}: write import {{ name }} from "./module.js"; or export a declaration')
    return _COMMENT.sub("", f"{text}\n")
