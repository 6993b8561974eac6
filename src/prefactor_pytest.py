"""A pytest plugin: the fixtures `recorded` and `prefactor_api`, the marker `prefactor`, the option `prefactor_record`.

It imports only pytest, because pytest loads it in every project in which prefactor-sdk is installed. The fixtures
import what they need.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from prefactor_core.testing import Recorded
    from prefactor_local import LocalApi

__all__ = ["prefactor_api", "recorded"]

_RECORDED = pytest.StashKey["Recorded"]()
_PASSED = pytest.StashKey[bool]()
_MARKER = (
    "prefactor(allow=[], strict=True): what the fixture `recorded` allows at the end of the test: kinds of findings, "
    'such as "open_span"; or, with strict=False, all of them'
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "prefactor_record",
        "record in every test, as with the fixture `recorded`, so that none reaches the Prefactor API",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    if config.getini("prefactor_record"):
        config.pluginmanager.register(_RecordsEveryTest(), "prefactor-record")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether the test has passed, and show what was recorded if it has not."""
    report = yield
    if call.when == "call":
        item.stash[_PASSED] = report.passed
    recorded = item.stash.get(_RECORDED, None)
    if report.failed and recorded is not None and (section := recorded._section()):
        report.sections.append(("prefactor", section))
    return report


@pytest.fixture
def recorded(request: pytest.FixtureRequest) -> Iterator[Recorded]:
    """What the clients that are opened in this test record: a `prefactor_core.testing.Recorded`. Nothing is sent.

    If the test passes, the mistakes that did not raise in the agent, such as a payload that does not match its type,
    fail it at the end. `@pytest.mark.prefactor(allow=["open_span"])` allows a kind of them.
    """
    from prefactor_core.testing import record  # noqa: PLC0415

    if "prefactor_api" in request.fixturenames:
        pytest.fail("a test takes either the fixture recorded or the fixture prefactor_api", pytrace=False)
    options = _options(request.node)
    with record(strict=False, allow=options["allow"]) as recorded:
        request.node.stash[_RECORDED] = recorded
        yield recorded
        passed = options["strict"] and request.node.stash.get(_PASSED, False)
        if passed and (mistakes := recorded._mistakes()):
            pytest.fail(mistakes, pytrace=False)


@pytest.fixture
def prefactor_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalApi]:
    """A running `prefactor_local.LocalApi`, which PREFACTOR_API_URL and PREFACTOR_API_TOKEN lead to.

    It needs the extra `local`. For tests of delivery: faults, outages, the order of requests.
    """
    from prefactor_core.testing._record import clean_context, not_recording  # noqa: PLC0415
    from prefactor_local import LocalApi  # noqa: PLC0415

    with ExitStack() as stack:
        stack.enter_context(not_recording())
        stack.enter_context(clean_context())
        api = stack.enter_context(LocalApi())
        monkeypatch.setenv("PREFACTOR_API_URL", api.url)
        monkeypatch.setenv("PREFACTOR_API_TOKEN", api.token)
        monkeypatch.delenv("PREFACTOR_DISABLED", raising=False)
        yield api


class _RecordsEveryTest:
    """What `prefactor_record = true` adds."""

    def __init__(self) -> None:
        self._session = ExitStack()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Record also what modules and fixtures of a wider scope do: their clients are recorded in each test."""
        from prefactor_core.testing import record  # noqa: PLC0415

        self._session.enter_context(record(strict=False))
        environment = self._session.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("PREFACTOR_DISABLED", "1")  # for processes that tests start

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        self._session.close()

    @pytest.fixture(autouse=True)
    def _prefactor_records_test(self, request: pytest.FixtureRequest) -> None:
        if "prefactor_api" not in request.fixturenames:
            request.getfixturevalue("recorded")


def _options(node: pytest.Item) -> dict[str, Any]:
    """The options of the markers of a test. What any of them allows is allowed; the closest decides about `strict`."""
    options: dict[str, Any] = {"allow": [], "strict": True}
    for marker in reversed(list(node.iter_markers("prefactor"))):
        if problem := _problem(marker, list(options)):
            pytest.fail(f"the marker prefactor takes allow=[…] and strict=…{problem}", pytrace=False)
        options["allow"] = [*options["allow"], *marker.kwargs.get("allow", [])]
        options["strict"] = marker.kwargs.get("strict", options["strict"])
    return options


def _problem(marker: pytest.Mark, options: list[str]) -> str:
    """What the message adds for a wrong marker; empty if it is right."""
    from prefactor_core.testing._findings import allowed_kinds  # noqa: PLC0415
    from prefactor_schema.suggestions import did_you_mean  # noqa: PLC0415

    if marker.args:
        return ", by their names"
    for name in marker.kwargs:
        if name not in options:
            return f", not {name}={did_you_mean(name, options)}"
    try:
        allowed_kinds(marker.kwargs.get("allow", []))
    except ValueError as error:
        return f": {error}"
    return ""
