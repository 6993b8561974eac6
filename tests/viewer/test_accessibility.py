"""What axe-core finds in the pages: colours without contrast, roles that do not fit, controls without a name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.local.conftest import Http
from tests.viewer.parts import node_package
from tests.viewer.recorded_runs import shop_run
from tests.viewer.screens import Screen

pytestmark = pytest.mark.slow

_FOUND = """async () => (await axe.run()).violations.flatMap(
    (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_about(open_screen: Callable[..., Screen], http: Http, scheme: str) -> None:
    axe = node_package("axe-core/axe.min.js").read_text("utf-8")
    screen = open_screen(color_scheme=scheme, bypass_csp=True)  # it adds a style sheet
    screen.shown(".no-runs")
    found = {"no runs": found_in(screen, axe)}
    a, b = shop_run(http), shop_run(http, note="Lost.", steps=4)
    pages = {
        "/ui/": ".run-line",
        f"/ui/runs/{a}?span=1": ".pane .field",
        f"/ui/runs/{a}?span=1&view=json": ".pane .json-name",
        f"/ui/compare?a={a}&b={b}&row=0": ".pane .field",
    }
    shown = [path for path in pages if scheme == "light" or not path.endswith("span=1")]  # for the time of the run
    for path in shown:
        screen.go(path)
        screen.shown(pages[path])
        screen.press("j")
        found[path] = found_in(screen, axe)
    screen.press("?")
    found["help"] = found_in(screen, axe)
    assert {page: problems for page, problems in found.items() if problems} == {}


def found_in(screen: Screen, axe: str) -> list[str]:
    screen.page.evaluate(axe)
    return [str(problem) for problem in screen.page.evaluate(_FOUND)]
