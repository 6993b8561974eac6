"""What happens when a person leaves a page, comes back to it, or loads it again; and what stays while it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.local.conftest import Http
from tests.viewer.recorded_runs import shop_run
from tests.viewer.screens import Screen

from prefactor_local import LocalApi

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.slow


@contextmanager
def held(screen: Screen, address: str) -> Iterator[Callable[[], None]]:
    """What the page asks for at an address is not answered; the function lets the first question through."""
    routes: list[Route] = []

    def hold(route: Route) -> None:
        routes.append(route)

    screen.page.route(address, hold)

    def release() -> None:
        while not routes:
            screen.page.evaluate("0")  # lets what has happened be told
        routes[0].continue_()

    yield release
    screen.page.unroute(address)


def test_the_list_of_runs_comes_back_as_it_was_left(screen: Screen, http: Http) -> None:
    runs = [http.register(agent_id="a", agent_version={"name": "A"})["details"]["id"] for _ in range(50)]
    screen.page.reload()
    screen.shown(".run-line")
    screen.press(*"j" * 45, "Enter")
    screen.page.wait_for_url(f"**/ui/runs/{runs[-45]}*")
    screen.page.go_back()
    line = screen.shown(f"#run-{runs[-45]}.selected")
    box, window = line.bounding_box(), screen.page.viewport_size
    assert box
    assert window
    assert box["y"] + box["height"] < window["height"]


def test_an_answer_for_a_page_that_was_left_changes_nothing(screen: Screen, http: Http) -> None:
    a, b = shop_run(http), shop_run(http)
    with held(screen, "**/ui/api/compare?*") as release:
        screen.go(f"/ui/compare?a={a}&b={b}&row=1")
        screen.shown(".message", "Comparing")
        screen.press("g")
        screen.shown(".run-line")
        title, address = screen.page.title(), screen.page.url
        with screen.page.expect_response("**/ui/api/compare?*") as answer:
            release()
        answer.value.finished()
    with screen.page.expect_response("**/ui/api/runs?*"):  # the list asks again: what came before is done with
        pass
    assert (screen.page.title(), screen.page.url) == (title, address)


def test_a_page_of_a_run_that_was_left_asks_for_no_more_spans(screen: Screen, http: Http) -> None:
    run_id = shop_run(http)
    asked: list[str] = []
    with held(screen, "**/spans?after=*") as release:
        screen.go(f"/ui/runs/{run_id}?span=1&q=step")
        screen.shown(".run-header")
        screen.press("g")
        screen.shown(".run-line")
        screen.page.on("request", lambda request: asked.append(request.url))
        with screen.page.expect_response("**/spans?after=*"):
            release()
    for _ in range(2):
        with screen.page.expect_response("**/ui/api/runs?*"):
            pass
    assert [url for url in asked if run_id in url or "/ui/api/spans/" in url] == []


def test_the_span_of_an_address_is_seen(screen: Screen, http: Http) -> None:
    run_id = shop_run(http, steps=100)
    screen.run(run_id, "?span=95")
    screen.shown(".pane h2", "step 94")
    screen.until(
        """(() => {
            const line = document.querySelector(".row.selected")?.getBoundingClientRect();
            const list = document.querySelector(".spans-scroll").getBoundingClientRect();
            return line && line.top >= list.top && line.bottom <= list.bottom;
        })()"""
    )


def test_the_focus_stays_in_a_menu_while_spans_arrive(screen: Screen, http: Http) -> None:
    run_id = shop_run(http, finish=False)
    screen.run(run_id)
    screen.page.locator("summary", has_text="Types").click()
    screen.page.locator(".menu-items input[value='shop:step']").focus()

    http.span(run_id, schema_name="another", payload={})

    screen.shown(".menu-items", "another")
    assert screen.page.evaluate("document.activeElement.value") == "shop:step"


def test_the_focus_stays_while_an_input_method_composes_a_word(screen: Screen, http: Http) -> None:
    screen.run(shop_run(http))
    screen.press("/")
    screen.page.evaluate(
        """document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    assert screen.page.evaluate("document.activeElement.className") == "filter"


def test_the_pane_of_a_span_that_changes_keeps_the_focus_and_names_its_parent(screen: Screen, http: Http) -> None:
    types = [
        {"name": "work", "params_schema": {"type": "object"}, "result_schema": {"type": "object"},
         "template": "work {{ name }}{% if end %} until {{ end }}{% endif %}"},
    ]  # fmt: skip
    run_id = http.started(agent_schema_version={"external_identifier": "s5", "span_type_schemas": types})
    parent = http.span(run_id, schema_name="work", payload={"name": "a"})["details"]["id"]
    span = http.span(run_id, schema_name="work", payload={"name": "b"}, parent_span_id=parent)["details"]["id"]
    screen.run(run_id, "?span=2")
    screen.shown(".pane .result", "None yet")
    screen.page.locator(".pane .result summary").focus()
    http.finish_span(span, result_payload={"end": "late"})
    screen.shown(".pane .result .field", "late")
    assert screen.page.evaluate("document.activeElement.innerText") == "Result"
    http.finish_span(parent, result_payload={"end": "later"})
    screen.shown(".pane .facts button", "work a until later")
    http.span(run_id, schema_name="work", payload={"name": "c"}, parent_span_id=span)
    screen.shown(".pane .facts div", "Children")
    assert screen.page.evaluate("document.activeElement.innerText") == "Result"


