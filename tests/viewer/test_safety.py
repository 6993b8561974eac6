"""What other pages, other names and hostile payloads can do: nothing."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from tests.local.conftest import Http
from tests.viewer.recorded_runs import HOSTILE, hostile_run, shop_run
from tests.viewer.screens import Screen

from prefactor_local import LocalApi

pytestmark = pytest.mark.slow


def test_only_the_link_opens_the_viewer(api: LocalApi, open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(login=False)
    screen.allowed = ("status of 401",)
    screen.go("/ui/")
    screen.shown(".notice", "not signed in")
    screen.page.goto(api.view_url)  # only the part after # changes: the page is not loaded again
    screen.shown(".no-runs")
    assert screen.page.url == f"{api.url}/ui/"
    assert screen.page.context.cookies() == []
    screen.page.goto(f"{api.url}/ui/#t=of-somebody-else")
    screen.page.reload()
    screen.shown(".no-runs")


def test_a_link_may_be_for_one_time(api: LocalApi, open_screen: Callable[..., Screen], http: Http) -> None:
    link = api.one_time_view_url(shop_run(http))
    first, second = open_screen(login=False), open_screen(login=False)
    first.page.goto(link)
    first.rows.first.wait_for()
    second.allowed = ("status of 401",)
    second.page.goto(link)
    second.shown(".message", "not signed in")


def test_hostile_payloads_are_text(screen: Screen, http: Http) -> None:
    run_id = hostile_run(http)
    screen.go("/ui/")
    assert screen.shown(".agent-name").inner_text() == HOSTILE[0]
    screen.run(run_id)
    screen.until("document.title.includes('img')")
    title = screen.page.title()
    for view in ("Fields", "JSON"):
        screen.rows.first.click()
        screen.page.get_by_role("button", name=view, exact=True).click()
        for number in range(1, len(HOSTILE) + 1):
            screen.page.locator(f".row[aria-rowindex='{number}']").click()
            screen.until(f"document.querySelector('.row.selected')?.getAttribute('aria-rowindex') === '{number}'")
            screen.shown(".pane .error-box")
    screen.go(f"/ui/compare?a={run_id}&b={shop_run(http)}&row=0")
    screen.shown(".pane .field")

    assert screen.page.title() != "owned"
    assert HOSTILE[0] in title
    assert screen.page.locator("img, iframe, main script").count() == 0
    assert screen.page.evaluate("[...document.querySelectorAll('a')].every((a) => a.origin === location.origin)")


def test_a_name_of_another_site_is_refused(api: LocalApi, screen: Screen) -> None:
    screen.allowed = ("evil.test", "status of 403", "Cross-Origin-Opener-Policy")  # it asks this server by another name
    answer = screen.page.goto(api.view_url.replace("127.0.0.1", "evil.test"))

    assert answer
    assert answer.status == 403
    assert "not a name of this server" in answer.text()


_WORKER = b"""
oninstall = () => skipWaiting();
onactivate = (event) => event.waitUntil(clients.claim());
onfetch = (event) => event.respondWith(fetch(event.request));
"""


class _Other(http.server.BaseHTTPRequestHandler):
    """Another program's server: a page, and a service worker that hands on what it sees."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        is_script = self.path == "/worker.js"
        self.asked.append(f"{self.path} {self.headers}")
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
        self.end_headers()
        self.wfile.write(_WORKER if is_script else b"<!doctype html><title>Other</title>")

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def other_server() -> Iterator[str]:
    """A page of another port of this machine, of which the browser says that it is of the same site."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/ui/"
        server.shutdown()
        thread.join()


def test_a_page_of_another_port_reads_nothing(api: LocalApi, screen: Screen, http: Http) -> None:
    shop_run(http)
    screen.allowed = ("",)  # the other page may do what it likes
    _Other.asked.clear()
    with other_server() as site:
        told = what_it_reads(screen, site, f"{api.url}/ui/api/runs")

    assert told[0] == "TypeError: Failed to fetch"
    assert "Shop" not in "".join(map(str, told))
    sent = "".join(_Other.asked).lower()
    assert "host:" in sent
    assert not [name for name in ("cookie", "authorization") if name in sent]


def what_it_reads(screen: Screen, site: str, url: str) -> list[object]:
    """What a page finds out about an address of the viewer."""
    screen.page.goto(site)
    tries = """async (url) => [
        await fetch(url, {credentials: "include"}).then((answer) => answer.text(), String),
        await fetch(url, {credentials: "include", mode: "no-cors"}).then((answer) => answer.text(), String),
        await new Promise((resolve) => {
            const frame = document.createElement("iframe");
            frame.onload = () => resolve(String(frame.contentDocument?.body?.textContent));
            frame.src = url;
            document.body.append(frame);
        }),
        String(window.open(url)?.document.body?.textContent),
    ]"""
    return list(screen.page.evaluate(tries, url))


def test_the_service_worker_of_an_earlier_server_is_removed(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(login=False)
    screen.allowed = ("",)
    with other_server() as site:
        screen.page.goto(site)
        screen.page.evaluate("navigator.serviceWorker.register('/worker.js').then(() => null)")
        screen.until("navigator.serviceWorker.controller !== null")
        screen.page.goto("about:blank")
    with LocalApi(port=urlsplit(site).port or 0) as api:
        screen.page.goto(api.view_url)
        screen.shown(".no-runs")
        assert screen.page.evaluate("navigator.serviceWorker.controller") is None
        assert screen.page.evaluate("navigator.serviceWorker.getRegistrations()") == []


def test_an_exported_page_works_without_a_server(screen: Screen, http: Http, tmp_path: Path) -> None:
    hostile_run(http)
    screen.run(shop_run(http))
    screen.page.get_by_text("Export").first.click()
    with screen.page.expect_download() as download:
        screen.page.get_by_role("button", name="HTML file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.suffix == ".html"

    screen.allowed = ("request: file:",)
    requests: list[str] = []
    screen.page.goto("about:blank")  # the page of the server asks for changes
    screen.page.on("request", lambda request: requests.append(urlsplit(request.url).scheme))
    screen.page.goto(file.as_uri())
    screen.press("j")
    screen.shown(".pane [data-pointer='params/number'] .mismatch")
    screen.press("n")
    screen.shown(".pane .error-box", "No such step.")
    assert screen.page.locator(".neighbours").count() == 0  # it holds one run
    assert requests == ["file"]
