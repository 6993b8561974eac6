"""The JavaScript modules of the viewer as one script, and its other files."""

from __future__ import annotations

import re

import pytest

from prefactor_local._view import pages
from prefactor_local._view.bundle import BundleError, bundle

APP = 'import { list, SIZE } from "./list.js";\nlist(SIZE);\n'
LIST = """\
import {
  element,
} from "./dom.js";
/** @typedef {import("./dom.js").Node} Node */

/**
 * A list.
 */
export const SIZE = 28; // the height
  // of each
export function list(size) {
  const element = 1;
}
"""
DOM = "export class element {}\n"


def test_modules_are_joined_in_the_order_of_their_imports() -> None:
    script = bundle({"app.js": APP, "list.js": LIST, "dom.js": DOM, "unused.js": "nonsense"}, "app.js")
    assert script == (
        "// dom.js\nclass element {}\n"
        "// list.js\nconst SIZE = 28; // the height\n"
        "function list(size) {\n  const element = 1;\n}\n"
        "// app.js\nlist(SIZE);\n"
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"dom.js": None}, "list.js imports dom.js, which is not there"),
        ({"dom.js": "class element {}\n"}, "list.js imports element, which dom.js does not export"),
        ({"dom.js": f"{DOM}async function list() {{}}"}, "list.js: export function list: dom.js has this name, too"),
        ({"dom.js": f"{DOM}const {{ a }} = b;"}, "dom.js: const {: declare one name at a time"),
        ({"dom.js": f'import {{ SIZE }} from "./list.js";\n{DOM}'}, "in a circle: app.js → list.js → dom.js → list.js"),
        ({"dom.js": f"{DOM}export default element;"}, "dom.js: export default element;: write import { name }"),
        ({"dom.js": f"{DOM}export {{ element as other }};"}, "dom.js: export { element as other };: write"),
        ({"dom.js": f'import * as all from "./list.js";\n{DOM}'}, "dom.js: import * as all"),
        ({"dom.js": f'import {{ a }} from "library";\n{DOM}'}, "dom.js: import { a }"),
        ({"dom.js": f'{DOM}const late = await import("./list.js");'}, "dom.js: const late"),
    ],
)
def test_what_cannot_be_joined_is_an_error(change: dict[str, str | None], problem: str) -> None:
    modules = {"app.js": APP, "list.js": LIST, "dom.js": DOM, **change}
    with pytest.raises(BundleError) as error:
        bundle({name: text for name, text in modules.items() if text is not None}, "app.js")
    assert problem in str(error.value)


def test_the_files_of_the_viewer_are_there() -> None:
    assert '<script type="module" src="/ui/app.js">' in pages.shell()
    assert "</html>" in pages.shell()
    assert not re.search(r"^(import|export)\b", pages.script(), re.MULTILINE)
    assert pages.icon().startswith("<svg")
