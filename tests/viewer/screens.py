"""A window of the browser, and what a person does and sees in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Locator, Page, Request

__all__ = ["Screen"]

_WAIT = 10_000  # milliseconds; nothing takes as long


class Screen:
    """A window.

    Attributes:
        complaints: What a page of the viewer must never do: log an error, throw, open a dialog, ask another server.
        allowed: What complaints may contain in this test.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.allowed: tuple[str, ...] = ()
        self._url = url
        page.set_default_timeout(_WAIT)
        page.on("console", lambda message: self._complain(message.type == "error", message.text))
        page.on("pageerror", lambda error: self._complain(True, str(error)))
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def _complain(self, is_complaint: bool, text: str) -> None:
        if is_complaint:
            self.complaints.append(text)

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        is_ours = request.url.startswith((f"{self._url}/ui/", f"{self._url}/favicon.ico"))
        self._complain(not is_ours, f"request: {request.url}")

    def check(self) -> None:
        """There was nothing to complain about."""
        assert [text for text in self.complaints if not any(part in text for part in self.allowed)] == []

    def go(self, path: str) -> None:
        self.page.goto(f"{self._url}{path}")

    def run(self, run_id: str, query: str = "") -> None:
        """Opens the page of a run, and waits for its spans."""
        self.go(f"/ui/runs/{run_id}{query}")
        self.rows.first.wait_for()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def shown(self, selector: str, text: str = "") -> Locator:
        """Waits until something is there, with a text in it."""
        found = self.page.locator(selector, has_text=text).first if text else self.page.locator(selector).first
        found.wait_for()
        return found

    def gone(self, selector: str, text: str = "") -> None:
        self.page.locator(selector, has_text=text).first.wait_for(state="hidden")

    def until(self, expression: str) -> None:
        """Waits until JavaScript is true. Playwright's own function for this needs `eval`, which the page forbids."""
        code = """(wait) => new Promise((resolve, reject) => {
            const end = performance.now() + wait;
            const look = () => {
                if (EXPRESSION) resolve();
                else if (performance.now() > end) reject(new Error("it did not become true"));
                else requestAnimationFrame(look);
            };
            look();
        })"""
        self.page.evaluate(code.replace("EXPRESSION", expression), _WAIT)

    @property
    def rows(self) -> Locator:
        return self.page.locator(".row")

    def headlines(self) -> list[str]:
        """The spans of the list, from top to bottom."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll(".row")]
                .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
                .map((row) => row.querySelector(".headline").textContent)"""
        )

    @property
    def selected(self) -> str:
        """The selected span; empty if none is."""
        found = self.page.locator(".row.selected .headline")
        return found.text_content() or "" if found.count() else ""

    @property
    def is_wide(self) -> bool:
        """Whether the page can be scrolled sideways."""
        return bool(self.page.evaluate("document.scrollingElement.scrollWidth > innerWidth"))
