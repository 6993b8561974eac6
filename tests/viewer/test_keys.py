"""Every key that the page lists does what it says."""

from __future__ import annotations

import pytest
from tests.local.conftest import Http
from tests.viewer.recorded_runs import shop_run
from tests.viewer.screens import Screen

pytestmark = pytest.mark.slow

_SHOWN = {"↓": "ArrowDown", "↑": "ArrowUp", "←": "ArrowLeft", "→": "ArrowRight", "Esc": "Escape"}
_EVERYWHERE = {"g", "t", "?"}


def selected(headline: str) -> str:
    return f"document.querySelector('.row.selected .headline')?.textContent === {headline!r}"


def rows(count: int) -> str:
    return f"document.querySelectorAll('.row').length === {count}"


def focus(selector: str) -> str:
    return f"document.activeElement.matches({selector!r})"


def absent(selector: str) -> str:
    return f"!document.querySelector({selector!r})?.checkVisibility()"


def listed(screen: Screen) -> set[str]:
    """The keys of the dialog."""
    screen.press("?")
    names = screen.page.locator("dialog kbd").all_text_contents()
    screen.press("Escape")
    screen.until("!document.querySelector('dialog[open]')")
    return {_SHOWN.get(name, name.replace("Page ", "Page")) for name in names}


def press_and_see(screen: Screen, presses: list[tuple[str, str]]) -> None:
    """Presses keys, and waits after each for what is true then."""
    for key, expected in presses:
        screen.press(key)
        try:
            screen.until(expected)
        except Exception as error:
            raise AssertionError(f"after {key}: {expected}; selected is {screen.selected!r}") from error


def test_the_keys_of_a_run(screen: Screen, http: Http) -> None:
    older, newer = shop_run(http), shop_run(http)
    screen.run(newer)

    press_and_see(
        screen,
        [
            ("j", selected("order 12a")),
            ("ArrowDown", selected("step 1")),
            ("k", selected("order 12a")),
            ("End", selected("step 3")),
            ("ArrowUp", selected("step 2")),
            ("Home", selected("order 12a")),
            ("PageDown", selected("step 3")),
            ("PageUp", selected("order 12a")),
            ("n", selected("step 2")),
            ("p", selected("order 12a")),
            ("n", selected("step 2")),
            ("h", selected("order 12a")),
            ("h", rows(1)),
            ("l", rows(4)),
            ("l", selected("step 1")),
            ("H", rows(1)),
            ("L", rows(4)),
            ("ArrowLeft", rows(1)),
            ("ArrowRight", rows(4)),
            ("z", "location.search.includes('time=')"),
            ("0", "!location.search.includes('time=')"),
            ("Enter", focus(".pane")),
            ("Escape", absent(".pane")),
            ("/", focus(".filter")),
            ("Escape", focus("body")),
        ],
    )
    screen.press("/")
    screen.page.keyboard.type("step")
    screen.press("Enter")
    press_and_see(screen, [
        ("]", selected("step 2")), ("[", selected("step 1")), ("[", selected("step 3")),
        ("J", f"location.pathname === '/ui/runs/{older}' && {rows(4)}"),
        ("K", f"location.pathname === '/ui/runs/{newer}' && {rows(4)}"),
    ])  # fmt: skip


def test_the_keys_of_the_list_of_runs(screen: Screen, http: Http) -> None:
    runs = [shop_run(http, external_identifier=f"v{number}") for number in range(3)]
    newest, middle, oldest = (f"document.querySelector('.run-line.selected')?.id === 'run-{run}'" for run in runs[::-1])
    screen.page.reload()
    screen.shown(".run-line")

    press_and_see(screen, [
        ("j", newest), ("ArrowDown", middle), ("k", newest), ("End", oldest), ("ArrowUp", middle), ("Home", newest),
        ("PageDown", oldest), ("PageUp", newest), ("x", "document.querySelectorAll('.marked').length === 1"),
        ("j", middle), ("x", "document.querySelectorAll('.marked').length === 2"),
        ("/", focus(".filter")), ("Escape", focus("body")), ("Enter", "location.pathname.startsWith('/ui/runs/')"),
        ("g", "location.pathname === '/ui/' && Boolean(document.querySelector('.run-line'))"),
        ("c", focus("body")),
    ])  # fmt: skip


def test_the_keys_of_a_comparison(screen: Screen, http: Http) -> None:
    a, b = shop_run(http), shop_run(http, note="Lost.", steps=4)
    screen.go(f"/ui/compare?a={a}&b={b}")
    screen.rows.first.wait_for()

    press_and_see(screen, [
        ("j", selected("order 12a")), ("ArrowDown", selected("step 1")), ("k", selected("order 12a")),
        ("End", "document.querySelector('.row.selected')?.matches('.added')"), ("ArrowUp", selected("step 3")),
        ("Home", selected("order 12a")), ("PageDown", "document.querySelector('.row.selected')?.matches('.added')"),
        ("PageUp", selected("order 12a")), ("e", rows(2)), ("e", rows(5)),
        ("n", "document.querySelector('.row.selected')?.matches('.added')"), ("p", selected("order 12a")),
        ("Enter", focus(".pane")), ("Escape", absent(".pane")),
        ("s", f"location.search.startsWith('?a={b}') && {rows(5)}"),
    ])  # fmt: skip


def test_the_keys_of_every_page(screen: Screen) -> None:
    screen.shown(".no-runs")
    screen.press("t")
    screen.until("document.documentElement.dataset.theme === 'dark'")
    screen.press("t", "?")
    assert screen.shown("dialog").get_attribute("aria-labelledby") == "help-title"
    screen.press("Escape", "g")
    screen.shown(".no-runs")
