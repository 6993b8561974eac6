"""A real browser that looks at a real server."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.local.conftest import Http, connect
from tests.viewer.parts import missing
from tests.viewer.screens import Screen

from prefactor_local import LocalApi

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["connect"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. It ends with each module: its event loop would be in the way of tests that have one."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not everybody has it
    except ImportError:
        missing("playwright (the extra ui-test)")
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        # A name of another site that leads to this machine, as an attacker's name server would answer.
        yield playwright.chromium.launch(executable_path=path, args=["--host-resolver-rules=MAP evil.test 127.0.0.1"])


@pytest.fixture
def api() -> Iterator[LocalApi]:
    with LocalApi() as api:
        yield api


@pytest.fixture
def http(api: LocalApi, connect: Callable[..., Http]) -> Http:
    return connect(api)


@pytest.fixture
def open_screen(
    browser: Browser, api: LocalApi, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., Screen]]:
    """Opens windows, which are signed in to the server. At the end there is a picture of each, and no complaint."""
    folder = Path(os.environ.get("VIEWER_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    screens: list[Screen] = []
    with ExitStack() as stack:

        def opened(
            *, width: int = 1400, height: int = 900, login: bool = True, server: LocalApi | None = None, **options: Any
        ) -> Screen:
            context = browser.new_context(viewport={"width": width, "height": height}, **options)
            stack.callback(context.close)
            screens.append(Screen(context.new_page(), (server or api).url))
            if login:
                screens[-1].page.goto(api.view_url)
                screens[-1].page.wait_for_url(f"{api.url}/ui/")
            return screens[-1]

        yield opened
        for number, screen in enumerate(screens):
            name = re.sub(r"\W+", "_", f"{request.node.name}_{number}").strip("_")
            screen.page.screenshot(path=folder / f"{name}.png")
            screen.check()


@pytest.fixture
def screen(open_screen: Callable[..., Screen]) -> Screen:
    return open_screen()
