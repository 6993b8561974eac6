"""What the pages of the viewer show, in a real browser."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.local.conftest import Http
from tests.viewer.recorded_runs import multiply_span, shop_run
from tests.viewer.screens import Screen

from prefactor_local import LocalApi

pytestmark = pytest.mark.slow


def test_an_empty_server_says_what_to_do_first(api: LocalApi, screen: Screen) -> None:
    text = screen.shown(".no-runs").inner_text()

    assert f"export PREFACTOR_API_URL={api.url} PREFACTOR_API_TOKEN=…" in text
    assert api.token not in screen.page.content()
    screen.press("/")
    screen.page.keyboard.type("x")
    screen.shown(".no-runs", "No run matches")
    screen.page.get_by_role("button", name="Clear").click()
    screen.shown(".no-runs", "No runs yet")


def test_runs_are_listed_and_new_ones_appear(screen: Screen, http: Http) -> None:
    runs = [
        http.register(agent_id=f"a{number % 2}", agent_version={"name": f"Agent {number % 2}"})["details"]["id"]
        for number in range(52)
    ]
    screen.page.reload()
    screen.shown(".count", "50 newest runs")
    screen.press("j", "End")  # the last one of the page: older runs are loaded
    screen.shown(".count", "52 runs")
    line = screen.shown(".run-line.selected")
    before = line.bounding_box()

    new = shop_run(http, name="Newcomer")

    screen.shown(f"#run-{new}", "Newcomer")
    assert line.bounding_box() == before  # what a person looks at stays where it is
    assert screen.shown(f"#run-{new} .cell-status").inner_text() == "✓ complete"
    assert screen.shown(f"#run-{new} .run-headline").inner_text() == "order 12a"

    screen.page.locator("select").first.select_option(label="Agent 1")
    screen.shown(".count", "26 runs")
    screen.press("/")
    screen.page.keyboard.type(runs[1])
    screen.shown(".count", "1 run")
    assert screen.page.url.endswith(f"/ui/?q={runs[1]}&agent=a1")
    screen.page.reload()
    screen.shown(".count", "1 run")
    screen.page.locator(".run-line").click()
    screen.page.wait_for_url(f"**/ui/runs/{runs[1]}*")
    screen.page.go_back()
    screen.shown(".count", "1 run")


def test_from_a_run_to_the_runs_beside_it_in_the_list(screen: Screen, http: Http) -> None:
    a1, b1, a2 = (shop_run(http, name=name) for name in ("a", "b", "a"))
    screen.run(b1)
    screen.shown(".neighbours a[href]", "Older").click()
    screen.page.wait_for_url(f"**/ui/runs/{a1}*")
    screen.shown(".neighbours a[aria-disabled]", "Older")
    screen.go("/ui/?q=" + "ORDER&agent=a")
    screen.shown(f"#run-{a1} a").click()
    screen.shown(".row")
    screen.press("K")
    screen.page.wait_for_url(f"**/ui/runs/{a2}*")
    screen.shown(".neighbours a[aria-disabled]", "Newer")
    a3 = shop_run(http, name="a")
    screen.press("K")
    screen.page.wait_for_url(f"**/ui/runs/{a3}*")
    screen.shown(".row")
    screen.press("K")
    screen.shown("[role=status]", "There is no newer run in the list.")
    a4 = shop_run(http, name="a")
    screen.page.locator(".neighbours").hover()
    screen.shown(".neighbours a[href]", "Newer").click()
    screen.page.wait_for_url(f"**/ui/runs/{a4}*")


def test_a_span_is_shown_with_what_its_schema_says(screen: Screen, http: Http) -> None:
    screen.run(shop_run(http))
    screen.press("j")
    pane = screen.shown(".pane")
    number, card, mail = (pane.locator(f"[data-pointer='params/{name}']") for name in ("number", "card", "mail"))
    number.wait_for()

    assert "Takes one order." in pane.inner_text()
    shown = number.inner_text()
    assert ["Order number" in shown, "As printed on the bill." in shown, "12a" in shown] == [True] * 3
    assert "integer" in number.locator(".mismatch").inner_text()
    assert card.locator(".lock").all_text_contents() == ["redacted", "redacted"]
    assert "contact information" in mail.inner_text()
    assert pane.locator("[data-pointer='result/note'] .text").inner_text() == "Paid.\nSent."
    pane.get_by_role("button", name="JSON", exact=True).click()
    assert '"note": "Paid.\\nSent."' in screen.shown(".pane .result pre").inner_text()
    screen.press("n")
    screen.shown(".pane .error-box", "No such step.")


def test_large_numbers_are_as_recorded_and_large_payloads_are_folded(screen: Screen, http: Http) -> None:
    number = 12345678901234567891
    said = {"role": "user", "content": [{"type": "text", "text": "hello"}] * 2}
    payload = {"number": number, "said": [said] * 1_000, "nested": [[["z" * 100] * 30] * 30] * 30}
    span = http.span(http.started(), schema_name="other", payload=payload)["details"]
    screen.run(span["agent_instance_id"])
    screen.press("j")
    pane = screen.shown(".pane")

    assert screen.shown(".pane [data-pointer='params/number'] dd").inner_text() == str(number)
    assert f"number: {number}" in screen.shown(".pane h2").inner_text()
    assert screen.page.evaluate("document.querySelectorAll('*').length") < 6_000
    pane.get_by_role("button", name="Show 200 more items (of 980)").click()
    screen.shown(".pane button", "Show 200 more items (of 780)")
    for name in ("Show 30 items", "JSON"):
        pane.get_by_role("button", name=name, exact=True).first.click()
    assert f'"number": {number},' in screen.shown(".pane .params pre").inner_text()


def test_the_parts_of_a_span_are_folded_until_they_are_wanted(screen: Screen, http: Http) -> None:
    screen.run(shop_run(http))
    screen.press("j")
    screen.shown(".pane .params [data-pointer='params/number']")
    screen.page.locator(".pane .params summary").first.focus()
    screen.press("Enter")
    screen.gone(".pane .params [data-pointer='params/number']")
    screen.page.reload()  # as the span that was selected
    screen.shown(".pane .result [data-pointer='result/note']")
    screen.gone(".pane .params [data-pointer='params/number']")
    screen.shown(".problems .place", "params /number").click()
    screen.until("document.activeElement.dataset.pointer === 'params/number'")
    screen.press("j")
    screen.shown(".pane h2", "step 1")
    screen.gone(".pane .params .field")  # that the page has opened it changes nothing for others
    screen.page.locator(".pane .params summary").click()
    screen.shown(".pane .params .field", "name")


def test_json_has_colours_and_is_the_text_that_is_copied(screen: Screen, http: Http) -> None:
    run_id = http.started()
    escapes = '"\\": ' * 20_000
    payload: dict[str, Any] = {
        'a": 1': 'b": 2,',
        "n": [-1.5, True, None, {}, 'c": 3', "\u202e"],
        "": {"long": escapes},
        "x": [[7] * 900] * 4,
    }
    http.span(run_id, payload=payload)
    screen.run(run_id, "?view=json")
    screen.press("j")
    screen.shown(".row .dot.LLM")
    shown = screen.shown(".pane .params pre")
    parts = {
        name: [text for text in shown.locator(f".json-{name}").all_text_contents() if len(text) < 100]
        for name in ("name", "string", "number", "word")
    }
    assert parts["name"] == [json.dumps(name) for name in ('a": 1', "n", "", "long", "x")]
    assert parts["string"] == [json.dumps('b": 2,'), json.dumps('c": 3'), '"⟨U+202E⟩"']
    assert (parts["number"][:2], parts["word"]) == (["-1.5", "7"], ["true", "null"])
    text = shown.text_content()
    assert text is not None
    assert len(parts["number"]) < 3_000 < text.count("7")  # what comes last has none
    assert json.loads(text)["x"] == payload["x"]


def test_spans_are_filtered(screen: Screen, http: Http) -> None:
    screen.run(shop_run(http))

    screen.press("/")
    screen.page.keyboard.type("No such step")  # it is in the result of step 2
    screen.shown(".count", "1 of 4")
    screen.until("document.querySelectorAll('.row').length === 2")
    assert screen.headlines() == ["order 12a", "step 2"]
    screen.page.get_by_role("button", name="Highlight").click()
    screen.until("document.querySelectorAll('.row').length === 4")
    assert screen.page.locator(".row.match .headline").all_text_contents() == ["step 2"]
    screen.page.wait_for_url("**mode=highlight*")
    screen.page.reload()
    screen.shown(".row.match", "step 2")


def test_what_is_missing_or_failed_is_said_where_a_person_looks(screen: Screen, http: Http) -> None:
    params = {"type": "object", "properties": {"card": {"type": "string", "title": "Card"}}, "required": ["card"]}
    types = [{"name": "pay", "params_schema": params, "result_schema": {"type": "object"}, "template": "pay {{ to }}"}]
    run_id = http.started(agent_schema_version={"external_identifier": "s2", "span_type_schemas": types})
    for name in "ab":
        span = http.span(run_id, schema_name="pay", payload={"to": name, "text": "word " * 20_000})["details"]["id"]
        http.finish_span(span, status="failed", result_payload={"error": {"type": "CardError", "message": "Declined."}})
    screen.run(run_id)

    assert screen.shown(".row-error").inner_text() == "CardError: Declined."
    screen.rows.nth(0).click()
    screen.shown(".problems .place", "params /card").click()
    screen.until("document.activeElement.dataset.pointer === 'params/card'")
    assert screen.shown(".field.wrong", "Card").inner_text().endswith("not there")
    screen.shown("button", "Show the whole text (100,000 characters)").click()
    screen.until("document.querySelector('[data-pointer=\"params/text\"] .text')?.textContent.length === 100000")

    screen.rows.nth(1).click()
    screen.shown(".pane h2", "pay b")
    screen.page.go_back()
    screen.shown(".pane h2", "pay a")
    screen.page.go_back()
    screen.shown(".run-line")


def test_what_should_have_been_redacted_is_not_called_redacted(screen: Screen, http: Http) -> None:
    redacted = {"type": ["string", "null"], "x-prefactor-redact": True}
    schema = {"type": "object", "properties": {"card": redacted, "code": redacted, "name": redacted}}
    types = [{"name": "pay", "params_schema": schema, "result_schema": {"type": "object"}}]
    run_id = http.started(agent_schema_version={"external_identifier": "s2", "span_type_schemas": types})
    span = http.span(run_id, schema_name="pay", payload={"card": "4111", "code": None, "name": "[redacted]"})[
        "details"
    ]["id"]
    http.finish_span(span, status="failed", result_payload={"error": "Declined."})
    screen.run(run_id)

    assert screen.shown(".row-error").inner_text() == "Declined."
    screen.press("j")
    assert screen.shown(".pane .error-box p").inner_text() == "Declined."
    shown = [screen.shown(f".pane [data-pointer='params/{name}']").inner_text() for name in ("card", "code", "name")]
    assert shown == ["card\n⚠ not redacted\n4111", "code\n⚠ not redacted\nnull", "name\nredacted\nredacted"]


def test_spans_appear_while_they_run(screen: Screen, http: Http) -> None:
    run_id = shop_run(http, finish=False)
    screen.run(run_id)
    assert screen.shown(".run-header .status").inner_text() == "● active"  # as the API, show and the guide call it

    new = http.span(run_id, schema_name="shop:step", payload={"name": "late"})["details"]["id"]
    screen.shown(".row.active", "step late")
    http.finish_span(new, status="complete")
    screen.shown(".row.complete", "step late")
    http.post(f"/agent_instance/{run_id}/finish", {"status": "failed"})
    screen.shown(".run-header .status.failed")


def test_a_run_without_spans_and_one_that_failed(screen: Screen, http: Http) -> None:
    run_id = shop_run(http, finish=False)
    http.post(f"/agent_instance/{run_id}/finish", {"status": "failed"})
    empty = http.started(agent_id="empty")
    screen.go(f"/ui/runs/{empty}")
    screen.shown(".empty", "No spans yet")
    screen.run(run_id)
    assert screen.shown(".run-header .status").inner_text() == "✕ failed"
    assert "1" in screen.shown(".run-header .bad").inner_text()
    screen.allowed = ("status of 404",)
    screen.go("/ui/runs/nothing")
    assert screen.shown(".message p").inner_text() == 'No run has an ID that begins with "nothing".'
    screen.page.get_by_role("link", name="All runs").click()
    screen.shown(".run-line")


def test_a_span_that_a_run_has_not_is_not_there(screen: Screen, http: Http) -> None:
    run_id = shop_run(http, finish=False)
    screen.run(run_id, "?span=9999")
    screen.shown(".notice", "This run has no span 9999.")
    for _ in range(2):  # nothing new comes
        with screen.page.expect_response("**/spans?after=*"):
            pass
    screen.shown(".notice", "This run has no span 9999.")
    screen.press("j")
    screen.gone(".notice")


def test_a_third_mark_takes_the_first_away_and_says_so(screen: Screen, http: Http) -> None:
    for _ in range(3):
        http.started()
    screen.page.reload()
    screen.shown(".run-line")
    screen.press("j", "x", "j", "x")
    screen.shown(".compare-runs", "2 of 2 marked")
    screen.gone(".notice")
    screen.press("j", "x")
    screen.shown(".notice", "the one that was marked first is not any more")
    screen.press("x")
    screen.gone(".notice")


def test_two_runs_are_compared(screen: Screen, http: Http) -> None:
    a, b = shop_run(http), shop_run(http, note="Paid.\nLost.", steps=4)
    screen.go("/ui/")
    for run in (a, b):
        screen.page.locator(f"#run-{run} input").check()
    screen.press("c")
    screen.page.wait_for_url(f"**/ui/compare?a={a}&b={b}")

    screen.shown(".count", "≠ 1 changed · + 1 only in B · = 3 equal")
    screen.press("n")
    field = screen.shown(".pane .field", "Note")
    assert [field.locator(f".version-{side}").inner_text().split("\n", 1)[1] for side in "ab"] == [
        "Paid.\nSent.",
        "Paid.\nLost.",
    ]
    assert field.locator("mark").all_text_contents() == ["Sen", "Los"]
    screen.press("n")
    screen.shown(".pane .kind", "only in B")
    assert "4" in screen.shown(".pane .params").inner_text()


def test_a_comparison_says_of_a_span_what_the_page_of_its_run_says(screen: Screen, http: Http) -> None:
    run_id = http.started()
    for number in range(2):
        wrong = {"model": number, "of": "any"} if number else {"model": "a"}
        span = http.span(run_id, schema_name="agent:llm" if number else "custom:thing", payload=wrong)["details"]["id"]
        http.finish_span(span, status="failed", result_payload={"error": f"Declined {number}."})
    said = "[...document.querySelectorAll('CELL')].map((cell) => cell.innerText.replaceAll(/\\s+/g, ' '))"
    screen.run(run_id)
    screen.shown(".row-error", "Declined 1.")
    tree = screen.page.evaluate(said.replace("CELL", ".cell-tree"))
    assert tree[0] == "✕ model: a Declined 0. ⚠ 1"
    screen.go(f"/ui/compare?a={run_id}&b={run_id}&row=0")
    screen.shown(".row-error", "Declined 1.")
    durations = "[...document.querySelectorAll('.row-duration')].map((shown) => shown.remove())"
    screen.page.evaluate(durations)
    assert screen.page.evaluate(said.replace("CELL", ".cell-span")) == [text for text in tree for _ in "ab"]
    assert screen.shown(".pane h2").inner_text() == "model: a"


def test_a_mismatch_of_a_message_is_at_its_place_and_a_call_of_a_tool_is_a_call(screen: Screen, http: Http) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}
    said = [{"role": "assistant", "tool_calls": [call]}, {"role": "user", "content": 5}]
    message = {"type": "object", "required": ["content"], "properties": {"content": {"type": "string"}}}
    schema = {"type": "object", "properties": {"messages": {"type": "array", "items": message}}}
    types = [{"name": "chat", "params_schema": schema, "result_schema": {"type": "object"}}]
    run_id = http.started(agent_schema_version={"external_identifier": "s3", "span_type_schemas": types})
    http.span(run_id, schema_name="chat", payload={"messages": said})
    screen.run(run_id)
    screen.press("j")
    screen.shown(".pane .said")
    missing, wrong = (shown.replace("Schema", "").split() for shown in screen.page.locator(".said").all_inner_texts())

    call_said = 'tool_calls weather {"city": "Paris"} id c1'
    assert " ".join(missing) == f"assistant content ⚠ Field required not there {call_said}"
    assert " ".join(wrong) == "user ⚠ Input should be a string, found an integer 5"


def test_names_and_headlines_that_are_cut_say_so(open_screen: Callable[..., Screen], http: Http) -> None:
    screen = open_screen(width=320, height=700)
    types = [{"name": "long", "params_schema": {"type": "object"}, "template": "{{ text }}"}]
    run_id = http.started(
        agent_version={"name": "A very long name " * 18, "external_identifier": "v1.2.3"},
        agent_schema_version={"external_identifier": "s4", "span_type_schemas": types},
    )
    http.span(run_id, schema_name="long", payload={"text": "word " * 300})
    parts = {"/ui/": ".run-line", f"/ui/runs/{run_id}?span=1": "h1", f"/ui/compare?a={run_id}&b={run_id}": "h2 a"}
    for path, part in parts.items():
        screen.go(path)
        version = screen.shown(f"{part} .version", "v1.2.3").bounding_box()
        assert version
        assert version["x"] + version["width"] <= 320
        assert version["height"] < 30
        cut = "((name) => name.scrollHeight > name.clientHeight)(document.querySelector('PART .agent-name'))"
        assert screen.page.evaluate(cut.replace("PART", part))
    screen.go(f"/ui/runs/{run_id}?span=1")
    screen.shown(".pane h2")
    lines = screen.page.evaluate("((h2) => h2.clientHeight / 24)(document.querySelector('.pane h2'))")
    assert lines == 6.5  # half a line more shows that there are others
    http.span(run_id, schema_name="t" * 100_000)
    screen.go(f"/ui/runs/{run_id}?span=2")
    assert len(screen.shown(".pane-type").inner_text()) == 500  # the browser takes 20 s to draw all of it


def test_every_page_fits_a_narrow_window_and_a_dark_one(open_screen: Callable[..., Screen], http: Http) -> None:
    screen = open_screen(width=320, height=700, color_scheme="dark")
    a, b = shop_run(http, name="A very long name " * 9), shop_run(http)
    pages = {"/ui/": ".run-line", f"/ui/runs/{a}?span=2": ".pane .field", f"/ui/compare?a={a}&b={b}&row=0": ".pane"}
    for path, selector in pages.items():
        screen.go(path)
        screen.shown(selector)
        assert not screen.is_wide, path
    assert screen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 29)"


@pytest.fixture
def long_run(tmp_path: Path, connect: Callable[..., Http]) -> Iterator[LocalApi]:
    with LocalApi(database=tmp_path / "runs.db") as api:
        shop_run(connect(api), steps=0)
    multiply_span(tmp_path / "runs.db", 10_000)
    with LocalApi(database=tmp_path / "runs.db") as api:
        yield api


def test_a_long_run_of_which_nothing_was_heard_for_hours_says_so(
    tmp_path: Path, connect: Callable[..., Http], open_screen: Callable[..., Screen]
) -> None:
    with LocalApi(database=tmp_path / "runs.db") as api:
        shop_run(connect(api), steps=0, finish=False)
    multiply_span(tmp_path / "runs.db", 10_001)  # they come in two answers
    with LocalApi(database=tmp_path / "runs.db") as api:
        screen = open_screen(login=False, server=api)
        screen.page.clock.set_fixed_time(time.time() + 2.5 * 3600)
        screen.page.goto(api.view_url.replace("#", "runs/last#"))
        screen.shown("[role=treegrid][aria-rowcount='10001']")
        assert "2 hours ago" in screen.shown(".run-header").inner_text()
        screen.page.goto("about:blank")  # it asks until it is left


def test_a_run_of_which_nothing_was_heard_for_some_seconds_says_so(screen: Screen, http: Http) -> None:
    run_id = http.started()
    http.span(run_id)
    screen.run(run_id)
    assert screen.page.locator(".quiet").count() == 0
    screen.page.clock.set_fixed_time(time.time() + 15)
    screen.shown(".run-header .warned", "seconds ago")
    screen.shown(".quiet .row.active")
    screen.press("g")
    screen.shown(".run-line", "last news 1")


def test_of_10_000_spans_the_page_holds_those_that_are_seen(
    long_run: LocalApi, open_screen: Callable[..., Screen]
) -> None:
    screen = open_screen(login=False, server=long_run)
    screen.page.goto(long_run.view_url.replace("#", "runs/last#"))
    screen.shown(".row")
    assert screen.shown("[role=treegrid]").get_attribute("aria-rowcount") == "10000"
    screen.press("j", "End")
    screen.shown(".row.selected[aria-rowindex='10000']")
    assert screen.page.locator(".row").count() < 100
    assert screen.page.locator("*").count() < 2000