def test_a_comparison_is_drawn_again_and_the_keys_stay_in_its_list(screen: Screen, http: Http) -> None:
    run_id = http.started()
    http.span(run_id, schema_name="constructor", payload={})  # the name of something that every object has
    screen.go(f"/ui/compare?a={run_id}&b={run_id}&row=0")
    assert screen.shown(".pane .pane-type").inner_text() == "constructor"
    http.span(run_id, schema_name="another", payload={})

    screen.page.get_by_role("button", name="Again").click()

    screen.shown(".row", "another")
    screen.until("document.activeElement.matches('[role=treegrid]')")


def test_a_search_ends_although_spans_arrive(screen: Screen, http: Http) -> None:
    run_id = shop_run(http, finish=False)
    with held(screen, "**/search?q=*") as release:
        with screen.page.expect_request("**/search?q=*"):
            screen.go(f"/ui/runs/{run_id}?q=such")  # it is in the result of step 2
        for name in ("such a step", "such another"):
            http.span(run_id, schema_name="shop:step", payload={"name": name})
            screen.shown(".row", name)
        release()
        screen.shown(".count", "3 of 6")


def test_a_span_that_comes_late_moves_all_others_whatever_is_asked_at_that_moment(screen: Screen, http: Http) -> None:
    run_id = shop_run(http, finish=False)
    screen.run(run_id)
    with held(screen, f"**/ui/api/runs/{run_id}") as release:
        with screen.page.expect_request(f"**/ui/api/runs/{run_id}"):  # for the status has changed
            http.post(f"/agent_instance/{run_id}/finish", {"status": "complete"})
        start, end = "2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z"
        late = {"name": "late"}
        http.span(run_id, schema_name="shop:step", payload=late, status="complete", started_at=start, finished_at=end)
        release()
        screen.shown(".row", "step late")
    screen.until("document.querySelector('.row:last-child .bar').style.left.startsWith('98.')")  # of seven years


def test_findings_are_asked_for_again_when_a_run_ends_as_a_span_comes_late(screen: Screen, http: Http) -> None:
    run_id = shop_run(http, finish=False)
    screen.run(run_id)
    questions: list[Route] = []

    def hold(question: Route) -> None:
        questions.append(question)

    screen.page.route(f"**/ui/api/runs/{run_id}/spans*", hold, times=1)
    while not questions:
        screen.page.evaluate("0")  # lets what has happened be told
    start, end = "2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z"
    late = {"name": "late"}
    http.span(run_id, schema_name="shop:step", payload=late, status="complete", started_at=start, finished_at=end)
    http.post(f"/agent_instance/{run_id}/finish", {"status": "complete"})
    with screen.page.expect_request("**/findings"):
        questions[0].continue_()
    screen.shown(".row", "step late")


def test_the_focus_stays_beside_the_name_of_a_run_that_ends(screen: Screen, http: Http) -> None:
    shop_run(http)
    run_id = shop_run(http, finish=False)
    screen.run(run_id)
    screen.shown(".neighbours a[href]", "Older").focus()

    http.post(f"/agent_instance/{run_id}/finish", {"status": "complete"})

    screen.shown(".run-title .status", "complete")
    assert screen.page.evaluate("document.activeElement.textContent").startswith("Older")


def test_a_pointer_that_the_browser_takes_away_chooses_no_time(open_screen: Callable[..., Screen], http: Http) -> None:
    screen = open_screen(has_touch=True)
    screen.run(shop_run(http))
    box = screen.shown(".minimap").bounding_box()
    assert box
    y = box["y"] + 20
    session = screen.page.context.new_cdp_session(screen.page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": box["x"] + 99, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
    screen.page.mouse.click(box["x"] + 500, y)
    screen.press("j")
    screen.page.wait_for_url("**span=*")
    assert "time=" not in screen.page.url


def test_a_notice_goes_when_the_server_answers_again(screen: Screen, http: Http) -> None:
    for _ in range(60):
        http.register(agent_id="a", agent_version={"name": "A"})
    screen.page.reload()
    screen.shown(".count", "50 newest runs")
    screen.allowed = ("ERR_FAILED",)
    screen.page.route("**/ui/api/runs?*before=*", lambda route: route.abort())
    screen.press("j", "End")
    screen.shown(".notice", "does not answer")
    screen.page.unroute("**/ui/api/runs?*before=*")
    screen.gone(".notice")


def test_a_link_is_kept_until_the_server_has_answered(api: LocalApi, open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(login=False)
    screen.allowed = ("ERR_FAILED", "status of 401")
    screen.page.route("**/ui/api/server", lambda route: route.abort())
    screen.page.goto(api.view_url)
    screen.shown(".notice", "not signed in")
    screen.page.unroute("**/ui/api/server")
    screen.page.reload()
    screen.shown(".no-runs")


def test_pages_that_were_left_are_forgotten(screen: Screen, http: Http) -> None:
    a, b = shop_run(http, steps=60), shop_run(http, steps=60)
    pages = {f"/ui/runs/{a}?span=1": ".pane .field", f"/ui/compare?a={a}&b={b}&row=0": ".pane"}
    go = "(url) => { history.pushState(null, '', url); dispatchEvent(new PopStateEvent('popstate')); }"
    session = screen.page.context.new_cdp_session(screen.page)
    counts = []
    for _ in range(8):
        for url, selector in pages.items():
            screen.page.evaluate(go, url)
            screen.shown(selector)
        screen.press("g")  # no pointer: a press of it would take away some listeners
        screen.shown(".run-line")
        session.send("HeapProfiler.collectGarbage")
        counts.append(session.send("Memory.getDOMCounters")["nodes"])
    assert counts[-1] < counts[0] + 1_000, counts  # a page has 500; the browser may still hold the last one
