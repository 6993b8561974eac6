"""The viewer over HTTP: who may read it, what it answers, and what the rest of the server sees of it."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import httpx
import pytest
from starlette.exceptions import HTTPException
from tests.local.conftest import Http
from tests.support.local_commands import use_own_folders

from prefactor_local import Fault, LocalApi
from prefactor_local.__main__ import main
from prefactor_local._server import view_data
from prefactor_local._server.allowed_hosts import AllowedHosts
from prefactor_local._server.operation_thread import OperationThread
from prefactor_local._server.view_access import CODE_SECONDS, MOST_CODES, ViewAccess
from prefactor_local._view.exports.formats import export_file
from prefactor_local._view.reading import Reader
from prefactor_local._view.shapes import RunSummary

DATA = "/ui/api/runs"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def browser(api: LocalApi) -> Iterator[httpx.Client]:
    """A browser that is not signed in."""
    with httpx.Client(base_url=api.url, trust_env=False, verify=False) as client:
        yield client


@pytest.fixture
def viewer(api: LocalApi, browser: httpx.Client) -> httpx.Client:
    """A page of the viewer: it has the token, and the browser says that the viewer asks."""
    browser.headers.update({"Sec-Fetch-Site": "same-origin", "Authorization": f"Bearer {token_of(api)}"})
    return browser


@pytest.fixture
def run_id(http: Http) -> str:
    run_id = http.started()
    for prompt in ("one", "two", EVIL):
        http.span(run_id, payload={"model": "gpt-4", "prompt": prompt})
    return run_id


def token_of(api: LocalApi) -> str:
    return api.view_url.partition("#t=")[2]


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_the_link_keeps_the_token_from_servers(api: LocalApi, browser: httpx.Client) -> None:
    link = httpx.URL(api.view_url)
    assert (link.path, link.query) == ("/ui/", b"")
    assert link.fragment == f"t={token_of(api)}"
    for path in ("/ui/", "/ui/login", "/ui/runs/last", "/ui/app.js"):
        answer = browser.get(path, params={"t": token_of(api)})
        assert "set-cookie" not in answer.headers
    assert browser.get("/ui").headers["location"] == "/ui/"


def test_only_pages_of_the_viewer_are_answered(viewer: httpx.Client) -> None:
    for path in (DATA, "/ui/api/token"):
        for site in ("same-site", "cross-site"):  # same-site: a page of another port of this machine
            assert error(viewer.get(path, headers={"Sec-Fetch-Site": site})) == (
                403, "Only pages of the viewer may read its data.",
            )  # fmt: skip
    assert viewer.get(DATA, headers={"Sec-Fetch-Site": "none"}).status_code == 200
    del viewer.headers["Sec-Fetch-Site"]  # a command, or a browser on another machine
    assert viewer.get(DATA).status_code == 200


def test_only_the_viewers_token_is_taken(api: LocalApi, browser: httpx.Client) -> None:
    cookie = {"Cookie": f"prefactor_view_{api.url.rpartition(':')[2]}={token_of(api)}"}
    for headers in ({}, {"Authorization": f"Bearer {api.token}"}, {"Authorization": "Bearer"}, cookie):
        answer = browser.get(DATA, headers={"Sec-Fetch-Site": "same-origin", **headers})
        assert answer.status_code == 401
        assert "prefactor-local open" in answer.json()["error"]
    headers = {"Authorization": f"Bearer {token_of(api)}"}
    assert browser.get("/ui/api/server", headers=headers).json() == {"database": ":memory:"}
    assert httpx.get(f"{api.url}/api/v1/ping", headers=headers, trust_env=False, verify=False).status_code == 401


def test_a_code_stands_for_the_token_once(api: LocalApi, viewer: httpx.Client, run_id: str) -> None:
    token = viewer.headers.pop("Authorization")
    assert viewer.get("/ui/api/code").status_code == 401
    code = viewer.get("/ui/api/code", headers={"Authorization": token}).json()["code"]
    answers = [viewer.get("/ui/api/token", params={"code": each}) for each in (code, code, "", "é\0")]
    assert [answer.status_code for answer in answers] == [200, 401, 401, 401]
    assert answers[0].json() == {"token": token_of(api)}
    link = httpx.URL(api.one_time_view_url(run_id))
    assert link.path == f"/ui/runs/{run_id}"
    assert viewer.get("/ui/api/token", params={"code": link.fragment.removeprefix("c=")}).status_code == 200


def test_a_code_is_valid_for_a_minute_and_there_are_few() -> None:
    now = 0.0
    access = ViewAccess("token", AllowedHosts("", ()), lambda: now)
    first, second, third, *_ = [access.new_code() for _ in range(MOST_CODES + 1)]
    with pytest.raises(HTTPException, match="401"):
        access.token_for(first)
    assert access.token_for(second) == "token"
    now = CODE_SECONDS
    with pytest.raises(HTTPException, match="401"):
        access.token_for(third)


def test_names_of_others_are_refused(viewer: httpx.Client) -> None:
    hosts = [
        {"Host": name} for name in ("evil.test", "evil.test:80", "evil.test@localhost", "localhost#.evil.test", "")
    ]
    own = str(viewer.base_url).partition("//")[2].rstrip("/")
    others = ("http://evil.test", "http://127.0.0.1:1", "null", "http://[::1", f"https://{own}", f"a://{own}")
    pages = [{"Origin": name} for name in others]
    for path in (DATA, "/ui/", "/ui/app.js", "/ui/api/token", "/favicon.ico"):
        assert {viewer.get(path, headers=headers).status_code for headers in hosts + pages} == {403}


def test_the_origin_of_the_viewer_is_taken(api: LocalApi, viewer: httpx.Client) -> None:
    assert viewer.get(DATA, headers={"Origin": api.url}).status_code == 200


def test_every_answer_keeps_the_browser_from_doing_more(viewer: httpx.Client, api: LocalApi) -> None:
    answers = [
        *(
            viewer.get(path)
            for path in ("/ui/", "/ui/app.js", "/ui/runs/x", "/ui/compare", DATA, "/ui/nothing", "/ui/api/")
        ),
        viewer.get(DATA, headers={"Host": "evil.test"}),
        viewer.get("/ui/api/token"),
        httpx.get(api.url, headers={"Accept": "text/html"}, trust_env=False, verify=False),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 404, 404, 403, 401, 200]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
        names = ("cache-control", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy")
        assert [answer.headers[name] for name in names] == ["no-store", "nosniff", "no-referrer", "same-origin"]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_it_only_reads(viewer: httpx.Client) -> None:
    for path in ("/ui/", DATA, "/ui/api/token", "/ui/api/code"):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "NOSUCH"):
            answer = viewer.request(method, path, content=b"x" * 100_000)
            assert answer.status_code == 405
            assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_runs_and_spans_are_read(viewer: httpx.Client, run_id: str) -> None:
    (run,) = viewer.get(DATA, params={"q": run_id, "status": "active", "agent": "my-agent"}).json()["runs"]
    assert (run["id"], run["spans"], run["agent_name"]) == (run_id, 3, "My Agent")
    assert viewer.get(DATA, params={"before": run["seq"]}).json()["runs"] == []
    for name in (run_id, "last", run_id[:-1]):
        assert viewer.get(f"{DATA}/{name}").json()["run"]["id"] == run_id
    assert viewer.get(f"{DATA}/last/neighbours", params={"q": "x"}).json() == {"newer": None, "older": None}
    page = viewer.get(f"{DATA}/last/spans").json()
    span_id = page["rows"][2][1]
    assert viewer.get(f"/ui/api/spans/{span_id}", params={"full": "1"}).json()["params"]["prompt"] == EVIL
    assert viewer.get(f"{DATA}/last/spans", params={"after": page["change"]}).json()["rows"] == []
    assert viewer.get(f"{DATA}/last/search", params={"q": "SCRIPT"}).json() == {"seqs": [page["rows"][2][0]]}
    assert viewer.get(f"{DATA}/last/findings").json() == {"findings": []}
    both = {"a": page["rows"][0][1], "b": span_id}
    (difference,) = viewer.get("/ui/api/differences", params=both).json()["differences"]
    assert (difference["pointer"], difference["b"]) == ("/prompt", EVIL)
    assert len(viewer.get("/ui/api/compare", params={"a": "last", "b": run_id}).json()["rows"]) == 3


def test_rows_are_read_in_steps(viewer: httpx.Client, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = viewer.get(f"{DATA}/last/spans").json()
    monkeypatch.setattr(view_data, "ROWS_PER_STEP", 1)
    assert viewer.get(f"{DATA}/last/spans").json() == whole
    monkeypatch.setattr(view_data, "MOST_ROWS", 2)
    first = viewer.get(f"{DATA}/last/spans").json()
    rest = viewer.get(f"{DATA}/last/spans", params={"after": first["change"]}).json()
    assert (first["more"], rest["more"], first["rows"] + rest["rows"]) == (True, False, whole["rows"])


def test_long_work_holds_up_nothing_else(
    api: LocalApi, viewer: httpx.Client, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    begins, ends = threading.Event(), threading.Event()

    def search(_reader: Reader, _run: str, text: str) -> list[int]:
        begun.append(text)
        begins.set()
        ends.wait()
        return []

    monkeypatch.setattr(Reader, "search", search)
    url = httpx.URL(api.url)
    head = f"Host: {url.netloc.decode()}\r\nAuthorization: {viewer.headers['Authorization']}\r\n\r\n"
    with ExitStack() as stack:
        stack.callback(ends.set)
        with ExitStack() as clients:
            for number in range(40):
                client = clients.enter_context(socket.create_connection((url.host, url.port)))
                client.sendall(f"GET {DATA}/last/search?q={number} HTTP/1.1\r\n{head}".encode())
            assert begins.wait(5)
            for path in ("/ui/", "/ui/app.js", DATA, f"{DATA}/last/spans"):
                assert viewer.get(path).status_code == 200
        for _ in range(3):  # by then the server knows that they have gone
            viewer.get(DATA)
    assert viewer.get(f"{DATA}/last/search?q=last").status_code == 200
    assert begun[-1] == "last"
    assert len(begun) < 5


def test_exports_that_nobody_reads_are_few(
    api: LocalApi, viewer: httpx.Client, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = http.started()
    for _ in range(2):  # more than the system keeps for a client
        http.span(run_id, payload={"model": "gpt-4", "prompt": "p" * 4_000_000})
    made: list[bytes] = []

    def export(reader: Reader, run_id: str, form: str) -> bytes:
        made.append(export_file(reader, run_id, form))
        return made[-1]

    monkeypatch.setattr(view_data, "export_file", export)
    url = httpx.URL(api.url)
    request = f"GET {DATA}/{run_id}/export?format=json HTTP/1.1\r\nHost: {url.netloc.decode()}\r\n"
    head = f"Authorization: {viewer.headers['Authorization']}\r\nConnection: close\r\n\r\n"
    with ExitStack() as clients:
        readers = [clients.enter_context(socket.create_connection((url.host, url.port))) for _ in range(6)]
        for reader in readers:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            reader.sendall(f"{request}{head}".encode())
            viewer.get(DATA)  # the server has read the request by now
        # What takes long is done in order: this would be answered after all exports.
        assert viewer.get(f"{DATA}/last/search?q=none").json() == {"seqs": []}
        assert len(made) == view_data.MOST_EXPORTS
        readers[0].close()
        answer = b"".join(iter(partial(readers[4].recv, 1_000_000), b""))
        assert answer.endswith(made[0])


@pytest.mark.anyio
async def test_operations_go_before_steps_of_the_viewer() -> None:
    done: list[str] = []
    free = threading.Event()
    thread = OperationThread()
    try:
        first = asyncio.ensure_future(thread.run(free.wait))
        later = [asyncio.ensure_future(thread.run_step(done.append, f"step {number}")) for number in range(3)]
        later += [asyncio.ensure_future(thread.run(done.append, f"operation {number}")) for number in range(3)]
        await asyncio.sleep(0)
        free.set()
        await asyncio.gather(first, *later)
    finally:
        thread.close()
    assert [each for each in done if each != "step 0"] == [
        "operation 0", "operation 1", "operation 2", "step 1", "step 2",
    ]  # fmt: skip


def test_an_export_is_a_file(viewer: httpx.Client, run_id: str) -> None:
    answer = viewer.get(f"{DATA}/last/export", params={"format": "json"})
    assert answer.headers["content-disposition"] == f'attachment; filename="run-{run_id}.json"'
    assert len(answer.json()["rows"]) == 3


NONSENSE = [
    (f"{DATA}?before=-1", 400),
    (f"{DATA}?before=1e3", 400),
    (f"{DATA}?before=٣", 400),
    (f"{DATA}?before={'9' * 30}", 400),
    (f"{DATA}?status=unknown", 400),
    (f"{DATA}?q={'x' * 1001}", 400),
    (f"{DATA}?q=%00", 400),
    (f"{DATA}?agent=%00", 400),
    (f"{DATA}?q=%ff%ed%a0%80", 200),
    (f"{DATA}?before=1&before=2&nothing=1", 200),
    (f"{DATA}/nobody", 404),
    (f"{DATA}/%00", 404),
    (f"{DATA}/{'x' * 5000}", 404),
    (f"{DATA}/..%2f..%2fetc", 404),
    (f"{DATA}/%ED%A0%80/spans", 404),
    (f"{DATA}/last/spans?after=x", 400),
    (f"{DATA}/last/spans?after={'9' * 18}", 200),
    (f"{DATA}/last/export", 400),
    (f"{DATA}/last/export?format=doc", 400),
    (f"{DATA}/last/search?q=%00", 400),
    ("/ui/api/spans/nobody", 404),
    ("/ui/api/spans/%00", 404),
    ("/ui/api/spans/x?full=yes", 400),
    ("/ui/api/compare?a=last", 400),
    ("/ui/api/compare?a=last&b=nobody", 404),
    ("/ui/api/differences?a=%00&b=x", 400),
    ("/ui/api/differences?a=nobody&b=nobody", 404),
    ("/ui/..%2f..%2fetc/passwd", 404),
    ("/ui/js/app.js", 404),
]


def test_nonsense_is_answered_in_a_sentence(viewer: httpx.Client, run_id: str) -> None:
    answers = [(path, viewer.get(path)) for path, _ in NONSENSE]
    assert [(path, answer.status_code) for path, answer in answers] == NONSENSE
    for _, answer in answers:
        if answer.status_code != 200:
            assert len(answer.json()["error"]) < 500
            assert answer.json()["error"].isprintable()


def test_the_rest_of_the_server_does_not_see_it(api: LocalApi, viewer: httpx.Client, run_id: str) -> None:
    api.inject(Fault(status=503, times=None))
    seen, report = len(api.requests), api.report()
    statuses = [viewer.get(path).status_code for path in ("/ui/", "/ui/app.js", DATA, "/favicon.ico", "/ui/nothing")]
    assert statuses == [200, 200, 200, 200, 404]
    assert (len(api.requests), api.report()) == (seen, report)


def test_a_server_that_is_away_refuses_it(api: LocalApi, viewer: httpx.Client) -> None:
    with api.away(), pytest.raises(httpx.TransportError):
        viewer.get(DATA)
    assert viewer.get(DATA).status_code == 200


def test_who_opens_the_address_learns_what_it_is(api: LocalApi, browser: httpx.Client) -> None:
    answer = browser.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 200
    assert 'href="/ui/"' in answer.text
    assert not {api.token, token_of(api)} & set(answer.text.split())
    assert not api.requests
    assert browser.get("/").status_code == 401
    headers = {"Accept": "text/html", "Authorization": f"Bearer {api.token}"}
    assert browser.get("/", headers=headers).json()["code"] == "not_found"


def test_there_may_be_no_viewer() -> None:
    with LocalApi(view=False) as api:
        assert httpx.get(f"{api.url}/ui/", trust_env=False, verify=False).status_code == 401
        with pytest.raises(RuntimeError, match="view=False"):
            _ = api.view_url


@pytest.mark.parametrize(("host", "address"), [("0.0.0.0", "127.0.0.1"), ("localhost", "localhost")])
def test_the_link_is_for_a_browser_on_this_machine(host: str, address: str) -> None:
    with LocalApi(host=host) as api:
        assert httpx.URL(api.view_url).host == address
        assert httpx.get(api.view_url, trust_env=False, verify=False).status_code == 200


def test_runs_are_told_of_when_they_are_registered_and_when_they_end(connect: Callable[..., Http]) -> None:
    told: list[tuple[str, int, str]] = []

    def tell(run: RunSummary) -> None:
        told.append((run["status"], run["spans"], threading.current_thread().name.partition("_")[0]))

    with LocalApi(on_run=tell) as api:
        http = connect(api)
        run_id = http.started(idempotency_key="the-only-one")
        http.register(idempotency_key="the-only-one")
        http.span(run_id)
        http.post(f"/agent_instance/{run_id}/finish", {"status": "failed"})
        http.post("/agent_instance/nobody/finish", {"status": "failed"}, expect=404)
        api.terminate(http.started(), "over budget")
    thread = "prefactor-local-operations"
    assert [each[:2] for each in told] == [("pending", 0), ("failed", 1), ("pending", 0), ("terminated", 0)]
    assert [each[2] for each in told[:3]] == [thread] * 3


def test_that_nobody_could_be_told_of_a_run_is_no_error(
    connect: Callable[..., Http], caplog: pytest.LogCaptureFixture
) -> None:
    def tell(_run: RunSummary) -> None:
        raise OSError("no terminal")

    with LocalApi(on_run=tell) as api:
        connect(api).started()
    assert caplog.messages == ["cannot tell of a run"]


def test_a_database_that_breaks_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_own_folders(tmp_path, monkeypatch)
    with LocalApi(database=tmp_path / "runs.db", announce=True):
        with closing(sqlite3.connect(tmp_path / "runs.db")) as connection:
            connection.execute("DROP TABLE agent_instance")
        assert main(["show"]) == 1
    error = capsys.readouterr().err
    assert error.endswith(" answers with 503: The database cannot be read: no such table: agent_instance.\n")


def test_a_person_sees_a_page_where_a_program_gets_json(browser: httpx.Client) -> None:
    page = {"Accept": "text/html,*/*;q=0.8"}
    for path, headers in (("/ui/nosuch", page), ("/ui/login?t=old", page), ("/ui/", {**page, "Host": "evil.test"})):
        answer = browser.get(path, headers=headers)
        assert (answer.status_code >= 400, answer.headers["content-type"]) == (True, "text/html; charset=utf-8")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert '<a href="/ui/">Look at the runs</a>' in answer.text
    assert browser.get("/ui/nosuch").json() == {"error": "Not Found"}
