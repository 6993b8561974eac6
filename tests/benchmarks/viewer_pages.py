"""How fast the viewer's pages are in Chromium: first paint, scrolling, and how soon a new span is seen.

`python -m tests.benchmarks.viewer_pages` opens runs of 1,000, 10,000 and 50,000 spans several times, prints medians and
worst figures, and exits with 1 if one misses its bar. It needs the extra `ui-test` and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from tests.local.conftest import Http
from tests.support.processes import ROOT
from tests.viewer.recorded_runs import multiply_span, shop_run

from prefactor_local import LocalApi

SIZES = (1_000, 10_000, 50_000)
BARS = {"paint of 10,000": 300.0, "scroll step of 10,000": 60.0, "live row": 1500.0}
"""Milliseconds. Medians of the first and the last one, and the worst scroll step."""
SEEN = """
window.painted = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
        if (!document.querySelector(".row")) return;
        observer.disconnect();
        afterPaint().then(resolve);
    }).observe(document, { childList: true, subtree: true });
});
window.afterPaint = () => new Promise((resolve) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(performance.now());
    port2.postMessage(null);
}));
"""
SCROLL = """async () => {
    const list = document.querySelector(".spans-scroll"), steps = [];
    for (let number = 1; number <= 40; number += 1) {
        const begun = performance.now();
        list.scrollTop = (list.scrollHeight * ((number * 17) % 41)) / 41;
        steps.push((await afterPaint()) - begun);
    }
    return Math.max(...steps);
}"""
APPEARS = """(name) => new Promise((resolve) => {
    const look = () => [...document.querySelectorAll(".row")].some((row) => row.textContent.includes(name))
        ? resolve(Date.now()) : requestAnimationFrame(look);
    look();
})"""


@contextmanager
def long_run(spans: int) -> Iterator[LocalApi]:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "runs.db"
        with LocalApi(database=database) as api, open_http(api) as http:
            shop_run(http, steps=0)
        multiply_span(database, spans)
        with LocalApi(database=database) as api:
            yield api


@contextmanager
def open_http(api: LocalApi) -> Iterator[Http]:
    http = Http(api.url, api.token)
    yield http
    http.close()


@contextmanager
def window(browser: Browser, api: LocalApi) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto(api.view_url)
    page.wait_for_selector(".run-line, .no-runs")
    context.add_init_script(SEEN)
    yield page
    context.close()


def measure_long_run(browser: Browser, spans: int, runs: int) -> tuple[list[float], list[float]]:
    """The times of the first paint, and of the worst scroll step, of each run."""
    paints, scrolls = [], []
    with long_run(spans) as api, window(browser, api) as page:
        for _ in range(runs):
            page.goto(f"{api.url}/ui/runs/last")
            paints.append(float(page.evaluate("painted")))
            page.wait_for_selector(f"[role=treegrid][aria-rowcount='{spans}']")
            scrolls.append(float(page.evaluate(SCROLL)))
    return paints, scrolls


def measure_live_rows(browser: Browser, runs: int) -> list[float]:
    """How long spans of a run take from the agent's request to the page."""
    found = []
    with LocalApi() as api, open_http(api) as http, window(browser, api) as page:
        run_id = shop_run(http, finish=False)
        page.goto(f"{api.url}/ui/runs/{run_id}")
        page.wait_for_selector(".row")
        for number in range(runs):
            begun = time.time()
            http.span(run_id, schema_name="shop:step", payload={"name": f"live {number}"})
            found.append(float(page.evaluate(APPEARS, f"live {number}")) - begun * 1000)
    return found


def measure_comparison(browser: Browser, runs: int) -> list[float]:
    """The first paint of 10,000 spans beside themselves."""
    found = []
    with long_run(10_000) as api, window(browser, api) as page:
        for _ in range(runs):
            page.goto(f"{api.url}/ui/compare?a=last&b=last")
            found.append(float(page.evaluate("painted")))
    return found


def size_of_pages() -> tuple[int, int]:
    """Bytes of the pages in the wheel, and of the wheel."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return sum(file.compress_size for file in archive.infolist() if "/_view/static/" in file.filename), (
                wheel.stat().st_size
            )


def line(name: str, values: list[float]) -> None:
    print(f"{name:<24} {statistics.median(values):7.0f} ms   worst {max(values):7.0f} ms", flush=True)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="how often each is measured")
    runs = arguments.parse_args().runs
    measured: dict[str, float] = {}
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path) as browser:
        for spans in SIZES:
            paints, scrolls = measure_long_run(browser, spans, runs)
            measured[f"paint of {spans:,}"] = statistics.median(paints)
            measured[f"scroll step of {spans:,}"] = statistics.median(scrolls)
            line(f"paint of {spans:,}", paints)
            line(f"scroll step of {spans:,}", scrolls)
        line("comparison of 10,000", measure_comparison(browser, runs))
        live = measure_live_rows(browser, 2 * runs)
        measured["live row"] = statistics.median(live)
        line("live row", live)
    pages, wheel = size_of_pages()
    print(f"pages in the wheel: {pages / 1000:.0f} kB of {wheel / 1000:.0f} kB")
    missed = [
        f"{name}: {measured[name]:.0f} ms, bar {bar:.0f} ms" for name, bar in BARS.items() if measured[name] > bar
    ]
    print("\n".join(f"missed: {name}" for name in missed) or "all bars are met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
